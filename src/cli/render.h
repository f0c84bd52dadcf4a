/// How the commands show what they know: tables and the story of an object, coloured on a terminal.
/// Pure: JSON in, text out.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace tidemill::cli {

/// Colours, or none of them.
struct Style {
  bool colour = false;
  [[nodiscard]] std::string paint(std::string_view text, std::string_view code) const;
  [[nodiscard]] std::string good(std::string_view text) const { return paint(text, "32"); }
  [[nodiscard]] std::string bad(std::string_view text) const { return paint(text, "31"); }
  [[nodiscard]] std::string faint(std::string_view text) const { return paint(text, "2"); }
  [[nodiscard]] std::string strong(std::string_view text) const { return paint(text, "1"); }
};

/// Columns as wide as their widest cell; the last is not padded.
[[nodiscard]] std::string table(const std::vector<std::string>& head,
                                const std::vector<std::vector<std::string>>& rows, Style style);

/// The runs of GET /_tidemill/api/runs as a table.
[[nodiscard]] std::string render_runs(const json::object& answer, Style style);

/// The story of GET /_tidemill/api/explain: of an object, a run, a delivery, an event or a rule.
[[nodiscard]] std::string render_story(const json::object& story, Style style);

/// "1.24 s", "83 ms", "2 min 5 s".
[[nodiscard]] std::string duration_text(std::int64_t ms);

}  // namespace tidemill::cli
