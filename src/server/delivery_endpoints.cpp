// What `tidemill deliveries`, `rules try` and `backfill` ask.
#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "base/encoding.h"
#include "events/deliveries.h"
#include "explain/rehearsal.h"
#include "server/program.h"

namespace tidemill::server {
namespace {

constexpr int listed_max = 1000;

std::int64_t integer(std::string_view text, std::int64_t otherwise) {
  std::int64_t number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  return read.ec == std::errc() ? number : otherwise;
}

std::int64_t integer(const json::object& object, std::string_view name, std::int64_t otherwise) {
  const auto* value = object.if_contains(name);
  return value != nullptr && value->is_int64() ? value->get_int64() : otherwise;
}

bool truth(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  return value != nullptr && value->is_bool() && value->get_bool();
}

events::BusKey bus_of(const Caller& caller, std::string_view name) {
  const auto named = name.empty() ? std::nullopt : std::optional(std::string(name));
  return events::bus_key(caller, named);
}

/// "rule", which the body must name.
Result<std::string> rule_named(const json::object& body) {
  const auto rule = json::text_or_empty(body, "rule");
  if (!rule.empty()) return std::string(rule);
  return fail(Errc::invalid_argument, "ValidationException", "\"rule\" must name a rule");
}

}  // namespace

void Program::wire_delivery_endpoints() {
  using Endpoint = Answer (Program::*)(const console::Question&);
  const auto ask = [this](Endpoint endpoint) {
    return [this, endpoint](const console::Question& q) { return (this->*endpoint)(q); };
  };
  const auto on = [&](const char* method, const char* path, Endpoint endpoint) {
    const bool reads = method == std::string_view("GET");
    console_->on(method, std::string("/_tidemill/api/") + path,
                 reads ? "tidemill:Read" : "tidemill:Operate", ask(endpoint));
  };
  on("GET", "deliveries", &Program::list_deliveries);
  on("GET", "deliveries/", &Program::show_delivery);
  on("POST", "deliveries/redrive", &Program::redrive);
  on("POST", "deliveries/close", &Program::close_batch);
  on("POST", "deliveries/replay", &Program::replay);
  on("GET", "replays/", &Program::show_replay);
  on("POST", "rehearse", &Program::rehearse);
  on("POST", "backfill", &Program::backfill);
}

/// ?rule=NAME&state=failed&before=ID&max=N.
Program::Answer Program::list_deliveries(const console::Question& question) {
  const events::DeliveryFilter filter{
      .rule = std::string(question.get("rule")),
      .state = std::string(question.get("state")),
      .before = integer(question.get("before"), 0),
      .count = int(std::clamp<std::int64_t>(integer(question.get("max"), 50), 1, listed_max))};
  auto query = [&](store::Tx& tx) {
    return events::list_deliveries(tx, question.caller.scope, filter);
  };
  TM_CO_TRY(auto found, co_await store_->read(query));
  co_return json::object{{"deliveries", std::move(found)}};
}

/// …/ID.
Program::Answer Program::show_delivery(const console::Question& question) {
  auto query = [&](store::Tx& tx) {
    return events::show_delivery(tx, question.caller.scope, integer(question.rest, 0));
  };
  co_return co_await store_->read(query);
}

/// {"delivery": ID} or {"rule": NAME}: tries failed ones again. {"redriven": how many}.
Program::Answer Program::redrive(const console::Question& question) {
  TM_CO_TRY(const auto body, json::parse_object(question.body));
  const events::Hub::Redrive which{.account = question.caller.scope.account,
                                   .delivery = integer(body, "delivery", 0),
                                   .rule = std::string(json::text_or_empty(body, "rule"))};
  if (which.delivery == 0 && which.rule.empty() && !truth(body, "all")) {
    co_return fail(Errc::invalid_argument, "ValidationException",
                   "name a \"delivery\", a \"rule\", or say \"all\": true");
  }
  auto change = [&](store::Tx& tx) { return hub_->redrive(tx, which); };
  TM_CO_TRY(const int redriven, co_await store_->write(change));
  co_return json::object{{"redriven", redriven}};
}

/// {"delivery": ID}: closes the open batch that it is in. {"batch": its number}.
Program::Answer Program::close_batch(const console::Question& question) {
  TM_CO_TRY(const auto body, json::parse_object(question.body));
  const auto delivery = integer(body, "delivery", 0);
  auto change = [&](store::Tx& tx) {
    return hub_->close_batch(tx, question.caller.scope.account, delivery);
  };
  TM_CO_TRY(const auto batch, co_await store_->write(change));
  co_return json::object{{"batch", batch}};
}

/// {"rule", "bus", "since_ms", "until_ms"}: publishes what matches the rule in that time again, to
/// it alone; what comes from now on isn't its concern. {"replay": the replay's name}.
Program::Answer Program::replay(const console::Question& question) {
  TM_CO_TRY(const auto body, json::parse_object(question.body));
  TM_CO_TRY(const auto name, rule_named(body));
  const auto now = clock_.now();
  events::Replay replay{.scope = question.caller.scope,
                        .name = fmt::format("{}-{}", name.substr(0, 40), now.ms),
                        .destination = bus_of(question.caller, json::text_or_empty(body, "bus")),
                        .from = {integer(body, "since_ms", 0)},
                        .until = {std::min(integer(body, "until_ms", now.ms), now.ms)},
                        .started = now};
  auto change = [&](store::Tx& tx) -> Status {
    TM_TRY(const auto rule, events::require_rule(tx, replay.destination, name));
    replay.filter_arns = {rule.arn()};
    tx.on_commit([this] { replayer_->wake(); });
    return events::add_replay(tx, replay);
  };
  TM_CO_CHECK(co_await store_->write(change));
  co_return json::object{{"replay", replay.name}};
}

/// …/NAME: {"state", "sent"}.
Program::Answer Program::show_replay(const console::Question& question) {
  auto query = [&](store::Tx& tx) {
    return events::require_replay(tx, question.caller.scope, question.rest);
  };
  TM_CO_TRY(const auto replay, co_await store_->read(query));
  co_return json::object{{"state", replay.state}, {"sent", replay.sent}};
}

/// {"pattern" and/or "rule", "bus", "since_ms", "until_ms", "max"}: what would have matched. With
/// both, the pattern is compared with the rule's own.
Program::Answer Program::rehearse(const console::Question& question) {
  TM_CO_TRY(const auto body, json::parse_object(question.body));
  const auto shown = integer(body, "max", 50);
  explain::Rehearsal rehearsal{
      .bus = bus_of(question.caller, json::text_or_empty(body, "bus")),
      .pattern = std::string(json::text_or_empty(body, "pattern")),
      .since = {integer(body, "since_ms", 0)},
      .until = {integer(body, "until_ms", INT64_MAX)},
      .shown_max = std::size_t(std::clamp<std::int64_t>(shown, 1, listed_max))};
  auto query = [&](store::Tx& tx) -> Result<json::object> {
    if (const auto rule = json::text_or_empty(body, "rule"); !rule.empty()) {
      TM_TRY(const auto found, events::require_rule(tx, rehearsal.bus, rule));
      (rehearsal.pattern.empty() ? rehearsal.pattern : rehearsal.against.emplace()) = found.pattern;
    }
    return explain::rehearse(tx, rehearsal);
  };
  co_return co_await store_->read(query);
}

/// {"rule", "bus", "start": bool, "max"}.
Program::Answer Program::backfill(const console::Question& question) {
  TM_CO_TRY(const auto body, json::parse_object(question.body));
  TM_CO_TRY(auto rule, rule_named(body));
  const auto shown = integer(body, "max", 100);
  Backfill::Order order{.bus = bus_of(question.caller, json::text_or_empty(body, "bus")),
                        .rule = std::move(rule),
                        .start = truth(body, "start"),
                        .shown_max = std::size_t(std::clamp<std::int64_t>(shown, 1, listed_max))};
  co_return co_await backfill_->run(question.caller, std::move(order));
}

}  // namespace tidemill::server
