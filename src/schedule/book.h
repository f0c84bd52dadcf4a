/// EventBridge Scheduler's groups and schedules as the store keeps them, and the timer of each.
/// Functions take the open transaction; those that change something run on the commit thread.
#pragma once

#include <string>
#include <vector>

#include "base/arn.h"
#include "events/rule.h"
#include "schedule/definition.h"
#include "schedule/engine.h"

namespace tidemill::schedule {

inline constexpr std::string_view default_group = "default";

struct ScheduleKey {
  Scope scope;
  std::string group, name;

  [[nodiscard]] std::string arn() const;
};

struct Schedule {
  std::int64_t id = 0;
  ScheduleKey key;
  std::string definition;     ///< AWS's JSON.
  events::RuleTarget target;  ///< Worked out of the definition.
  bool delete_after = false;
  std::string client_token;
  TimeMs created, modified;
};

struct Group {
  std::int64_t id = 0;
  Scope scope;
  std::string name, client_token;
  TimeMs created, modified;

  [[nodiscard]] std::string arn() const;
};

[[nodiscard]] std::string group_arn(const Scope& scope, std::string_view name);

class Book {
 public:
  explicit Book(Engine& engine) : engine_(engine) {}

  [[nodiscard]] Result<std::optional<Schedule>> find(store::Tx& tx, const ScheduleKey& key) const;
  /// As find, or AWS's ResourceNotFoundException.
  [[nodiscard]] Result<Schedule> require(store::Tx& tx, const ScheduleKey& key) const;
  [[nodiscard]] static Result<std::optional<Schedule>> find(store::Tx& tx, std::int64_t id);
  /// Of all groups where `group` is empty; by group and name, those after (group, name) `after`.
  [[nodiscard]] Result<std::vector<Schedule>> list(store::Tx& tx, const ScheduleKey& after,
                                                   std::string_view group, int count) const;
  /// Inserts or replaces, and sets the timer.
  [[nodiscard]] Status save(store::Tx& tx, Schedule schedule);
  [[nodiscard]] Status remove(store::Tx& tx, const Schedule& schedule);

  /// The default group is always there.
  [[nodiscard]] Result<Group> require_group(store::Tx& tx, const Scope& scope,
                                            std::string_view name) const;
  [[nodiscard]] Result<std::optional<Group>> find_group(store::Tx& tx, const Scope& scope,
                                                        std::string_view name) const;
  [[nodiscard]] Result<std::vector<Group>> list_groups(store::Tx& tx, const Scope& scope) const;
  [[nodiscard]] Status add_group(store::Tx& tx, const Group& group);
  /// With all its schedules.
  [[nodiscard]] Status remove_group(store::Tx& tx, const Group& group);

  /// Of a group or a schedule.
  [[nodiscard]] static Result<Tags> tags_of(store::Tx& tx, std::string_view arn);
  /// Adds or replaces `set`, takes `removed` away, and plans what is under `arn` anew.
  [[nodiscard]] Status change_tags(store::Tx& tx, const std::string& arn, const Tags& set,
                                   const std::vector<std::string>& removed);

 private:
  [[nodiscard]] Status set_timer(store::Tx& tx, const Schedule& schedule,
                                 const Definition& definition);
  /// As its definition and its tags say by now.
  [[nodiscard]] Status plan_anew(store::Tx& tx, const Schedule& schedule);
  [[nodiscard]] Result<std::vector<Schedule>> of_group(store::Tx& tx, const Scope& scope,
                                                       std::string_view group) const;

  Engine& engine_;
};

/// The schedule that `arn` names, if it is the ARN of one.
[[nodiscard]] std::optional<ScheduleKey> schedule_key(std::string_view arn);

}  // namespace tidemill::schedule
