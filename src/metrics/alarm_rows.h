/// Alarms as rows of the store. Internal to metrics/.
#pragma once

#include "metrics/alarm.h"
#include "store/store.h"

namespace tidemill::metrics {

/// What read_alarm reads, in its order.
inline constexpr std::string_view alarm_columns =
    "id, account, region, name, settings, actions_enabled, state, reason, reason_data, state_ms,"
    " changed_ms, configured_ms, revision, is_composite, suppressor, suppressed_by,"
    " suppressed_until_ms, untold";

[[nodiscard]] Alarm read_alarm(const store::Row& row);

}  // namespace tidemill::metrics
