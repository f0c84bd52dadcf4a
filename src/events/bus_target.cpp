#include "events/bus_target.h"

#include <fmt/format.h>

#include "base/json.h"
#include "events/rule.h"

namespace tidemill::events {
namespace {

Outcome refused(std::string code, std::string message) {
  return {.kind = Outcome::Kind::refused, .code = std::move(code), .message = std::move(message)};
}

/// The entry of PutEvents that a schedule sends, or nullptr for a rule's event.
const json::object* entry_of(const json::object& input) {
  const auto* entries = input.if_contains("Entries");
  if (entries == nullptr || !entries->is_array() || entries->get_array().empty()) return nullptr;
  return entries->get_array()[0].if_object();
}

std::vector<std::string> texts(const json::object& object, std::string_view name) {
  std::vector<std::string> out;
  const auto* list = object.if_contains(name);
  if (list == nullptr || !list->is_array()) return out;
  for (const auto& text : list->get_array()) {
    if (text.is_string()) out.emplace_back(json::view(text.get_string()));
  }
  return out;
}

}  // namespace

bool BusTarget::takes(const Arn& arn) const {
  return arn.service == "events" && arn.resource.starts_with("event-bus/");
}

Result<Outcome> BusTarget::apply(store::Tx& tx, const Delivery& delivery) {
  const auto arn = Arn::parse(delivery.target_arn);
  TM_ASSERT(arn.has_value());
  const BusKey key{{arn->account, arn->region}, arn->resource.substr(arn->resource.find('/') + 1)};
  if (const auto there = require_bus(tx, key); !there) {
    if (there.error().code != Errc::not_found) return std::unexpected(there.error());
    return refused("NO_RESOURCE", there.error().message);
  }
  const auto input = json::parse_object(delivery.input);
  if (!input) return refused("INVALID_JSON", "The input for a bus must be a JSON object.");
  Event event;
  event.scope = key.scope;
  event.bus = key.bus;
  event.time = clock_.now();
  event.id = ordered_uuid(random_, event.time);
  if (const auto* entry = entry_of(*input)) {
    event.source = json::text_or_empty(*entry, "Source");
    event.detail_type = json::text_or_empty(*entry, "DetailType");
    event.resources = texts(*entry, "Resources");
    event.detail = json::text_or_empty(*entry, "Detail");
  } else {
    event.source = json::text_or_empty(*input, "source");
    event.detail_type = json::text_or_empty(*input, "detail-type");
    event.resources = texts(*input, "resources");
    const auto* detail = input->if_contains("detail");
    event.detail = detail != nullptr ? json::dump(*detail) : "{}";
    event.time = parse_iso(json::text_or_empty(*input, "time")).value_or(event.time);
    if (delivery.input_is_event) {  // Handed on as it is, its id too.
      event.id = delivery.event_id;
      event.whole = delivery.event;
    }
  }
  if (event.source.empty() || event.detail_type.empty() || !json::parse_object(event.detail)) {
    return refused("INVALID_PARAMETER",
                   "An event needs a source, a detail-type and a detail that is a JSON object.");
  }
  TM_CHECK(bus_.publish(tx, event));
  return Outcome{.result = event.id};
}

}  // namespace tidemill::events
