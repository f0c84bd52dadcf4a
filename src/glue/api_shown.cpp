#include "glue/api_shown.h"

#include <charconv>

#include "glue/refusal.h"
#include "wire/json_codec.h"

namespace tidemill::glue {

namespace w = wire::glue;

Result<w::JobRun> job_run_of(const RunRow& run, TimeMs now) {
  w::JobRun out;
  TM_CHECK(wire::decode_json(
      run.settings, wire::member_shape(*w::op::GetJobRun::operation.output, "JobRun"), &out));
  out.Id = run.id;
  out.Attempt = run.attempt;
  if (!run.previous_id.empty()) out.PreviousRunId = run.previous_id;
  out.JobName = run.job;
  out.StartedOn = run.created;
  out.LastModifiedOn = run.modified;
  out.CompletedOn = run.completed;
  out.JobRunState = std::string(text(run.state));
  const auto given = parse_arguments(run.given);
  if (!given.empty()) out.Arguments.emplace(given.begin(), given.end());
  if (const auto trigger = given.find("--trigger_name"); trigger != given.end()) {
    out.TriggerName = trigger->second;
  }
  if (!run.error.empty()) out.ErrorMessage = run.error;
  out.PredecessorRuns.emplace();
  out.Timeout = run.timeout_minutes;
  // Whole seconds since it was RUNNING.
  const auto until = run.completed.value_or(now);
  out.ExecutionTime = run.spawned ? int((until.ms - run.spawned->ms) / 1000) : 0;
  return out;
}

Result<w::Trigger> trigger_shape_of(const JobTrigger& trigger) {
  w::Trigger out;
  TM_CHECK(wire::decode_json(json::dump(shown_trigger(trigger)),
                             wire::member_shape(*w::op::GetTrigger::operation.output, "Trigger"),
                             &out));
  return out;
}

w::ErrorDetail detail_of(const Error& error) {
  w::ErrorDetail detail;
  detail.ErrorCode = std::string(aws_name(error));
  detail.ErrorMessage = error.message;
  return detail;
}

std::optional<std::int64_t> number_of(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool is_whole = error == std::errc() && end == text.data() + text.size() && number >= 0;
  return is_whole ? std::optional(number) : std::nullopt;
}

Result<std::int64_t> position_of(const std::optional<std::string>& token) {
  if (!token) return 0;
  const auto position = number_of(*token);
  if (position && *position > 0) return *position;
  return invalid_input("The provided NextToken is not valid.");
}

}  // namespace tidemill::glue
