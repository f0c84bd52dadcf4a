#include "glue/runs.h"

#include <fmt/format.h>

#include "base/failpoint.h"
#include "glue/refusal.h"

namespace tidemill::glue {
namespace {

constexpr std::string_view columns =
    "seq, id, account, region, job, state, attempt, previous_id, given, arguments, settings, role,"
    " command, script, timeout_minutes, retries_max, trigger_source, event_id, rule_name, delivery,"
    " created_ms, modified_ms, spawned_ms, first_line_ms, completed_ms, pid, pid_start, boot_id,"
    " error, chain";

std::string runs_exceeded(std::string_view job) {
  return fmt::format("Concurrent runs exceeded for {}", job);
}

RunRow read_run(const store::Row& row) {
  RunRow run;
  run.seq = row.integer(0);
  run.id = row.text(1);
  run.scope = {row.text(2), row.text(3)};
  run.job = row.text(4);
  run.state = parse_run_state(row.bytes(5)).value();
  run.attempt = int(row.integer(6));
  run.previous_id = row.text(7);
  run.given = row.text(8);
  run.arguments = row.text(9);
  run.settings = row.text(10);
  run.role = row.text(11);
  run.command = row.text(12);
  run.script = row.text(13);
  run.timeout_minutes = int(row.integer(14));
  run.retries_max = int(row.integer(15));
  run.trigger_source = row.text(16);
  run.event_id = row.text(17);
  run.rule_name = row.text(18);
  run.delivery = row.integer(19);
  run.created = {row.integer(20)};
  run.modified = {row.integer(21)};
  run.spawned = row.maybe_time(22);
  run.first_line = row.maybe_time(23);
  run.completed = row.maybe_time(24);
  if (!row.null(25)) run.process = io::ProcessId{row.integer(25), row.integer(26), row.text(27)};
  run.error = row.text(28);
  run.chain = row.text(29);
  return run;
}

Launch launch_of(const RunRow& run) {
  Launch launch;
  launch.run_id = run.id;
  launch.job_name = run.job;
  launch.scope = run.scope;
  launch.command = run.command;
  launch.script = run.script;
  launch.role_arn = run.role;
  launch.arguments = parse_arguments(run.arguments);
  launch.timeout_minutes = run.timeout_minutes;
  launch.attempt = run.attempt;
  launch.trigger_source = run.trigger_source;
  launch.delivery = run.delivery;
  launch.spawned = run.spawned;
  launch.process = run.process;
  launch.stopping = run.state == RunState::stopping;
  return launch;
}

Status count_active(store::Tx& tx, const RunRow& run, int change) {
  TM_CHECK(
      tx.exec("UPDATE glue_jobs SET active = active + $4"
              " WHERE account = $1 AND region = $2 AND name = $3",
              run.scope.account, run.scope.region, run.job, change));
  return {};
}

ActionKey key_of(const Trigger& trigger) {
  return {trigger.chain, trigger.rule_name, trigger.action};
}

int timeout_of(const json::object& settings, int otherwise) {
  const auto* timeout = settings.if_contains("Timeout");
  return timeout != nullptr && timeout->is_int64() ? int(timeout->get_int64()) : otherwise;
}

}  // namespace

Result<std::optional<RunRow>> Runs::find(store::Tx& tx, std::string_view run_id) const {
  static const std::string sql = fmt::format("SELECT {} FROM glue_runs WHERE id = $1", columns);
  return tx.one(sql, read_run, run_id);
}

Result<std::vector<RunRow>> Runs::list(store::Tx& tx, const Scope& scope, std::string_view job,
                                       std::int64_t before, int count) const {
  static const std::string all = fmt::format(
      "SELECT {} FROM glue_runs WHERE ($4 = 0 OR seq < $4) AND account = $1 AND region = $2"
      " AND $3 = '' ORDER BY seq DESC LIMIT $5",
      columns);
  static const std::string one = fmt::format(
      "SELECT {} FROM glue_runs WHERE account = $1 AND region = $2 AND job = $3"
      " AND ($4 = 0 OR seq < $4) ORDER BY seq DESC LIMIT $5",
      columns);
  return tx.all(job.empty() ? all : one, read_run, scope.account, scope.region, job, before, count);
}

Status Runs::insert(store::Tx& tx, RunRow run) {
  TM_FAILPOINT_CHECK("glue.run.insert");
  TM_CHECK(tx.exec(
      "INSERT INTO glue_runs (id, account, region, job, state, final, attempt, previous_id, given,"
      " arguments, settings, role, command, script, timeout_minutes, retries_max, trigger_source,"
      " event_id, rule_name, delivery, created_ms, modified_ms, error, chain) VALUES ($1, $2, $3,"
      " $4, $5, 0, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $20, '',"
      " $21)",
      run.id, run.scope.account, run.scope.region, run.job, text(run.state), run.attempt,
      run.previous_id, run.given, run.arguments, run.settings, run.role, run.command, run.script,
      run.timeout_minutes, run.retries_max, run.trigger_source, run.event_id, run.rule_name,
      run.delivery, run.created.ms, run.chain));
  TM_CHECK(count_active(tx, run, 1));
  auto launch = std::make_shared<const Launch>(launch_of(run));
  tx.on_commit([this, launch] { parts_.launcher.start(launch); });
  return {};
}

Result<std::string> Runs::start(store::Tx& tx, StartOrder order) {
  const auto plan = plan_of(order.job);
  TM_TRY(const auto occupied, occupancy_of(tx, order.job.scope, order.job.name));
  if (occupied && occupied->active >= plan.concurrent_max) {
    return refuse(Errc::conflict, "ConcurrentRunsExceededException", runs_exceeded(order.job.name));
  }
  const ArgumentLayers layers{plan.defaults, order.trigger.arguments, order.given, plan.fixed};
  const auto merged = merge_arguments(layers);
  auto settings = plan.settings;
  for (const auto& member : order.settings) settings[member.key()] = member.value();
  auto given = order.trigger.arguments;
  for (const auto& [name, value] : order.given) given[name] = value;
  RunRow run;
  run.id = "jr_" + random_hex(parts_.random, 32);
  run.scope = order.job.scope;
  run.job = order.job.name;
  run.given = arguments_json(given);
  run.arguments = arguments_json(merged);
  run.settings = json::dump(settings);
  run.role = plan.role_arn;
  run.command = plan.command;
  run.script = plan.script;
  run.timeout_minutes = timeout_of(order.settings, plan.timeout_minutes);
  run.retries_max = plan.retries_max;
  run.trigger_source = order.trigger.source;
  run.event_id = order.trigger.event_id;
  run.rule_name = order.trigger.rule_name;
  run.chain = order.trigger.chain;
  run.delivery = order.trigger.delivery;
  run.created = parts_.clock.now();
  TM_CHECK(insert(tx, run));
  if (!run.chain.empty() && follower_ != nullptr) {
    TM_CHECK(follower_->started(tx, key_of(order.trigger), run.id));
  }
  return run.id;
}

Status Runs::refused(store::Tx& tx, const Trigger& trigger) {
  if (trigger.chain.empty() || follower_ == nullptr) return {};
  return follower_->refused(tx, key_of(trigger));
}

Status Runs::stop(store::Tx& tx, const Scope& scope, std::string_view job,
                  std::string_view run_id) {
  TM_TRY(auto run, find(tx, run_id));
  if (!run || run->job != job || run->scope != scope) {
    return not_found(fmt::format("Job run {} not found.", run_id));
  }
  const auto step =
      advance({run->state, run->attempt, run->retries_max}, {.kind = RunEvent::Kind::stop_asked});
  if (!step) {
    return invalid_input(
        fmt::format("Job run {} is in state {} and can't be stopped.", run_id, text(run->state)));
  }
  TM_CHECK(tx.exec("UPDATE glue_runs SET state = $2, modified_ms = $3 WHERE id = $1", run_id,
                   text(step->state), parts_.clock.now().ms));
  tx.on_commit([this, id = run->id] { parts_.launcher.stop(id); });
  return {};
}

Task<Status> Runs::spawned(std::string run_id, Spawned facts) {
  auto change = [&](store::Tx& tx) -> Status {
    TM_TRY(const auto run, find(tx, run_id));
    if (!run) return not_found(fmt::format("Job run {} not found.", run_id));
    const auto step =
        advance({run->state, run->attempt, run->retries_max}, {.kind = RunEvent::Kind::spawned});
    const auto state = step ? step->state : run->state;
    TM_CHECK(
        tx.exec("UPDATE glue_runs SET state = $2, spawned_ms = $3, modified_ms = $3, pid = $4,"
                " pid_start = $5, boot_id = $6 WHERE id = $1",
                run_id, text(state), facts.at.ms, facts.process.pid, facts.process.start_ticks,
                facts.process.boot_id));
    return {};
  };
  const Status written = co_await parts_.store.write(change);
  (void)TM_FAILPOINT("glue.run.running");
  co_return written;
}

Task<Status> Runs::ended(std::string run_id, Ended facts) {
  (void)TM_FAILPOINT("glue.run.before_end");
  auto change = [&](store::Tx& tx) -> Status {
    TM_TRY(auto run, find(tx, run_id));
    if (!run) return not_found(fmt::format("Job run {} not found.", run_id));
    const auto step = advance({run->state, run->attempt, run->retries_max},
                              {.kind = RunEvent::Kind::ended, .end = facts.end});
    if (!step) return {};
    return finish(tx, *std::move(run), *step, facts);
  };
  const Status written = co_await parts_.store.write(change);
  (void)TM_FAILPOINT("glue.run.after_end");
  co_return written;
}

Status Runs::finish(store::Tx& tx, RunRow run, const RunStep& step, const Ended& facts) {
  run.state = step.state;
  run.error = step.error;
  TM_CHECK(
      tx.exec("UPDATE glue_runs SET state = $2, final = 1, error = $3, completed_ms = $4,"
              " modified_ms = $4, first_line_ms = $5 WHERE id = $1",
              run.id, text(step.state), step.error, facts.at.ms, facts.first_line));
  TM_CHECK(count_active(tx, run, -1));
  TM_CHECK(publish(tx, run));
  count(tx, run, facts.at);
  if (step.retry) TM_CHECK(retry(tx, run));
  TM_CHECK(make_room(tx, run.scope, run.job));
  // Last: what waited for the job's place was there before what follows from its end.
  if (step.retry || run.chain.empty() || follower_ == nullptr) return {};
  return follower_->ended(tx, run);
}

Status Runs::make_room(store::Tx& tx, const Scope& scope, std::string_view job) {
  // Rules may name the job without its account.
  TM_CHECK(parts_.bus.target_free(tx, job_arn({"", scope.region}, job)));
  return parts_.bus.target_free(tx, job_arn(scope, job));
}

Status Runs::retry(store::Tx& tx, const RunRow& run) {
  RunRow next = run;
  next.attempt = run.attempt + 1;
  next.id = attempt_id(run.id, next.attempt);
  next.previous_id = run.id;
  next.state = RunState::starting;
  next.error.clear();
  next.created = parts_.clock.now();
  next.spawned.reset();
  next.process.reset();
  TM_CHECK(insert(tx, next));
  if (run.chain.empty() || follower_ == nullptr) return {};
  return follower_->retried(tx, run, next.id);
}

Status Runs::publish(store::Tx& tx, const RunRow& run) {
  const auto change = state_change(run.state, run.error);
  if (!change) return {};
  events::Event event;
  event.time = parts_.clock.now();
  event.id = ordered_uuid(parts_.random, event.time);
  event.scope = run.scope;
  event.source = "aws.glue";
  event.detail_type = "Glue Job State Change";
  event.detail = json::dump(json::object{{"jobName", run.job},
                                         {"severity", change->severity},
                                         {"state", text(run.state)},
                                         {"jobRunId", run.id},
                                         {"message", change->message}});
  return parts_.bus.publish(tx, event);
}

/// Spark's names, since the platform's alarms ask for them: a run is one task.
void Runs::count(store::Tx& tx, const RunRow& run, TimeMs ended) const {
  if (parts_.meter == nullptr) return;
  const bool completed = run.state == RunState::succeeded;
  const bool failed = !completed && run.state != RunState::stopped;
  const auto elapsed = double(ended.ms - run.spawned.value_or(run.created).ms);
  auto tell = [this, scope = run.scope, job = run.job, id = run.id, completed, failed, elapsed] {
    for (const std::string_view run_id : {std::string_view("ALL"), std::string_view(id)}) {
      const std::pair<std::string_view, std::string_view> dimensions[] = {
          {"JobName", job}, {"JobRunId", run_id}, {"Type", "count"}};
      const auto add = [&](std::string_view name, double value, std::string_view unit) {
        parts_.meter->measure({scope, "Glue", name, dimensions, value, unit});
      };
      add("glue.driver.aggregate.numCompletedTasks", completed ? 1 : 0, "Count");
      add("glue.driver.aggregate.numFailedTasks", failed ? 1 : 0, "Count");
      add("glue.driver.aggregate.elapsedTime", elapsed, "Milliseconds");
    }
  };
  tx.on_commit(std::move(tell));
}

Task<Result<Launch>> Runs::load(std::string run_id) {
  auto query = [&](store::Tx& tx) -> Result<Launch> {
    TM_TRY(const auto run, find(tx, run_id));
    if (!run || is_final(run->state)) return not_found("the run is over");
    return launch_of(*run);
  };
  co_return co_await parts_.store.read(query);
}

Status Runs::recover(store::Tx& tx) {
  static const std::string sql =
      fmt::format("SELECT {} FROM glue_runs WHERE final = 0 ORDER BY seq", columns);
  TM_TRY(const auto open, tx.all(sql, read_run));
  std::vector<std::string> ids;
  for (const auto& run : open) ids.push_back(run.id);
  parts_.launcher.clean(std::move(ids));
  for (const auto& run : open) {
    if (run.state == RunState::starting) {
      parts_.launcher.resume(run.id);
    } else {
      parts_.launcher.adopt(std::make_shared<const Launch>(launch_of(run)));
    }
  }
  return {};
}

Result<std::map<std::string, std::int64_t>> Runs::count_open(store::Tx& tx) {
  std::map<std::string, std::int64_t> counts;
  const store::RowFn row = [&](const store::Row& r) {
    ++counts[r.text(0)];
    return true;
  };
  TM_CHECK(tx.each("SELECT state FROM glue_runs WHERE final = 0", row));
  return counts;
}

Status Runs::reset(store::Tx& tx) {
  for (const auto* table :
       {"glue_batches", "glue_actions", "glue_firings", "glue_workflow_runs", "glue_workflows",
        "glue_runs", "glue_triggers", "glue_tags", "glue_jobs"}) {
    TM_CHECK(tx.exec(fmt::format("DELETE FROM {}", table)));
  }
  tx.on_commit([this] { parts_.launcher.drop_all(); });
  return {};
}

bool JobTarget::takes(const Arn& arn) const {
  return arn.service == "glue" && arn.resource.starts_with("job/");
}

Result<events::Outcome> JobTarget::apply(store::Tx& tx, const events::Delivery& delivery) {
  using Kind = events::Outcome::Kind;
  const auto arn = Arn::parse(delivery.target_arn);
  TM_ASSERT(arn.has_value());
  const Scope scope{arn->account, arn->region};
  const auto name = std::string_view(arn->resource).substr(4);
  TM_TRY(const auto occupied, occupancy_of(tx, scope, name));
  if (!occupied) {
    TM_CHECK(runs_.refused(tx, trigger_of(delivery)));
    return events::Outcome{.kind = Kind::refused,
                           .code = "NO_RESOURCE",
                           .message = fmt::format("Glue job {} does not exist.", name)};
  }
  const auto full = full_.find(delivery.target_arn);
  const bool still_full = full != full_.end() && full->second.revision == occupied->revision &&
                          full->second.active <= occupied->active;
  if (still_full) return wait_for(name);
  TM_TRY(const auto job, require_job(tx, scope, name));
  auto input = parse_target_input(delivery);
  auto id = runs_.start(
      tx, {job, trigger_of(delivery), std::move(input.arguments), std::move(input.settings)});
  if (id) return events::Outcome{.result = *std::move(id)};
  if (id.error().name != "ConcurrentRunsExceededException") return std::unexpected(id.error());
  if (full_.size() >= full_max) full_.clear();
  full_[delivery.target_arn] = *occupied;
  return wait_for(name);
}

events::Outcome JobTarget::wait_for(std::string_view job) {
  return {.kind = events::Outcome::Kind::retry,
          .code = "RESOURCE_LIMIT_EXCEEDED",
          .message = runs_exceeded(job),
          .waits_for_target = true};
}

json::object shown_run(const RunRow& run) {
  const auto time = [](const std::optional<TimeMs>& t) {
    return t ? json::value(t->ms) : json::value(nullptr);
  };
  json::object shown{{"id", run.id},
                     {"job", run.job},
                     {"state", text(run.state)},
                     {"attempt", run.attempt},
                     {"trigger_source", run.trigger_source},
                     {"rule", run.rule_name},
                     {"trigger", run.chain.empty() ? std::string() : run.rule_name},
                     {"workflow_run", is_workflow_run(run.chain) ? run.chain : std::string()},
                     {"event_id", run.event_id},
                     {"delivery", run.delivery},
                     {"created_ms", run.created.ms},
                     {"spawned_ms", time(run.spawned)},
                     {"first_line_ms", time(run.first_line)},
                     {"completed_ms", time(run.completed)},
                     {"error", run.error}};
  const auto arguments = parse_arguments(run.arguments);
  if (const auto workflow = arguments.find("--WORKFLOW_NAME"); workflow != arguments.end()) {
    shown["workflow"] = workflow->second;
  }
  const auto bucket = arguments.find("--bucket"), key = arguments.find("--object_key");
  if (bucket != arguments.end() && key != arguments.end()) {
    shown["object"] = fmt::format("s3://{}/{}", bucket->second, key->second);
  }
  const auto batch = arguments.find("--batch_id"), count = arguments.find("--object_count");
  if (batch != arguments.end() && count != arguments.end()) {
    shown["object"] = fmt::format("{} files of batch {}", count->second, batch->second);
  }
  return shown;
}

}  // namespace tidemill::glue
