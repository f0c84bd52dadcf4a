// What the doctor asks of the services.
#include "server/program.h"

namespace tidemill::server {
namespace {

constexpr int schedules_max = 10'000;

}  // namespace

explain::Doctor::Sources Program::doctor_sources() {
  return {.target =
              [this](store::Tx& tx, const events::Rule& rule, const events::RuleTarget& target) {
                return facts_of(tx, rule.key.scope, rule.arn(), target);
              },
          .bucket = [](store::Tx& tx, std::string_view name) -> Result<explain::Doctor::Bucket> {
            TM_TRY(const auto seen, s3::Objects::describe(tx, name, ""));
            return explain::Doctor::Bucket{.exists = seen.bucket_exists,
                                           .sends_events = seen.eventbridge};
          },
          .schedules = [this](store::Tx& tx,
                              const Scope& scope) { return scheduled_targets(tx, scope); },
          .heatmap = [this](store::Tx& tx) { return schedule_desk_->collisions(tx); }};
}

Result<std::vector<explain::Doctor::Scheduled>> Program::scheduled_targets(
    store::Tx& tx, const Scope& scope) const {
  TM_TRY(const auto schedules, scheduling_->book().list(tx, {scope, "", ""}, "", schedules_max));
  std::vector<explain::Doctor::Scheduled> shown;
  for (const auto& schedule : schedules) {
    TM_TRY(auto facts, facts_of(tx, scope, schedule.key.arn(), schedule.target));
    shown.push_back({schedule.key.name, std::move(facts), schedule.target.arn});
  }
  return shown;
}

Program::Answer Program::doctor(const console::Question& question) {
  co_return co_await doctor_->look(question.caller.scope);
}

}  // namespace tidemill::server
