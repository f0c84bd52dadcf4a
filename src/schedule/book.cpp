#include "schedule/book.h"

#include <fmt/format.h>

#include "base/own_arn.h"

namespace tidemill::schedule {
namespace {

constexpr std::string_view schedule_columns =
    "id, account, region, group_name, name, definition, target_arn, target_input, role_arn,"
    " retries_max, age_seconds_max, delete_after, client_token, created_ms, modified_ms,"
    " dead_letter_arn, group_id";
constexpr std::string_view group_columns =
    "id, account, region, name, client_token, created_ms, modified_ms";
constexpr int tags_max = 50;

Schedule read_schedule(const store::Row& row) {
  Schedule schedule{.id = row.integer(0),
                    .key = {{row.text(1), row.text(2)}, row.text(3), row.text(4)},
                    .definition = row.text(5),
                    .target = {},
                    .delete_after = row.integer(11) != 0,
                    .client_token = row.text(12),
                    .created = {row.integer(13)},
                    .modified = {row.integer(14)}};
  auto& target = schedule.target;
  target.id = "schedule";
  target.arn = row.text(6);
  target.input.constant = row.maybe_text(7);
  target.role_arn = row.text(8);
  target.retry = {int(row.integer(9)), row.integer(10)};
  target.dead_letter_arn = row.text(15);
  target.group_id = row.text(16);
  return schedule;
}

Group read_group(const store::Row& row) {
  return {.id = row.integer(0),
          .scope = {row.text(1), row.text(2)},
          .name = row.text(3),
          .client_token = row.text(4),
          .created = {row.integer(5)},
          .modified = {row.integer(6)}};
}

std::string select_schedules(std::string_view rest) {
  return fmt::format("SELECT {} FROM schedules {}", schedule_columns, rest);
}

std::unexpected<Error> not_found(std::string message) {
  return fail(Errc::not_found, "ResourceNotFoundException", std::move(message));
}

}  // namespace

std::string ScheduleKey::arn() const {
  return make_arn("scheduler", scope, fmt::format("schedule/{}/{}", group, name));
}

std::string group_arn(const Scope& scope, std::string_view name) {
  return make_arn("scheduler", scope, fmt::format("schedule-group/{}", name));
}

std::string Group::arn() const { return group_arn(scope, name); }

std::optional<ScheduleKey> schedule_key(std::string_view text) {
  const auto arn = Arn::parse(text);
  constexpr std::string_view head = "schedule/";
  if (!arn || arn->service != "scheduler" || !arn->resource.starts_with(head)) return {};
  const auto slash = arn->resource.find('/', head.size());
  if (slash == std::string::npos) return std::nullopt;
  return ScheduleKey{{arn->account, arn->region},
                     arn->resource.substr(head.size(), slash - head.size()),
                     arn->resource.substr(slash + 1)};
}

Result<std::optional<Schedule>> Book::find(store::Tx& tx, const ScheduleKey& key) const {
  static const std::string sql =
      select_schedules("WHERE account = $1 AND region = $2 AND group_name = $3 AND name = $4");
  return tx.one(sql, read_schedule, key.scope.account, key.scope.region, key.group, key.name);
}

Result<Schedule> Book::require(store::Tx& tx, const ScheduleKey& key) const {
  TM_TRY(auto found, find(tx, key));
  if (found) return *std::move(found);
  return not_found(fmt::format("Schedule {} does not exist.", key.name));
}

Result<std::optional<Schedule>> Book::find(store::Tx& tx, std::int64_t id) {
  static const std::string sql = select_schedules("WHERE id = $1");
  return tx.one(sql, read_schedule, id);
}

Result<std::vector<Schedule>> Book::list(store::Tx& tx, const ScheduleKey& after,
                                         std::string_view group, int count) const {
  static const std::string sql = select_schedules(
      "WHERE account = $1 AND region = $2 AND (group_name, name) > ($3, $4)"
      " AND ($5 = '' OR group_name = $5) ORDER BY group_name, name LIMIT $6");
  return tx.all(sql, read_schedule, after.scope.account, after.scope.region, after.group,
                after.name, group, count);
}

Result<std::vector<Schedule>> Book::of_group(store::Tx& tx, const Scope& scope,
                                             std::string_view group) const {
  static const std::string sql =
      select_schedules("WHERE account = $1 AND region = $2 AND group_name = $3 ORDER BY name");
  return tx.all(sql, read_schedule, scope.account, scope.region, group);
}

Status Book::save(store::Tx& tx, Schedule schedule) {
  const auto& key = schedule.key;
  TM_TRY(const auto definition, Definition::parse(schedule.definition));
  TM_TRY(const auto call, call_of(definition, key.scope));
  TM_TRY(const auto id,
         tx.one(
             "INSERT INTO schedules (account, region, group_name, name, definition, target_arn,"
             " target_input, role_arn, retries_max, age_seconds_max, delete_after, client_token,"
             " created_ms, modified_ms, dead_letter_arn, group_id) VALUES ($1, $2, $3, $4, $5, $6,"
             " $7, $8, $9, $10, $11, $12, $13, $13, $14, $15) ON CONFLICT (account, region, "
             "group_name, name) DO UPDATE SET"
             " definition = $5, target_arn = $6, target_input = $7, role_arn = $8,"
             " retries_max = $9, age_seconds_max = $10, delete_after = $11, modified_ms = $13,"
             " dead_letter_arn = $14, group_id = $15"
             " RETURNING id",
             [](const store::Row& r) { return r.integer(0); }, key.scope.account, key.scope.region,
             key.group, key.name, schedule.definition, call.arn, call.input, definition.role_arn,
             definition.retry.attempts_max, definition.retry.age_seconds_max,
             definition.delete_after ? 1 : 0, schedule.client_token, schedule.modified.ms,
             own_arn(definition.dead_letter_arn, key.scope.account), definition.group_id));
  schedule.id = *id;
  return set_timer(tx, schedule, definition);
}

Status Book::set_timer(store::Tx& tx, const Schedule& schedule, const Definition& definition) {
  TM_TRY(auto tags, tags_of(tx, group_arn(schedule.key.scope, schedule.key.group)));
  TM_TRY(const auto own, tags_of(tx, schedule.key.arn()));
  for (const auto& [key, value] : own) tags[key] = value;
  TM_TRY(auto policy, policy_of(tags));
  if (definition.window_ms > 0) policy.spread_ms = definition.window_ms;
  return engine_.put(tx, {.arn = schedule.key.arn(),
                          .kind = TimerKind::schedule,
                          .ref = schedule.id,
                          .enabled = definition.enabled,
                          .expression = definition.expression,
                          .zone = definition.zone,
                          .start = definition.start,
                          .end = definition.end,
                          .runs_at_once = true,
                          .policy = policy});
}

Status Book::plan_anew(store::Tx& tx, const Schedule& schedule) {
  TM_TRY(const auto definition, Definition::parse(schedule.definition));
  return set_timer(tx, schedule, definition);
}

Status Book::remove(store::Tx& tx, const Schedule& schedule) {
  const auto arn = schedule.key.arn();
  TM_CHECK(engine_.remove(tx, arn));
  TM_CHECK(tx.exec("DELETE FROM schedule_tags WHERE arn = $1", arn));
  TM_CHECK(tx.exec("DELETE FROM schedules WHERE id = $1", schedule.id));
  return {};
}

Result<std::optional<Group>> Book::find_group(store::Tx& tx, const Scope& scope,
                                              std::string_view name) const {
  static const std::string sql =
      fmt::format("SELECT {} FROM schedule_groups WHERE account = $1 AND region = $2 AND name = $3",
                  group_columns);
  TM_TRY(auto found, tx.one(sql, read_group, scope.account, scope.region, name));
  if (!found && name == default_group) {
    return Group{.scope = scope, .name = std::string(default_group)};
  }
  return found;
}

Result<Group> Book::require_group(store::Tx& tx, const Scope& scope, std::string_view name) const {
  TM_TRY(auto found, find_group(tx, scope, name));
  if (found) return *std::move(found);
  return not_found(fmt::format("Schedule group {} does not exist.", name));
}

Result<std::vector<Group>> Book::list_groups(store::Tx& tx, const Scope& scope) const {
  static const std::string sql = fmt::format(
      "SELECT {} FROM schedule_groups WHERE account = $1 AND region = $2", group_columns);
  TM_TRY(auto groups, tx.all(sql, read_group, scope.account, scope.region));
  groups.push_back({.scope = scope, .name = std::string(default_group)});
  std::ranges::sort(groups, {}, &Group::name);
  return groups;
}

Status Book::add_group(store::Tx& tx, const Group& group) {
  TM_CHECK(tx.exec(
      "INSERT INTO schedule_groups (account, region, name, client_token, created_ms,"
      " modified_ms) VALUES ($1, $2, $3, $4, $5, $5)",
      group.scope.account, group.scope.region, group.name, group.client_token, group.created.ms));
  return {};
}

Status Book::remove_group(store::Tx& tx, const Group& group) {
  TM_TRY(const auto schedules, of_group(tx, group.scope, group.name));
  for (const auto& schedule : schedules) TM_CHECK(remove(tx, schedule));
  TM_CHECK(tx.exec("DELETE FROM schedule_tags WHERE arn = $1", group.arn()));
  TM_CHECK(tx.exec("DELETE FROM schedule_groups WHERE id = $1", group.id));
  return {};
}

Result<Tags> Book::tags_of(store::Tx& tx, std::string_view arn) {
  return tx.texts("SELECT key, value FROM schedule_tags WHERE arn = $1", arn);
}

Status Book::change_tags(store::Tx& tx, const std::string& arn, const Tags& set,
                         const std::vector<std::string>& removed) {
  for (const auto& [key, value] : set) {
    TM_CHECK(
        tx.exec("INSERT INTO schedule_tags (arn, key, value) VALUES ($1, $2, $3)"
                " ON CONFLICT (arn, key) DO UPDATE SET value = $3",
                arn, key, value));
  }
  for (const auto& key : removed) {
    TM_CHECK(tx.exec("DELETE FROM schedule_tags WHERE arn = $1 AND key = $2", arn, key));
  }
  TM_TRY(const auto all, tags_of(tx, arn));
  if (all.size() > tags_max) {
    return fail(Errc::invalid_argument, "ValidationException",
                fmt::format("A resource can have at most {} tags.", tags_max));
  }
  TM_TRY([[maybe_unused]] const auto policy, policy_of(all));
  if (const auto key = schedule_key(arn)) {
    TM_TRY(const auto schedule, require(tx, *key));
    return plan_anew(tx, schedule);
  }
  const auto group = Arn::parse(arn);
  TM_ASSERT(group.has_value());
  const Scope scope{group->account, group->region};
  TM_TRY(const auto schedules,
         of_group(tx, scope, group->resource.substr(group->resource.find('/') + 1)));
  for (const auto& schedule : schedules) TM_CHECK(plan_anew(tx, schedule));
  return {};
}

}  // namespace tidemill::schedule
