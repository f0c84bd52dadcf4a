// The stories of runs, deliveries, events and rules.
#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "events/batch_rows.h"
#include "events/deliveries.h"
#include "explain/stored_event.h"
#include "explain/story.h"
#include "pattern/pattern.h"

namespace tidemill::explain {
namespace {

constexpr int deliveries_shown = 10;
constexpr int batches_shown = 10;

std::optional<std::int64_t> number_in(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::unexpected<Error> unknown(std::string_view what) {
  return fail(
      Errc::not_found, "ResourceNotFoundException",
      fmt::format("nothing is known of \"{}\"; explain takes s3://BUCKET/KEY, a run's id "
                  "(jr_…, wr_…), a delivery's number, an event's id, a rule's or a schedule's name",
                  what));
}

Result<std::optional<StoredEvent>> event_where(store::Tx& tx, std::string_view condition,
                                               const store::Value& value) {
  std::optional<StoredEvent> found;
  const store::RowFn read = [&found](const store::Row& row) {
    found = read_event(row);
    return false;
  };
  const std::array values{value};
  TM_CHECK(tx.run(fmt::format("{} WHERE {} ORDER BY seq DESC LIMIT 1", select_events, condition),
                  values, &read));
  return found;
}

/// How many deliveries of the rule are in each state.
Result<json::object> counts_of(store::Tx& tx, std::string_view rule_arn) {
  json::object counts{{"done", 0}, {"pending", 0}, {"failed", 0}};
  const auto add = [&counts](const store::Row& row) {
    counts[row.bytes(0)] = row.integer(1);
    return true;
  };
  TM_CHECK(tx.each("SELECT state, count(*) FROM deliveries WHERE rule_arn = $1 GROUP BY state", add,
                   rule_arn));
  return counts;
}

/// The kept event that came closest to the rule's pattern, in words, or that came before the rule
/// was as it is; empty if none was asked.
Result<std::string> nearest_miss(store::Tx& tx, const events::Rule& rule, int asked_max) {
  TM_TRY(const auto pattern, pattern::Pattern::compile(rule.pattern));
  TM_TRY(const auto version, events::newest_version(tx, rule.key, rule.name));
  TM_ASSERT(version.has_value());
  std::string text;
  std::size_t nearest = SIZE_MAX;
  int asked = 0;
  const auto ask = [&](const store::Row& row) {
    const auto event = pattern::Event::parse(row.bytes(0));
    if (!event) return true;
    const auto why = pattern.explain(*event);
    if (!why.matched && why.distance < nearest) {
      nearest = why.distance;
      text = fmt::format("{} (event {})", why.text, row.bytes(1));
    }
    const events::Meeting met{.as_of = row.integer(2), .published = {row.integer(3)}};
    if (why.matched && !events::is_after(met, *version)) {
      nearest = 0;
      text = fmt::format("it would match event {}, but was {} after it, at {}", row.bytes(1),
                         version->made ? "made" : "changed", iso_millis(version->at));
    }
    return nearest > 1 && ++asked < asked_max;
  };
  TM_CHECK(
      tx.each("SELECT envelope, id, as_of, published_ms FROM events"
              " WHERE account = $1 AND region = $2 AND bus = $3"
              " ORDER BY seq DESC",
              ask, rule.key.scope.account, rule.key.scope.region, rule.key.bus));
  return text;
}

/// What stands in the rule's way, or what it did last.
std::string conclude(const json::object& rule, const json::array& deliveries,
                     const std::string& miss) {
  const auto name = json::text_or_empty(rule, "name");
  if (!rule.at("enabled").as_bool()) return fmt::format("Rule {} is disabled.", name);
  const auto& targets = rule.at("targets").as_array();
  if (targets.empty()) return fmt::format("Rule {} has no target: it starts nothing.", name);
  for (const auto& value : targets) {
    const auto& target = value.as_object();
    if (!target.at("exists").as_bool()) {
      return fmt::format("Target {} of rule {} does not exist: {}.",
                         json::text_or_empty(target, "id"), name,
                         json::text_or_empty(target, "arn"));
    }
    if (const auto denial = json::text_or_empty(target, "denial"); !denial.empty()) {
      return fmt::format("Rule {} can't start its target: {}.", name, denial);
    }
  }
  if (!deliveries.empty()) {
    const auto& last = deliveries.front().as_object();
    const auto state = json::text_or_empty(last, "state");
    if (state == "done") {
      return fmt::format("Rule {} works: it last started {}.", name,
                         json::text_or_empty(last, "result"));
    }
    if (state == "batched") {
      const auto& batches = rule.at("batches").as_array();
      return batches.empty()
                 ? fmt::format("Rule {} has a batch that waits for its target.", name)
                 : fmt::format("Rule {} collects {}", name, outlook(batches.back().as_object()));
    }
    return fmt::format("The newest delivery of rule {} is {}: {}", name, state,
                       json::text_or_empty(last, "message"));
  }
  return fmt::format("No event has matched rule {} yet.{}", name,
                     miss.empty() ? "" : " Nearest: " + miss);
}

/// What a run is of, what started it and what came of it.
std::string conclude(const json::object& run) {
  const auto text = [&](std::string_view name) { return json::text_or_empty(run, name); };
  if (text("job").empty())
    return fmt::format("Run of workflow {}: {}.", text("workflow"), text("state"));
  std::string by(text("trigger_source"));
  if (const auto trigger = text("trigger"); !trigger.empty())
    by = fmt::format("trigger {}", trigger);
  if (const auto workflow = text("workflow"); !workflow.empty()) {
    by += fmt::format(" of workflow {} (run {})", workflow, text("workflow_run"));
  }
  return fmt::format("Run of job {}, started by {}: {}.", text("job"), by, text("state"));
}

}  // namespace

Task<Result<json::value>> Storyteller::of(events::BusKey bus, std::string what) {
  auto query = [&](store::Tx& tx) -> Result<json::value> {
    if (what.starts_with("s3://")) return tell(tx, what);
    if (what.starts_with("jr_") || what.starts_with("wr_")) return tell_run(tx, what);
    TM_TRY(const auto rule, events::find_rule(tx, bus, what));
    if (rule) return tell_rule(tx, *rule);
    if (const auto id = number_in(what)) return tell_delivery(tx, bus.scope, *id);
    return tell_id(tx, what);
  };
  co_return co_await store_.read(query);
}

Result<json::value> Storyteller::tell_run(store::Tx& tx, const std::string& id) const {
  TM_TRY(auto run, sources_.run(tx, id));
  if (run.empty()) return unknown(id);
  json::object story;
  story["conclusion"] = conclude(run);
  TM_TRY(const auto event, event_where(tx, "seq = (SELECT event FROM deliveries WHERE id = $1)",
                                       run.at("delivery").as_int64()));
  auto& events = story["events"].emplace_array();
  if (event) {
    TM_TRY(auto told, tell_event(tx, *event));
    events.push_back(std::move(told));
  }
  story["run"] = std::move(run);
  return story;
}

Result<json::value> Storyteller::tell_delivery(store::Tx& tx, const Scope& scope,
                                               std::int64_t id) const {
  TM_TRY(auto delivery, events::show_delivery(tx, scope, id));
  TM_TRY(const auto event,
         event_where(tx, "seq = (SELECT event FROM deliveries WHERE id = $1)", id));
  TM_TRY(auto told, tell_event(tx, *event));
  json::object story;
  const auto* batch = delivery.if_contains("batch");
  const bool is_batched = json::text_or_empty(delivery, "state") == "batched" && batch != nullptr;
  story["conclusion"] =
      fmt::format("Delivery {} to {} is {}. {}", id, json::text_or_empty(delivery, "target_arn"),
                  json::text_or_empty(delivery, "state"),
                  is_batched ? "It is in " + outlook(batch->as_object())
                             : std::string(json::text_or_empty(delivery, "message")));
  story["delivery"] = std::move(delivery);
  story["events"] = json::array{std::move(told)};
  return story;
}

Result<json::value> Storyteller::tell_id(store::Tx& tx, const std::string& id) const {
  TM_TRY(const auto event, event_where(tx, "id = $1", id));
  if (!event) return unknown(id);
  TM_TRY(auto told, tell_event(tx, *event));
  const auto matched = std::ranges::count_if(told.at("rules").as_array(), [](const auto& rule) {
    return rule.as_object().at("matched").as_bool();
  });
  return json::object{
      {"conclusion", fmt::format("{} of {} rules of bus {} matched.", matched,
                                 told.at("rules_total").to_number<std::size_t>(), event->bus.bus)},
      {"events", json::array{std::move(told)}}};
}

Result<json::value> Storyteller::tell_rule(store::Tx& tx, const events::Rule& rule) const {
  TM_TRY(const auto targets, events::targets_of(tx, rule.id));
  json::array shown_targets;
  for (const auto& target : targets) {
    TM_TRY(const auto facts, sources_.target(tx, rule, target));
    shown_targets.push_back(json::object{{"id", target.id},
                                         {"arn", target.arn},
                                         {"exists", facts.exists},
                                         {"denial", facts.denial}});
  }
  TM_TRY(auto counts, counts_of(tx, rule.arn()));
  TM_TRY(auto deliveries, events::list_deliveries(tx, rule.key.scope,
                                                  {.rule = rule.name, .count = deliveries_shown}));
  std::string miss;
  if (deliveries.empty() && !rule.pattern.empty()) {
    TM_TRY(miss, nearest_miss(tx, rule, misses_asked));
  }
  json::object shown{{"name", rule.name},          {"arn", rule.arn()},
                     {"bus", rule.key.bus},        {"enabled", rule.enabled},
                     {"pattern", rule.pattern},    {"targets", std::move(shown_targets)},
                     {"counts", std::move(counts)}};
  TM_TRY(shown["batches"], events::show_open_batches(tx, rule.arn(), batches_shown));
  auto conclusion = conclude(shown, deliveries, miss);
  return json::object{{"rule", std::move(shown)},
                      {"deliveries", std::move(deliveries)},
                      {"conclusion", std::move(conclusion)}};
}

}  // namespace tidemill::explain
