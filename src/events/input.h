/// What a target is given: the event as it is, a constant, a part of it, or a template filled from
/// it. Pure. (AWS: "Amazon EventBridge input transformation".)
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/json.h"
#include "base/time.h"

namespace tidemill::events {

/// At most one of the three is set.
struct InputSpec {
  std::optional<std::string> constant;  ///< Input
  std::optional<std::string> path;      ///< InputPath
  struct Transformer {
    std::map<std::string, std::string> paths;  ///< InputPathsMap
    std::string text;                          ///< InputTemplate
  };
  std::optional<Transformer> transformer;

  [[nodiscard]] bool whole_event() const noexcept { return !constant && !path && !transformer; }
};

/// The rule behind the reserved placeholders <aws.events.rule-arn> and their like.
struct InputContext {
  std::string rule_arn, rule_name;
  TimeMs ingestion_time;
};

/// The value at a JSON path ($, .name, ['name'], [index]), or nullptr where there is none.
[[nodiscard]] const json::value* at_path(const json::value& event, std::string_view path);

/// What EventBridge Scheduler's input may say, and is filled at each try.
inline constexpr std::string_view attempt_attribute = "<aws.scheduler.attempt-number>";
[[nodiscard]] std::string fill_attempt(std::string_view input, int attempt);

/// Checks what PutTargets is given. Fails with AWS's words, naming target `id`.
[[nodiscard]] Status check_input(const InputSpec& spec, std::string_view id);

/// The text for the target: JSON, as `envelope` is.
[[nodiscard]] std::string make_input(const InputSpec& spec, std::string_view envelope,
                                     const InputContext& context);

}  // namespace tidemill::events
