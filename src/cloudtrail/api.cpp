#include "cloudtrail/api.h"

#include <charconv>

#include <fmt/format.h>

#include "base/encoding.h"

namespace tidemill::cloudtrail {
namespace {

constexpr std::int32_t page_default = 50;

std::unexpected<Error> refuse(std::string name, std::string message) {
  return fail(Errc::invalid_argument, std::move(name), std::move(message));
}

std::string token_of(const Place& place) {
  return to_base64(fmt::format("{} {}", place.at_ms, place.seq));
}

Result<std::optional<Place>> place_of(const std::optional<std::string>& token) {
  if (!token) return std::optional<Place>();
  const auto text = from_base64(*token).value_or("");
  Place place;
  const auto* end = text.data() + text.size();
  auto read = std::from_chars(text.data(), end, place.at_ms);
  if (read.ec == std::errc() && read.ptr != end && *read.ptr == ' ') {
    read = std::from_chars(read.ptr + 1, end, place.seq);
    if (read.ec == std::errc() && read.ptr == end) return std::optional(place);
  }
  return refuse("InvalidNextTokenException", "The token is not valid.");
}

Result<LookupQuery> query_of(const Caller& caller, const w::LookupEventsRequest& request) {
  LookupQuery query{.scope = caller.scope,
                    .key = {},
                    .value = {},
                    .from = request.StartTime,
                    .until = request.EndTime,
                    .before = {},
                    .count = request.MaxResults.value_or(page_default)};
  if (query.from && query.until && *query.from > *query.until) {
    return refuse("InvalidTimeRangeException", "StartTime must not be after EndTime.");
  }
  TM_TRY(query.before, place_of(request.NextToken));
  if (!request.LookupAttributes || request.LookupAttributes->empty()) return query;
  if (request.LookupAttributes->size() > 1) {
    return refuse("InvalidLookupAttributesException",
                  "You can specify only one lookup attribute in a request.");
  }
  query.key = *request.LookupAttributes->front().AttributeKey;
  query.value = *request.LookupAttributes->front().AttributeValue;
  return query;
}

w::Event shown(const Record& record) {
  w::Event event;
  event.EventId = record.event_id;
  event.EventName = record.name;
  event.ReadOnly = "false";
  event.AccessKeyId = record.access_key;
  event.EventTime = record.at;
  event.EventSource = record.source;
  event.Username = record.username;
  event.Resources.emplace();
  for (const auto& [name, type] : record.resources) {
    w::Resource resource;
    if (!type.empty()) resource.ResourceType = type;
    resource.ResourceName = name;
    event.Resources->push_back(std::move(resource));
  }
  event.CloudTrailEvent = record.text;
  return event;
}

}  // namespace

void Api::register_with(wire::Router& router) {
  router.on<w::op::LookupEvents>(this, &Api::lookup);
}

Task<Result<w::LookupEventsResponse>> Api::lookup(const Caller& caller,
                                                  w::LookupEventsRequest request) {
  w::LookupEventsResponse response;
  response.Events.emplace();
  if (request.EventCategory) co_return response;  // Of insights there are none.
  TM_CO_TRY(auto query, query_of(caller, request));
  if (query.key == "ReadOnly") {
    // Only what may change something is kept.
    if (query.value != "false") co_return response;
    query.key.clear();
  }
  auto look = [&](store::Tx& tx) { return Trail::lookup(tx, query); };
  TM_CO_TRY(const auto page, co_await store_.read(look));
  for (const auto& record : page.records) response.Events->push_back(shown(record));
  if (page.next) response.NextToken = token_of(*page.next);
  co_return response;
}

}  // namespace tidemill::cloudtrail
