/// A job's definition: AWS's own members, kept as they were given, and what a run needs of them.
/// Pure.
#pragma once

#include <string>
#include <string_view>

#include "base/arn.h"
#include "base/json.h"
#include "base/time.h"
#include "glue/arguments.h"

namespace tidemill::glue {

struct Job {
  Scope scope;
  std::string name;
  json::object definition;  ///< The members of AWS's JobUpdate that were given.
  std::string revision;     ///< New with every change.
  TimeMs created, modified;
};

/// arn:aws:glue:REGION:ACCOUNT:job/NAME.
[[nodiscard]] std::string job_arn(const Scope& scope, std::string_view name);
/// The ARN of `role`, which is one already or a role's name in `account`.
[[nodiscard]] std::string role_arn(std::string_view role, std::string_view account);
/// "j_" and 64 hex digits that stay the same for a job.
[[nodiscard]] std::string job_id(const Scope& scope, std::string_view name);

/// Refuses a definition as AWS does (InvalidInputException).
[[nodiscard]] Status check_definition(const json::object& definition);

/// AWS's Job: the definition, its name and times, and the defaults that AWS shows. Times are
/// seconds, as the JSON protocol has them.
[[nodiscard]] json::object shown_job(const Job& job);

/// What starting a run needs, worked out once per revision. Immutable.
struct JobPlan {
  std::string name, role_arn, command, script, python_version;
  Arguments defaults, fixed;
  int concurrent_max = 1;
  int retries_max = 0;
  int timeout_minutes = 0;
  json::object settings;      ///< The members of AWS's JobRun that come from the job.
  std::string settings_text;  ///< The same as JSON.
};
[[nodiscard]] JobPlan plan_of(const Job& job);

}  // namespace tidemill::glue
