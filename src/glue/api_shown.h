/// AWS's shapes of what the store keeps, as several operations show them.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "glue/runs.h"
#include "glue/trigger.h"
#include "wire/gen/glue.h"

namespace tidemill::glue {

[[nodiscard]] Result<wire::glue::JobRun> job_run_of(const RunRow& run, TimeMs now);
[[nodiscard]] Result<wire::glue::Trigger> trigger_shape_of(const JobTrigger& trigger);

/// Why an entry of a batch failed.
[[nodiscard]] wire::glue::ErrorDetail detail_of(const Error& error);

/// A whole number from 0; nullopt for any other text.
[[nodiscard]] std::optional<std::int64_t> number_of(std::string_view text);
/// The number that a NextToken stands for: of the last row of the page before; 0 for the first
/// page. Fails with InvalidInputException.
[[nodiscard]] Result<std::int64_t> position_of(const std::optional<std::string>& token);

}  // namespace tidemill::glue
