/// What a schedule of EventBridge Scheduler says, read from AWS's JSON of it; and what its target
/// comes to when it fires. Pure. (AWS: "CreateSchedule", "Using universal targets", "Adding context
/// attributes".)
#pragma once

#include <optional>
#include <string>

#include "base/arn.h"
#include "base/json.h"
#include "base/time.h"
#include "events/retry.h"

namespace tidemill::schedule {

struct Definition {
  std::string expression, zone = "UTC";
  std::optional<TimeMs> start, end;
  bool enabled = true, delete_after = false;
  std::int64_t window_ms = 0;  ///< FlexibleTimeWindow.
  std::string target_arn, role_arn, dead_letter_arn;
  std::string group_id;  ///< SqsParameters.MessageGroupId
  std::optional<std::string> input;
  std::string event_source, event_detail_type;  ///< EventBridgeParameters
  events::RetryPolicy retry;

  static Result<Definition> parse(std::string_view text);
};

/// A target as the hub reaches it: a universal target is turned into the resource that it acts on.
struct Call {
  std::string arn;
  std::optional<std::string> input;
};

/// Fails with a ValidationException, for what isn't served and for input that doesn't fit.
[[nodiscard]] Result<Call> call_of(const Definition& definition, const Scope& scope);

/// What the attributes of an input stand for.
struct Attributes {
  std::string schedule_arn;
  TimeMs planned;
  std::string execution_id;
};
/// `input` with <aws.scheduler.schedule-arn> and its like filled, but for the attempt's number.
[[nodiscard]] std::string fill_attributes(std::string_view input, const Attributes& attributes);

}  // namespace tidemill::schedule
