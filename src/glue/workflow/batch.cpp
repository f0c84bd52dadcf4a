#include "glue/workflow/batch.h"

#include <fmt/format.h>

namespace tidemill::glue {
namespace {

constexpr std::string_view columns = "run, workflow, trigger_id, due_ms, is_full, events, objects";

std::string array_json(const std::vector<std::string>& texts) {
  return json::dump(json::array(texts.begin(), texts.end()));
}

std::vector<std::string> parse_array(std::string_view text) {
  const auto array = json::parse(text);
  TM_ASSERT(array.has_value());
  std::vector<std::string> texts;
  for (const auto& one : array->as_array()) texts.emplace_back(json::view(one.as_string()));
  return texts;
}

Batch read_batch(const store::Row& row) {
  return {.run = row.text(0),
          .workflow = row.integer(1),
          .trigger = row.integer(2),
          .due = {row.integer(3)},
          .is_full = row.integer(4) != 0,
          .events = parse_array(row.bytes(5)),
          .objects = parse_array(row.bytes(6))};
}

}  // namespace

Batching batching_of(const json::object& definition) {
  Batching batching;
  const auto* given = definition.if_contains("EventBatchingCondition");
  if (given == nullptr) return batching;
  const auto& condition = given->as_object();
  const auto* size = condition.if_contains("BatchSize");
  const auto* window = condition.if_contains("BatchWindow");
  if (size != nullptr) batching.size = size->as_int64();
  if (window != nullptr) batching.window_s = window->as_int64();
  return batching;
}

Batch with_event(Batch batch, const Batching& batching, TimeMs now, std::string event,
                 std::string object) {
  batch.events.push_back(std::move(event));
  if (!object.empty()) batch.objects.push_back(std::move(object));
  if (std::int64_t(batch.events.size()) >= batching.size) {
    batch.is_full = true;
    batch.due = now;
  }
  return batch;
}

Arguments properties_of(const Batch& batch) {
  Arguments properties{{"aws:eventIds", fmt::format("[{}]", fmt::join(batch.events, ", "))}};
  if (!batch.objects.empty()) properties["tidemill:objects"] = array_json(batch.objects);
  return properties;
}

BatchCondition condition_of(const Batch& batch, const Batching& batching) {
  if (batch.is_full) return {.size = std::int64_t(batch.events.size()), .window_s = {}};
  return {.size = {}, .window_s = batching.window_s};
}

Result<std::optional<Batch>> open_batch(store::Tx& tx, std::int64_t trigger, TimeMs now) {
  static const std::string sql = fmt::format(
      "SELECT {} FROM glue_batches WHERE trigger_id = $1 AND due_ms > $2 AND is_full = 0", columns);
  return tx.one(sql, read_batch, trigger, now.ms);
}

Status save_batch(store::Tx& tx, const Batch& batch) {
  TM_CHECK(
      tx.exec("INSERT INTO glue_batches (run, workflow, trigger_id, due_ms, is_full, events,"
              " objects) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (run) DO UPDATE SET"
              " due_ms = $4, is_full = $5, events = $6, objects = $7",
              batch.run, batch.workflow, batch.trigger, batch.due.ms, batch.is_full ? 1 : 0,
              array_json(batch.events), array_json(batch.objects)));
  return {};
}

Status remove_batch(store::Tx& tx, std::string_view run) {
  TM_CHECK(tx.exec("DELETE FROM glue_batches WHERE run = $1", run));
  return {};
}

Result<std::optional<Batch>> due_batch(store::Tx& tx, std::int64_t workflow, TimeMs now) {
  static const std::string sql = fmt::format(
      "SELECT {} FROM glue_batches WHERE workflow = $1 AND due_ms <= $2 ORDER BY due_ms LIMIT 1",
      columns);
  return tx.one(sql, read_batch, workflow, now.ms);
}

Result<std::vector<std::int64_t>> due_workflows(store::Tx& tx, TimeMs now) {
  return tx.all(
      "SELECT DISTINCT workflow FROM glue_batches WHERE due_ms <= $1 ORDER BY workflow",
      [](const store::Row& row) { return row.integer(0); }, now.ms);
}

Result<std::optional<TimeMs>> next_due(store::Tx& tx, TimeMs now) {
  TM_TRY(const auto next, tx.one(
                              "SELECT min(due_ms) FROM glue_batches WHERE due_ms > $1",
                              [](const store::Row& row) { return row.maybe_integer(0); }, now.ms));
  if (!next || !*next) return std::nullopt;
  return TimeMs{**next};
}

}  // namespace tidemill::glue
