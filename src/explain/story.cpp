#include "explain/story.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/s3_uri.h"
#include "events/batch_rows.h"
#include "explain/conclusion.h"
#include "explain/rule_view.h"
#include "explain/stored_event.h"

namespace tidemill::explain {
namespace {

json::value maybe(std::optional<std::int64_t> number) {
  return number ? json::value(*number) : json::value(nullptr);
}

struct StoredDelivery {
  std::string rule_arn, rule_name;
  json::object shown;
  std::string result;
  std::optional<std::int64_t> batch;
};

StoredDelivery read_delivery(const store::Row& row) {
  StoredDelivery d;
  d.rule_arn = row.text(0);
  d.rule_name = row.text(1);
  d.shown["id"] = row.integer(2);
  d.shown["target_id"] = row.text(3);
  d.shown["target_arn"] = row.text(4);
  d.shown["state"] = row.text(5);
  d.shown["tries"] = row.integer(6);
  d.shown["due_ms"] = maybe(row.maybe_integer(7));
  d.shown["waits"] = row.integer(8) != 0;
  d.shown["code"] = row.text(9);
  d.shown["message"] = row.text(10);
  d.shown["created_ms"] = row.integer(11);
  d.shown["ended_ms"] = maybe(row.maybe_integer(12));
  d.result = row.text(13);
  d.batch = row.maybe_integer(14);
  return d;
}

Result<std::vector<StoredDelivery>> deliveries_of(store::Tx& tx, std::int64_t event) {
  return tx.all(
      "SELECT rule_arn, rule_name, id, target_id, target_arn, state, tries, due_ms, waits, code,"
      " message, created_ms, ended_ms, result, batch FROM deliveries WHERE event = $1 ORDER BY id",
      read_delivery, event);
}

/// What sent a delivery, where that is no rule with a pattern: schedules and Glue's triggers, which
/// need no match, and rules that were gone when the history of rules began.
json::object other_sender(const StoredDelivery& delivery, bool is_known) {
  json::object shown{{"name", delivery.rule_name}, {"arn", delivery.rule_arn}};
  const std::string_view kind = delivery.rule_arn.contains(":trigger/")    ? "trigger"
                                : delivery.rule_arn.contains(":schedule/") ? "schedule"
                                                                           : "rule";
  shown["kind"] = kind;
  if (kind == "rule" && !is_known) shown["note"] = "deleted since";
  return shown;
}

}  // namespace

Task<Result<json::value>> Storyteller::object(std::string uri) {
  auto query = [&](store::Tx& tx) { return tell(tx, uri); };
  co_return co_await store_.read(query);
}

Result<json::value> Storyteller::tell(store::Tx& tx, std::string_view uri) const {
  const auto address = split_s3_uri(uri);
  if (!address || address->bucket.empty() || address->key.empty()) {
    return fail(Errc::invalid_argument, "ValidationException",
                fmt::format("uri must be s3://BUCKET/KEY, not \"{}\"", uri));
  }
  TM_TRY(auto object, sources_.object(tx, address->bucket, address->key));
  object["uri"] = uri;
  TM_TRY(const auto stored,
         tx.all(fmt::format("{} WHERE subject = $1 ORDER BY seq DESC LIMIT $2", select_events),
                read_event, uri, events_max));
  json::array shown;
  for (const auto& event : stored) {
    TM_TRY(auto told, tell_event(tx, event));
    shown.push_back(std::move(told));
  }
  json::object story;
  story["conclusion"] = conclude(object, shown);
  story["object"] = std::move(object);
  story["events"] = std::move(shown);
  return story;
}

Result<json::object> Storyteller::tell_event(store::Tx& tx, const StoredEvent& stored) const {
  TM_TRY(const auto event, pattern::Event::parse(stored.envelope));
  TM_TRY(const auto deliveries, deliveries_of(tx, stored.seq));
  TM_TRY(const auto rules, events::rules_met(tx, stored.bus, stored.met));
  std::vector<RuleView> views;
  std::size_t there = 0;
  for (const auto& rule : rules) {
    if (rule.then) ++there;
    if (auto view = view_rule(stored.bus, rule, event)) views.push_back(*std::move(view));
  }
  for (const auto& delivery : deliveries) {
    auto view = std::ranges::find_if(views, [&](const RuleView& v) {
      return json::text_or_empty(v.shown, "arn") == delivery.rule_arn;
    });
    if (view == views.end()) {
      const bool is_known = std::ranges::any_of(rules, [&](const events::RulePast& rule) {
        return stored.bus.rule_arn(rule.name) == delivery.rule_arn;
      });
      view = views.insert(views.end(), RuleView{.shown = other_sender(delivery, is_known)});
    }
    auto& list = view->shown["deliveries"];
    if (!list.is_array()) list = json::array();
    auto shown = delivery.shown;
    if (delivery.batch) {
      TM_TRY(shown["batch"], events::show_batch(tx, *delivery.batch));
    }
    if (!delivery.result.empty()) {
      TM_TRY(auto run, sources_.run(tx, delivery.result));
      shown["result"] = delivery.result;
      if (!run.empty()) shown["run"] = std::move(run);
    }
    list.as_array().push_back(std::move(shown));
  }
  // Who matched comes first, then the nearest misses. Deliveries prove a match.
  for (auto& view : views) {
    if (view.shown.contains("deliveries")) view.rank = 0;
    view.shown["matched"] = view.rank == 0;
  }
  std::ranges::stable_sort(views, {}, [](const RuleView& view) {
    return std::tuple(view.rank, !view.shown.contains("note"), SIZE_MAX - view.held);
  });
  json::array shown_rules;
  std::size_t misses = 0;
  for (auto& view : views) {
    if (!view.shown.at("matched").as_bool() && ++misses > misses_max) continue;
    shown_rules.push_back(std::move(view.shown));
  }
  TM_TRY(const auto parsed, json::parse_object(stored.envelope));
  return json::object{{"id", stored.id},
                      {"published_ms", stored.met.published.ms},
                      {"detail_type", json::text_or_empty(parsed, "detail-type")},
                      {"envelope", parsed},
                      {"rules", std::move(shown_rules)},
                      {"rules_total", there}};
}

}  // namespace tidemill::explain
