/// A run's arguments: where they come from, how they are merged, and the argv they become. Pure.
/// (AWS: "Using job parameters in AWS Glue jobs".)
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "events/event.h"

namespace tidemill::glue {

/// By name, with its leading "--".
using Arguments = std::map<std::string, std::string, std::less<>>;

/// The map of all of them may have this many bytes.
constexpr std::size_t arguments_bytes_max = 260 * 1024;

/// The string members of a JSON object; other values as their JSON text, null as "".
[[nodiscard]] Arguments arguments_of(const json::object& object);
[[nodiscard]] std::string arguments_json(const Arguments& arguments);
/// Reads what arguments_json wrote.
[[nodiscard]] Arguments parse_arguments(std::string_view text);

/// What a target's input says to a job: arguments of its own, and members of StartJobRun.
struct TargetInput {
  Arguments arguments;
  json::object settings;  ///< Timeout, WorkerType, … where the input is a StartJobRun body.
};

/// Takes a map of "--name" arguments, {"Arguments": {…}} or a StartJobRun body; anything else,
/// the raw event above all, gives no arguments.
[[nodiscard]] TargetInput parse_target_input(const events::Delivery& delivery);

/// The value of --manifest where the run was started by a batch of files: the process gets the path
/// of the file of that name in the run's directory.
inline constexpr std::string_view manifest_name = "manifest.jsonl";
/// --object_keys is left out beyond this many bytes; the manifest has them all.
inline constexpr std::size_t object_keys_bytes_max = 8 * 1024;

/// What started a run, and the arguments that tell the job so.
struct Trigger {
  std::string source = "manual";  ///< s3_event, schedule, event, conditional or manual.
  std::string event_id, rule_name;
  /// Where a trigger started it: the chain of what descends from one start trigger, and which of
  /// the trigger's actions it is ("action-1").
  std::string chain, action;
  std::int64_t delivery = 0;
  Arguments arguments;  ///< --trigger_source, --bucket, --object_key, …; of a batch --manifest, …
};
[[nodiscard]] Trigger trigger_of(const events::Delivery& delivery);

/// The layers from weakest to strongest.
struct ArgumentLayers {
  const Arguments& defaults;  ///< The job's DefaultArguments.
  const Arguments& trigger;
  const Arguments& given;  ///< Of StartJobRun or of the target's input.
  const Arguments& fixed;  ///< The job's NonOverridableArguments.
};
[[nodiscard]] Arguments merge_arguments(const ArgumentLayers& layers);

struct ArgvFacts {
  std::string job_name, job_id, run_id;
  std::string manifest;          ///< What --manifest is, where its value is `manifest_name`.
  std::string temp_dir;          ///< Where the arguments name no --TempDir.
  bool is_python_shell = false;  ///< These get no --job-bookmark-option.
};
/// What follows the script in argv: "--name", value, … one element each, whatever is in them.
[[nodiscard]] std::vector<std::string> make_argv(const Arguments& arguments,
                                                 const ArgvFacts& facts);

}  // namespace tidemill::glue
