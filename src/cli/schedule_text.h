/// How `tidemill schedule …` shows what the server told it. Pure: JSON in, text out.
#pragma once

#include <string>

#include "base/json.h"
#include "cli/render.h"

namespace tidemill::cli {

[[nodiscard]] std::string render_preview(const json::object& answer, Style style);
[[nodiscard]] std::string render_explain(const json::object& answer, Style style);
[[nodiscard]] std::string render_run_now(const json::object& answer, Style style);
[[nodiscard]] std::string render_backfill(const json::object& answer, Style style);
/// A day a line, an hour a character; below it the ten worst minutes.
[[nodiscard]] std::string render_heatmap(const json::object& answer, Style style);
[[nodiscard]] std::string render_zones(const json::object& answer, Style style);

}  // namespace tidemill::cli
