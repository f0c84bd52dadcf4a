/// What alarms do when their state changes, and what they say then. The server fills the interface:
/// it knows the topics.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "metrics/alarm.h"
#include "store/store.h"

namespace tidemill::metrics {

/// What an action is to tell.
struct AlarmNotice {
  Scope scope;  ///< The alarm's.
  std::string alarm_arn;
  std::string subject, message;  ///< As CloudWatch's mails and topics have them.
};

/// Commit thread.
class AlarmActions {
 public:
  virtual ~AlarmActions() = default;
  /// Performs `action` (an ARN) in `tx`, that of the change of state. Gives what stands against it,
  /// if anything does.
  virtual Result<std::optional<std::string>> perform(store::Tx& tx, const std::string& action,
                                                     const AlarmNotice& notice) = 0;
};

/// `ALARM: "name" in US East (N. Virginia)`, and the JSON with the alarm's settings and states.
/// (AWS: "Amazon SNS notification message of an alarm".) Pure.
[[nodiscard]] AlarmNotice notice_of(const Alarm& before, const Alarm& after);

/// "US East (N. Virginia)"; the code itself where it isn't one of AWS's.
[[nodiscard]] std::string_view region_name(std::string_view code);

}  // namespace tidemill::metrics
