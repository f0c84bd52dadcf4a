// PutEvents and TestEventPattern.
#include <fmt/format.h>

#include "base/json.h"
#include "events/api.h"
#include "pattern/pattern.h"

namespace tidemill::events {
namespace {

/// AWS: an entry's size is that of its texts, 14 bytes for a time; all entries together.
constexpr std::size_t entries_bytes_max = 1024 * 1024;

std::size_t size_of(const w::PutEventsRequestEntry& entry) {
  std::size_t size = entry.Time ? 14 : 0;
  for (const auto* text : {&entry.Source, &entry.DetailType, &entry.Detail}) {
    if (*text) size += (*text)->size();
  }
  if (entry.Resources) {
    for (const auto& resource : *entry.Resources) size += resource.size();
  }
  return size;
}

Status refused(std::string_view code, std::string_view message) {
  return fail(Errc::invalid_argument, std::string(code), std::string(message));
}

/// What a policy may ask about an entry.
std::map<std::string, std::string> conditions_of(const w::PutEventsRequestEntry& entry) {
  return {{"events:source", entry.Source.value_or("")},
          {"events:detail-type", entry.DetailType.value_or("")}};
}

Status check_entry(store::Tx& tx, const Caller& caller, const w::PutEventsRequestEntry& entry,
                   const wire::Authorizer& authorizer) {
  const auto missing = [](std::string_view field) {
    return refused(
        "InvalidArgument",
        fmt::format("Parameter {0} is not valid. Reason: {0} is a required argument.", field));
  };
  if (entry.Source.value_or("").empty()) return missing("Source");
  if (entry.DetailType.value_or("").empty()) return missing("DetailType");
  if (entry.Detail.value_or("").empty()) return missing("Detail");
  if (entry.Source->starts_with("aws.")) {
    return refused("NotAuthorizedForSourceException", "Not authorized for the source.");
  }
  if (!json::parse_object(*entry.Detail)) return refused("MalformedDetail", "Detail is malformed.");
  const auto key = bus_key(caller, entry.EventBusName);
  TM_CHECK(authorizer.authorize(caller, "events:PutEvents", key.arn()));
  return require_bus(tx, key);
}

Event to_event(const Caller& caller, const w::PutEventsRequestEntry& entry, TimeMs now,
               std::string id) {
  const auto key = bus_key(caller, entry.EventBusName);
  Event event;
  event.id = std::move(id);
  event.scope = key.scope;
  event.bus = key.bus;
  event.source = *entry.Source;
  event.detail_type = *entry.DetailType;
  event.time = entry.Time.value_or(now);
  if (entry.Resources) event.resources = *entry.Resources;
  event.detail = *entry.Detail;
  return event;
}

}  // namespace

void Api::register_with(wire::Router& router) {
  register_rules(router);
  register_targets(router);
  register_buses(router);
  register_permissions(router);
  register_events(router);
}

void Api::register_events(wire::Router& router) {
  router.on<w::op::PutEvents>(
      this, &Api::put_events, [](const Caller& caller, const w::PutEventsRequest& request) {
        // For the first entry; put_events asks for each of the others.
        const auto& first = request.Entries->front();
        return wire::Access{.resource = bus_key(caller, first.EventBusName).arn(),
                            .conditions = conditions_of(first)};
      });
  router.on<w::op::TestEventPattern>(this, &Api::test_pattern);
}

Task<Result<w::PutEventsResponse>> Api::put_events(const Caller& caller,
                                                   w::PutEventsRequest request) {
  std::size_t size = 0;
  for (const auto& entry : *request.Entries) size += size_of(entry);
  if (size > entries_bytes_max) {
    co_return fail(Errc::invalid_argument, "ValidationException",
                   "Total size of the entries in the request is over the limit.");
  }
  auto asking = caller;
  auto change = [&](store::Tx& tx) -> Result<w::PutEventsResponse> {
    w::PutEventsResponse response;
    response.FailedEntryCount = 0;
    auto& results = response.Entries.emplace();
    for (const auto& entry : *request.Entries) {
      auto& result = results.emplace_back();
      for (auto& [name, value] : conditions_of(entry)) asking.conditions[name] = value;
      if (const auto fine = check_entry(tx, asking, entry, policies_); !fine) {
        if (fine.error().code == Errc::internal) return std::unexpected(fine.error());
        result.ErrorCode = std::string(aws_name(fine.error()));
        result.ErrorMessage = fine.error().message;
        ++*response.FailedEntryCount;
        continue;
      }
      const auto now = clock_.now();
      const auto event = to_event(caller, entry, now, ordered_uuid(random_, now));
      TM_CHECK(hub_.publish(tx, event));
      result.EventId = event.id;
    }
    return response;
  };
  co_return co_await store_.write(change);
}

Task<Result<w::TestEventPatternResponse>> Api::test_pattern(const Caller&,
                                                            w::TestEventPatternRequest request) {
  TM_CO_CHECK(pattern::validate_test_event(*request.Event));
  TM_CO_TRY(const auto compiled,
            pattern::Pattern::compile(*request.EventPattern, {.strict_aws = strict_aws_}));
  TM_CO_TRY(const auto event, pattern::Event::parse(*request.Event));
  w::TestEventPatternResponse response;
  response.Result = compiled.matches(event);
  co_return response;
}

}  // namespace tidemill::events
