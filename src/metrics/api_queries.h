/// MetricDataQuery between the wire and the JSON in which alarms keep it. Pure.
#pragma once

#include "base/json.h"
#include "wire/gen/monitoring.h"

namespace tidemill::metrics {

/// Under AWS's names, only what was given.
[[nodiscard]] json::object to_json(const wire::monitoring::MetricDataQuery& query);
[[nodiscard]] wire::monitoring::MetricDataQuery query_to_wire(const json::object& query);

}  // namespace tidemill::metrics
