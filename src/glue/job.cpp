#include "glue/job.h"

#include <array>
#include <cmath>

#include <fmt/format.h>

#include "base/digest.h"
#include "glue/refusal.h"

namespace tidemill::glue {
namespace {

constexpr int timeout_minutes_max = 7 * 24 * 60;

std::string_view text_at(const json::object& object, std::string_view outer,
                         std::string_view inner) {
  const auto* member = object.if_contains(boost::json::string_view(outer.data(), outer.size()));
  const auto* nested = member != nullptr ? member->if_object() : nullptr;
  return nested != nullptr ? json::text_or_empty(*nested, inner) : std::string_view();
}

double number_or(const json::object& object, const char* name, double otherwise) {
  const auto* member = object.if_contains(name);
  if (member == nullptr || !member->is_number()) return otherwise;
  return member->to_number<double>();
}

bool has(const json::object& object, const char* name) {
  const auto* member = object.if_contains(name);
  return member != nullptr && !member->is_null();
}

Arguments arguments_at(const json::object& object, const char* name) {
  const auto* member = object.if_contains(name);
  const auto* map = member != nullptr ? member->if_object() : nullptr;
  return map != nullptr ? arguments_of(*map) : Arguments();
}

/// DPUs of one worker (AWS: "WorkerType").
double worker_dpus(std::string_view type) {
  constexpr std::array<std::pair<std::string_view, double>, 12> table = {{{"Standard", 1},
                                                                          {"G.025X", 0.25},
                                                                          {"G.1X", 1},
                                                                          {"G.2X", 2},
                                                                          {"G.4X", 4},
                                                                          {"G.8X", 8},
                                                                          {"G.12X", 12},
                                                                          {"G.16X", 16},
                                                                          {"R.1X", 1},
                                                                          {"R.2X", 2},
                                                                          {"R.4X", 4},
                                                                          {"R.8X", 8}}};
  for (const auto& [name, dpus] : table) {
    if (name == type) return dpus;
  }
  return 1;
}

bool is_python_shell(const json::object& definition) {
  return text_at(definition, "Command", "Name") == "pythonshell";
}

std::string glue_version(const json::object& definition) {
  const auto given = json::text_or_empty(definition, "GlueVersion");
  if (!given.empty()) return std::string(given);
  return is_python_shell(definition) ? "" : "5.1";
}

int default_timeout(const json::object& definition) {
  const std::string version = glue_version(definition);
  const bool is_new = !version.empty() && version[0] >= '5';
  return is_new ? 480 : 2880;
}

double capacity(const json::object& definition) {
  if (has(definition, "MaxCapacity")) return number_or(definition, "MaxCapacity", 0);
  if (has(definition, "NumberOfWorkers")) {
    const auto type = json::text_or_empty(definition, "WorkerType");
    return worker_dpus(type) * number_or(definition, "NumberOfWorkers", 0);
  }
  if (has(definition, "AllocatedCapacity")) return number_or(definition, "AllocatedCapacity", 0);
  return is_python_shell(definition) ? 0.0625 : 10;
}

void put_default(json::object& object, std::string_view name, json::value value) {
  const boost::json::string_view key(name.data(), name.size());
  const auto* given = object.if_contains(key);
  if (given == nullptr || given->is_null()) object.insert_or_assign(key, std::move(value));
}

double seconds(TimeMs t) { return static_cast<double>(t.ms) / 1000.0; }

/// The members that a job and its runs show alike.
void put_common_defaults(json::object& object, const json::object& definition) {
  const double dpus = capacity(definition);
  put_default(object, "MaxCapacity", dpus);
  put_default(object, "AllocatedCapacity", static_cast<std::int64_t>(std::floor(dpus)));
  put_default(object, "Timeout", default_timeout(definition));
  const std::string version = glue_version(definition);
  if (!version.empty()) put_default(object, "GlueVersion", json::string(version));
}

}  // namespace

std::string job_arn(const Scope& scope, std::string_view name) {
  return make_arn("glue", scope, fmt::format("job/{}", name));
}

std::string role_arn(std::string_view role, std::string_view account) {
  if (role.starts_with("arn:")) return std::string(role);
  return fmt::format("arn:aws:iam::{}:role/{}", account, role);
}

std::string job_id(const Scope& scope, std::string_view name) {
  return "j_" + sha256_hex(job_arn(scope, name));
}

Status check_definition(const json::object& definition) {
  const auto command = text_at(definition, "Command", "Name");
  constexpr std::array<std::string_view, 3> known = {"glueetl", "gluestreaming", "pythonshell"};
  if (!command.empty() && std::ranges::find(known, command) == known.end()) {
    return invalid_input(fmt::format(
        "Command name should be one of glueetl, gluestreaming, pythonshell, but is {}", command));
  }
  const bool has_workers = has(definition, "WorkerType") || has(definition, "NumberOfWorkers");
  if (has(definition, "MaxCapacity") && has_workers) {
    return invalid_input(
        "Please do not set Max Capacity if using Worker Type and Number of Workers.");
  }
  if (number_or(definition, "Timeout", 1) > timeout_minutes_max) {
    return invalid_input(
        fmt::format("Timeout value must be at most {} minutes", timeout_minutes_max));
  }
  for (const char* map : {"DefaultArguments", "NonOverridableArguments"}) {
    for (const auto& [name, value] : arguments_at(definition, map)) {
      if (name.find('\0') != std::string::npos || value.find('\0') != std::string::npos) {
        return invalid_input(fmt::format("{} must not contain a NUL character", map));
      }
    }
  }
  return {};
}

json::object shown_job(const Job& job) {
  json::object shown = job.definition;
  shown["Name"] = json::string(job.name);
  shown["CreatedOn"] = seconds(job.created);
  shown["LastModifiedOn"] = seconds(job.modified);
  put_default(shown, "JobMode", json::string("SCRIPT"));
  put_default(shown, "ExecutionProperty", json::object{{"MaxConcurrentRuns", 1}});
  put_default(shown, "MaxRetries", 0);
  put_common_defaults(shown, job.definition);
  return shown;
}

JobPlan plan_of(const Job& job) {
  const json::object& d = job.definition;
  JobPlan plan{.name = job.name,
               .role_arn = role_arn(json::text_or_empty(d, "Role"), job.scope.account),
               .command = std::string(text_at(d, "Command", "Name")),
               .script = std::string(text_at(d, "Command", "ScriptLocation")),
               .python_version = std::string(text_at(d, "Command", "PythonVersion")),
               .defaults = arguments_at(d, "DefaultArguments"),
               .fixed = arguments_at(d, "NonOverridableArguments")};
  if (plan.command.empty()) plan.command = "glueetl";
  if (const auto* property = d.if_contains("ExecutionProperty");
      property && property->is_object()) {
    plan.concurrent_max =
        static_cast<int>(number_or(property->get_object(), "MaxConcurrentRuns", 1));
  }
  plan.retries_max = static_cast<int>(number_or(d, "MaxRetries", 0));
  plan.timeout_minutes = static_cast<int>(number_or(d, "Timeout", default_timeout(d)));
  constexpr std::array kept = {"MaxCapacity",          "WorkerType",     "NumberOfWorkers",
                               "GlueVersion",          "Timeout",        "SecurityConfiguration",
                               "NotificationProperty", "ExecutionClass", "MaintenanceWindow",
                               "AllocatedCapacity",    "JobMode",        "JobRunQueuingEnabled"};
  for (const char* name : kept) {
    if (has(d, name)) plan.settings[name] = *d.if_contains(name);
  }
  put_common_defaults(plan.settings, d);
  put_default(plan.settings, "JobMode", json::string("SCRIPT"));
  const bool is_shell = plan.command == "pythonshell";
  plan.settings["LogGroupName"] = is_shell ? "/aws-glue/python-jobs" : "/aws-glue/jobs";
  plan.settings_text = json::dump(plan.settings);
  return plan;
}

}  // namespace tidemill::glue
