/// How a rule is shown. Pure: JSON in, text out.
#pragma once

#include <string>

#include "base/json.h"
#include "cli/render.h"

namespace tidemill::cli {

/// The "rule" of a story: its pattern, its targets and how its deliveries fared.
[[nodiscard]] std::string render_rule(const json::object& rule, Style style);

}  // namespace tidemill::cli
