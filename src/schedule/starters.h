/// What joins the engine with what is started: a rule's targets, a schedule's target; and the rules
/// with the engine. Owned by the server; on the commit thread.
#pragma once

#include "base/ordered_ids.h"
#include "events/hub.h"
#include "events/schedules.h"
#include "schedule/engine.h"

namespace tidemill::schedule {

struct Schedule;

/// "Scheduled Event" to the rule's own targets.
class RuleStarter final : public Starter {
 public:
  RuleStarter(events::Hub& hub, Random& random) : hub_(hub), ids_(random) {}
  [[nodiscard]] Result<std::int64_t> start(store::Tx& tx, std::int64_t ref, TimeMs planned,
                                           std::optional<std::int64_t> late_ms) override;
  [[nodiscard]] Status completed(store::Tx&, std::int64_t) override { return {}; }

 private:
  events::Hub& hub_;
  OrderedIds ids_;
};

/// A schedule's target, with its input or the notification that stands for it.
class ScheduleStarter final : public Starter {
 public:
  ScheduleStarter(events::Hub& hub, Random& random) : hub_(hub), random_(random), ids_(random) {}
  [[nodiscard]] Result<std::int64_t> start(store::Tx& tx, std::int64_t ref, TimeMs planned,
                                           std::optional<std::int64_t> late_ms) override;
  /// ActionAfterCompletion.
  [[nodiscard]] Status completed(store::Tx& tx, std::int64_t ref) override;

  /// Called for a schedule that is to be deleted; set once, before the first use.
  std::function<Status(store::Tx&, const Schedule&)> remove;

 private:
  events::Hub& hub_;
  Random& random_;
  OrderedIds ids_;
};

class RuleTimers final : public events::RuleSchedules {
 public:
  explicit RuleTimers(Engine& engine) : engine_(engine) {}
  [[nodiscard]] Status changed(store::Tx& tx, const events::Rule& rule) override;
  [[nodiscard]] Status removed(store::Tx& tx, const events::Rule& rule) override;

 private:
  Engine& engine_;
};

}  // namespace tidemill::schedule
