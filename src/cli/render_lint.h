/// How `tidemill rules lint` shows its findings. Pure: JSON in, text out.
#pragma once

#include <string>

#include "base/json.h"
#include "cli/render.h"

namespace tidemill::cli {

/// The findings of GET /_tidemill/api/lint, a paragraph each, and a line that counts them.
[[nodiscard]] std::string render_lint(const json::object& answer, Style style);

}  // namespace tidemill::cli
