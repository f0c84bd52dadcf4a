#include "s3/lifecycle.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/encoding.h"
#include "base/json.h"

namespace tidemill::s3 {
namespace {

constexpr std::int64_t day_ms = 86'400'000;

std::optional<std::int64_t> number(const json::object& o, std::string_view name) {
  const auto* value = o.if_contains(name);
  if (value == nullptr || !value->is_int64()) return std::nullopt;
  return value->get_int64();
}

const json::object* member(const json::object& o, std::string_view name) {
  const auto* value = o.if_contains(name);
  return value != nullptr && value->is_object() ? &value->get_object() : nullptr;
}

std::optional<TimeMs> date_of(const json::object& expiration) {
  const auto* value = expiration.if_contains("Date");
  if (value == nullptr) return std::nullopt;
  if (value->is_string()) return parse_iso(json::view(value->get_string()));
  return value->is_number() ? std::optional(TimeMs{std::int64_t(value->to_number<double>() * 1000)})
                            : std::nullopt;
}

void take_tag(const json::object& tag, LifecycleRule& rule) {
  rule.tags[std::string(json::text_or_empty(tag, "Key"))] = json::text_or_empty(tag, "Value");
}

/// A filter's members stand alone, or several of them in And.
void take_filter(const json::object& filter, LifecycleRule& rule) {
  if (const auto* all = member(filter, "And")) return take_filter(*all, rule);
  rule.prefix = json::text_or_empty(filter, "Prefix");
  if (const auto larger = number(filter, "ObjectSizeGreaterThan")) rule.larger_than = *larger;
  if (const auto smaller = number(filter, "ObjectSizeLessThan")) rule.smaller_than = *smaller;
  const auto* tags = filter.if_contains("Tag");
  if (tags == nullptr) return;
  if (tags->is_object()) take_tag(tags->get_object(), rule);
  if (!tags->is_array()) return;
  for (const auto& tag : tags->get_array()) {
    if (tag.is_object()) take_tag(tag.get_object(), rule);
  }
}

LifecycleRule parse_rule(const json::object& o) {
  LifecycleRule rule;
  rule.id = json::text_or_empty(o, "ID");
  rule.prefix = json::text_or_empty(o, "Prefix");
  if (const auto* filter = member(o, "Filter")) take_filter(*filter, rule);
  if (const auto* expiration = member(o, "Expiration")) {
    rule.days = number(*expiration, "Days");
    rule.date = date_of(*expiration);
    const auto* lone = expiration->if_contains("ExpiredObjectDeleteMarker");
    rule.lone_markers = lone != nullptr && lone->is_bool() && lone->get_bool();
  }
  if (const auto* older = member(o, "NoncurrentVersionExpiration")) {
    rule.noncurrent = true;
    rule.noncurrent_days = number(*older, "NoncurrentDays").value_or(0);
    rule.newer_kept = number(*older, "NewerNoncurrentVersions").value_or(0);
  }
  if (const auto* abort = member(o, "AbortIncompleteMultipartUpload")) {
    rule.abort_days = number(*abort, "DaysAfterInitiation");
  }
  return rule;
}

std::optional<TimeMs> expiry_by(const LifecycleRule& rule, TimeMs modified) {
  if (rule.days) return days_later(modified, *rule.days);
  return rule.date;
}

/// A delete marker behind which there is nothing: gone at once, or when its days are over.
bool is_marker_over(const LifecycleRule& rule, const Aging& marker, TimeMs now) {
  if (!rule.is_for(marker)) return false;
  return rule.lone_markers || (rule.days && days_later(marker.modified, *rule.days) <= now);
}

}  // namespace

TimeMs days_later(TimeMs from, std::int64_t days) {
  return {(from.ms + days * day_ms + day_ms - 1) / day_ms * day_ms};
}

Aging aging_of(const Object& object) {
  return {.key = object.key,
          .size = object.size,
          .tags = object.meta.tags,
          .modified = object.modified};
}

std::string expiration_header(const Expiry& expiry) {
  return fmt::format("expiry-date=\"{}\", rule-id=\"{}\"", http_date(expiry.at),
                     percent_encode(expiry.rule));
}

bool LifecycleRule::is_for(const Aging& aging) const {
  if (!aging.key.starts_with(prefix)) return false;
  if (larger_than && aging.size <= *larger_than) return false;
  if (smaller_than && aging.size >= *smaller_than) return false;
  return std::ranges::all_of(tags, [&](const auto& tag) {
    const auto found = aging.tags.find(tag.first);
    return found != aging.tags.end() && found->second == tag.second;
  });
}

Result<Lifecycle> Lifecycle::parse(std::string_view text) {
  TM_TRY(const auto document, json::parse_object(text));
  Lifecycle lifecycle;
  const auto* rules = document.if_contains("Rule");
  if (rules == nullptr || !rules->is_array()) return lifecycle;
  for (const auto& rule : rules->get_array()) {
    if (!rule.is_object() || json::text_or_empty(rule.get_object(), "Status") != "Enabled")
      continue;
    lifecycle.rules_.push_back(parse_rule(rule.get_object()));
  }
  return lifecycle;
}

std::optional<Expiry> Lifecycle::expiry_of(const Aging& object) const {
  std::optional<Expiry> earliest;
  for (const auto& rule : rules_) {
    if (!rule.is_for(object)) continue;
    const auto at = expiry_by(rule, object.modified);
    if (at && (!earliest || *at < earliest->at)) earliest = Expiry{*at, rule.id};
  }
  return earliest;
}

bool Lifecycle::is_over(const Aging& object, TimeMs now) const {
  const auto expiry = expiry_of(object);
  return expiry && expiry->at <= now;
}

std::vector<std::size_t> Lifecycle::over_of(const Chain& chain, TimeMs now) const {
  std::vector<std::size_t> over;
  const auto& older = chain.older;
  if (!chain.object && older.size() == 1 && older.front().marker) {
    const auto goes = [&](const auto& rule) { return is_marker_over(rule, older.front(), now); };
    if (std::ranges::any_of(rules_, goes)) over.push_back(0);
    return over;
  }
  const std::size_t first = chain.object ? 0 : 1;  // The newest is current, or a marker that is.
  for (std::size_t i = first; i < older.size(); ++i) {
    const auto since = i == 0 ? chain.object->modified : older[i - 1].modified;
    const auto goes = [&](const LifecycleRule& rule) {
      return rule.noncurrent && rule.is_for(older[i]) &&
             std::int64_t(i - first) >= rule.newer_kept &&
             days_later(since, rule.noncurrent_days) <= now;
    };
    if (std::ranges::any_of(rules_, goes)) over.push_back(i);
  }
  return over;
}

bool Lifecycle::is_upload_over(std::string_view key, TimeMs initiated, TimeMs now) const {
  return std::ranges::any_of(rules_, [&](const LifecycleRule& rule) {
    return rule.abort_days && key.starts_with(rule.prefix) &&
           days_later(initiated, *rule.abort_days) <= now;
  });
}

bool Lifecycle::expires_objects() const {
  return std::ranges::any_of(rules_, [](const auto& rule) { return rule.days || rule.date; });
}

bool Lifecycle::expires_versions() const {
  return std::ranges::any_of(
      rules_, [](const auto& rule) { return rule.noncurrent || rule.lone_markers || rule.days; });
}

bool Lifecycle::aborts_uploads() const {
  return std::ranges::any_of(rules_, [](const auto& rule) { return rule.abort_days.has_value(); });
}

std::vector<std::string> Lifecycle::prefixes() const {
  std::vector<std::string> all, least;
  for (const auto& rule : rules_) all.push_back(rule.prefix);
  std::ranges::sort(all);
  for (auto& prefix : all) {
    if (least.empty() || !prefix.starts_with(least.back())) least.push_back(std::move(prefix));
  }
  return least;
}

}  // namespace tidemill::s3
