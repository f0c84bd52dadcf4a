/// Alarms between the wire and the settings that the book keeps. Internal to metrics/; pure.
#pragma once

#include "metrics/alarm.h"
#include "wire/gen/monitoring.h"

namespace tidemill::metrics {

namespace w = wire::monitoring;

[[nodiscard]] Tags tags_of(const std::optional<std::vector<w::Tag>>& given);

/// What a request gives, under AWS's names.
[[nodiscard]] Result<json::object> settings_of(const w::PutMetricAlarmInput& request);
[[nodiscard]] Result<json::object> settings_of(const w::PutCompositeAlarmInput& request);

/// Adds an alarm to the list of its kind, which must be there.
void show(const Alarm& alarm, w::DescribeAlarmsOutput& response);
/// Its name, ARN and state only.
void show_briefly(const Alarm& alarm, w::DescribeAlarmsOutput& response);

}  // namespace tidemill::metrics
