/// How `tidemill rules lint` and `tidemill doctor` show their findings. Pure: JSON in, text out.
#pragma once

#include <string>

#include "base/json.h"
#include "cli/render.h"

namespace tidemill::cli {

/// The findings of GET /_tidemill/api/lint, a paragraph each, and a line that counts them.
[[nodiscard]] std::string render_lint(const json::object& answer, Style style);

/// The checks of GET /_tidemill/api/doctor, a line each with its findings under it.
[[nodiscard]] std::string render_doctor(const json::object& answer, Style style);

}  // namespace tidemill::cli
