/// Events that wait for a workflow's EVENT trigger: until there are enough of them, or the time is
/// over that began with the first. Rows, so that a restart loses none. Functions take the open
/// transaction. (AWS: EventBatchingCondition.)
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/time.h"
#include "glue/workflow/workflow_run.h"
#include "store/store.h"

namespace tidemill::glue {

/// EventBatchingCondition of a trigger's definition, with AWS's defaults.
struct Batching {
  std::int64_t size = 1;
  std::int64_t window_s = 900;
};
[[nodiscard]] Batching batching_of(const json::object& trigger_definition);

struct Batch {
  std::string run;  ///< The id that the workflow run will have.
  std::int64_t workflow = 0, trigger = 0;
  TimeMs due;
  bool is_full = false;
  std::vector<std::string> events;   ///< Their ids.
  std::vector<std::string> objects;  ///< s3://… of those that tell of objects.
};

/// The batch with one event more; full and due at `now` where that makes it enough.
[[nodiscard]] Batch with_event(Batch batch, const Batching& batching, TimeMs now, std::string event,
                               std::string object);
/// What its run tells: aws:eventIds, and the objects.
[[nodiscard]] Arguments properties_of(const Batch& batch);
[[nodiscard]] BatchCondition condition_of(const Batch& batch, const Batching& batching);

/// The one that still takes events at `now`.
[[nodiscard]] Result<std::optional<Batch>> open_batch(store::Tx& tx, std::int64_t trigger,
                                                      TimeMs now);
[[nodiscard]] Status save_batch(store::Tx& tx, const Batch& batch);
[[nodiscard]] Status remove_batch(store::Tx& tx, std::string_view run);
/// The first of the workflow's that is due at `now`.
[[nodiscard]] Result<std::optional<Batch>> due_batch(store::Tx& tx, std::int64_t workflow,
                                                     TimeMs now);
/// The workflows that have some which are due at `now`.
[[nodiscard]] Result<std::vector<std::int64_t>> due_workflows(store::Tx& tx, TimeMs now);
/// When the next one is due after `now`.
[[nodiscard]] Result<std::optional<TimeMs>> next_due(store::Tx& tx, TimeMs now);

}  // namespace tidemill::glue
