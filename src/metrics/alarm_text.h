/// What an alarm's history and event say: JSON with CloudWatch's fields. Pure.
#pragma once

#include <string>
#include <string_view>

#include "metrics/alarm.h"

namespace tidemill::metrics {

/// "2024-01-15T09:30:15.000+0000", as CloudWatch writes times in JSON.
[[nodiscard]] std::string stamp(TimeMs t);
/// As Java prints a double, and so CloudWatch: "21.5", "0.0", "1.2E7".
[[nodiscard]] std::string number_text(double value);

/// HistoryData of "Alarm … created", "updated", "deleted"; `what` is Create, Update or Delete.
[[nodiscard]] std::string configuration_data(const Alarm& alarm, std::string_view what);
[[nodiscard]] std::string state_update_data(const Alarm& before, const Alarm& after);
/// Of an action that published `message`, or couldn't for a reason.
[[nodiscard]] std::string action_data(const Alarm& alarm, std::string_view action,
                                      std::string_view message,
                                      const std::optional<std::string>& failure);
/// Of actions that wait.
[[nodiscard]] std::string suppressed_data(const Alarm& alarm);
/// The detail of "CloudWatch Alarm State Change". `query_id` names its metric query.
[[nodiscard]] std::string state_change_detail(const Alarm& before, const Alarm& after,
                                              std::string_view query_id);

/// Why a composite alarm changed: "ARN transitioned to ALARM at Friday 22 July, 2022 15:57:45 UTC".
[[nodiscard]] std::string transition_text(const Alarm& cause);
/// The StateReasonData of a composite alarm.
[[nodiscard]] std::string triggering_data(const Alarm& cause);

}  // namespace tidemill::metrics
