#include "s3/notifications.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/ascii.h"
#include "base/json.h"
#include "s3/errors.h"

namespace tidemill::s3 {
namespace {

constexpr std::string_view scheme = "s3:";
constexpr std::array sent = {
    std::string_view("s3:ObjectCreated:*"),
    std::string_view("s3:ObjectCreated:Put"),
    std::string_view("s3:ObjectCreated:Post"),
    std::string_view("s3:ObjectCreated:Copy"),
    std::string_view("s3:ObjectCreated:CompleteMultipartUpload"),
    std::string_view("s3:ObjectRemoved:*"),
    std::string_view("s3:ObjectRemoved:Delete"),
    std::string_view("s3:ObjectRemoved:DeleteMarkerCreated"),
    std::string_view("s3:LifecycleExpiration:*"),
    std::string_view("s3:LifecycleExpiration:Delete"),
    std::string_view("s3:LifecycleExpiration:DeleteMarkerCreated"),
};
/// What can't happen here: who asks for it waits in vain, as on an AWS bucket where it doesn't.
constexpr std::array never = {
    std::string_view("s3:ReducedRedundancyLostObject"),
    std::string_view("s3:ObjectRestore:"),
    std::string_view("s3:Replication:"),
    std::string_view("s3:LifecycleTransition"),
    std::string_view("s3:IntelligentTiering"),
};

/// Whether the event `name` is one of `pattern`, which may end in '*'.
bool is_of(std::string_view pattern, std::string_view name) {
  if (!pattern.ends_with('*')) return pattern == name;
  pattern.remove_suffix(1);
  return name.starts_with(pattern);
}

bool overlap(const std::vector<std::string>& a, const std::vector<std::string>& b) {
  return std::ranges::any_of(a, [&b](const std::string& one) {
    return std::ranges::any_of(
        b, [&one](const std::string& other) { return is_of(one, other) || is_of(other, one); });
  });
}

bool overlap(const Notification& a, const Notification& b) {
  const std::string none;
  const auto& p = a.prefix.value_or(none);
  const auto& q = b.prefix.value_or(none);
  const auto& s = a.suffix.value_or(none);
  const auto& t = b.suffix.value_or(none);
  return (p.starts_with(q) || q.starts_with(p)) && (s.ends_with(t) || t.ends_with(s));
}

Status check_events(const Notification& notification) {
  for (const auto& event : notification.events) {
    if (std::ranges::find(sent, event) != sent.end()) continue;
    if (std::ranges::any_of(never, [&](auto head) { return event.starts_with(head); })) continue;
    auto refused =
        invalid_argument("A specified event is not supported for notifications.", "Event", event);
    refused.error().hint =
        "sent here: s3:ObjectCreated:*, s3:ObjectRemoved:*, s3:LifecycleExpiration:* and their "
        "single events";
    return refused;
  }
  return {};
}

/// As a form has it: a blank is '+', '/' stays.
std::string form_encoded(std::string_view key) {
  std::string out;
  for (const char c : key) {
    if (is_name_character(c) || std::string_view(".*/").contains(c)) {
      out += c;
    } else if (c == ' ') {
      out += '+';
    } else {
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return out;
}

std::string principal_of(const Caller& caller) {
  if (caller.kind == Caller::Kind::service) return "AmazonCustomer:" + caller.scope.account;
  if (caller.kind == Caller::Kind::root) return caller.user_id;
  return "AWS:" + caller.user_id;
}

/// The object, as this kind of event tells of it.
json::object object_of(const Happening& happening, bool is_created) {
  json::object object{{"key", form_encoded(happening.key)}};
  if (is_created) {
    object["size"] = happening.size;
    object["eTag"] = happening.etag;
  } else if (happening.marker) {
    object["eTag"] = "d41d8cd98f00b204e9800998ecf8427e";  // Of no bytes.
  }
  if (!happening.version.empty()) object["versionId"] = happening.version;
  object["sequencer"] = sequencer_text(happening.sequencer);
  return object;
}

}  // namespace

bool Notification::wants(std::string_view event, std::string_view key) const {
  if (prefix && !key.starts_with(*prefix)) return false;
  if (suffix && !key.ends_with(*suffix)) return false;
  return std::ranges::any_of(events, [event](std::string_view one) {
    return is_of(one.substr(std::min(one.size(), scheme.size())), event);
  });
}

std::string to_json(const Notifications& notifications) {
  json::array list;
  for (const auto& one : notifications) {
    json::object object{{"id", one.id},
                        {"topic", one.destination == Destination::topic},
                        {"arn", one.arn},
                        {"events", json::array(one.events.begin(), one.events.end())}};
    if (one.prefix) object["prefix"] = *one.prefix;
    if (one.suffix) object["suffix"] = *one.suffix;
    list.push_back(std::move(object));
  }
  return json::dump(list);
}

Notifications notifications_of(std::string_view text) {
  Notifications notifications;
  const auto parsed = json::parse(text);
  TM_ASSERT(parsed && parsed->is_array());
  for (const auto& value : parsed->get_array()) {
    const auto& object = value.as_object();
    Notification one;
    one.id = json::text_or_empty(object, "id");
    one.destination = object.at("topic").as_bool() ? Destination::topic : Destination::queue;
    one.arn = json::text_or_empty(object, "arn");
    for (const auto& event : object.at("events").as_array()) {
      one.events.emplace_back(json::view(event.as_string()));
    }
    if (object.contains("prefix")) one.prefix = json::text_or_empty(object, "prefix");
    if (object.contains("suffix")) one.suffix = json::text_or_empty(object, "suffix");
    notifications.push_back(std::move(one));
  }
  return notifications;
}

Status check_notifications(const Notifications& notifications) {
  for (const auto& one : notifications) TM_CHECK(check_events(one));
  for (std::size_t i = 0; i < notifications.size(); ++i) {
    for (std::size_t j = i + 1; j < notifications.size(); ++j) {
      const auto &a = notifications[i], &b = notifications[j];
      if (!overlap(a.events, b.events) || !overlap(a, b)) continue;
      const bool filtered = a.prefix || a.suffix || b.prefix || b.suffix;
      return fail(Errc::invalid_argument, "InvalidArgument",
                  filtered
                      ? "Configuration is ambiguously defined. Cannot have overlapping suffixes in "
                        "two rules if the prefixes are overlapping for the same event type."
                      : "Configurations overlap. Configurations on the same bucket cannot share a "
                        "common event type.");
    }
  }
  return {};
}

std::string event_name(const Happening& happening) {
  if (happening.reason == "PutObject") return "ObjectCreated:Put";
  if (happening.reason == "CopyObject") return "ObjectCreated:Copy";
  if (happening.reason == "CompleteMultipartUpload") {
    return "ObjectCreated:CompleteMultipartUpload";
  }
  const auto* kind = happening.reason == "DeleteObject" ? "ObjectRemoved" : "LifecycleExpiration";
  return fmt::format("{}:{}", kind, happening.marker ? "DeleteMarkerCreated" : "Delete");
}

std::string record_text(const Bucket& bucket, const Happening& happening, const Caller& caller,
                        std::string_view id) {
  const auto name = event_name(happening);
  const json::object owner{{"principalId", canonical_id(bucket.scope.account)}};
  const json::object s3{
      {"s3SchemaVersion", "1.0"},
      {"configurationId", id},
      {"bucket",
       json::object{{"name", bucket.name}, {"ownerIdentity", owner}, {"arn", bucket.arn()}}},
      {"object", object_of(happening, name.starts_with("ObjectCreated"))}};
  const bool by_s3 = caller.kind == Caller::Kind::service;
  const json::object record{
      {"eventVersion", "2.1"},
      {"eventSource", "aws:s3"},
      {"awsRegion", bucket.scope.region},
      {"eventTime", iso_millis(happening.time)},
      {"eventName", name},
      {"userIdentity", json::object{{"principalId", principal_of(caller)}}},
      {"requestParameters",
       json::object{{"sourceIPAddress", by_s3 ? "s3.amazonaws.com" : caller.source_ip}}},
      {"responseElements",
       json::object{{"x-amz-request-id", caller.request_id}, {"x-amz-id-2", caller.request_id}}},
      {"s3", s3}};
  return json::dump(json::object{{"Records", json::array{record}}});
}

std::string test_event(const Bucket& bucket, const Caller& caller, TimeMs time) {
  return json::dump(json::object{{"Service", "Amazon S3"},
                                 {"Event", "s3:TestEvent"},
                                 {"Time", iso_millis(time)},
                                 {"Bucket", bucket.name},
                                 {"RequestId", caller.request_id},
                                 {"HostId", caller.request_id}});
}

}  // namespace tidemill::s3
