#include "cli/schedule_text.h"

#include <fmt/format.h>

#include "base/time.h"
#include "cli/fields.h"

namespace tidemill::cli {
namespace {

std::string head(const json::object& answer, Style style) {
  auto out = style.strong(text(answer, "arn")) + "\n";
  out += fmt::format("  {}  {}{}", text(answer, "expression"), text(answer, "timezone"),
                     style.faint(fmt::format(", zone data {}", text(answer, "zone_data"))));
  const auto* enabled = answer.if_contains("enabled");
  if (enabled != nullptr && enabled->is_bool() && !enabled->get_bool()) {
    out += "  " + style.bad("disabled");
  }
  out += "\n";
  for (const auto* name : {"start", "end", "policy"}) {
    if (const auto value = text(answer, name); !value.empty()) {
      out += fmt::format("  {} {}\n", name, value);
    }
  }
  if (const auto spread = number(answer, "spread_s").value_or(0); spread > 0) {
    out += fmt::format("  runs {} s after each time (its place in the spread)\n", spread);
  }
  return out;
}

std::string coming(const json::object& answer, Style style) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& next : list(answer, "next")) {
    rows.push_back({text(next.as_object(), "local"), text(next.as_object(), "utc")});
  }
  std::string out = rows.empty() ? "" : table({"NEXT, LOCAL", "UTC"}, rows, style);
  for (const auto& note : list(answer, "notes")) {
    out += style.faint(fmt::format("note: {}", json::view(note.as_string()))) + "\n";
  }
  return out;
}

std::string outcome_of(const json::object& row) {
  auto out = text(row, "reason");
  for (const auto& given : list(row, "deliveries")) {
    const auto& delivery = given.as_object();
    if (!out.empty()) out += "; ";
    out += text(delivery, "state");
    for (const auto* name : {"result", "code", "message"}) {
      if (const auto value = text(delivery, name); !value.empty()) out += " " + value;
    }
  }
  return out;
}

}  // namespace

std::string render_preview(const json::object& answer, Style style) {
  return head(answer, style) + "\n" + coming(answer, style);
}

std::string render_explain(const json::object& answer, Style style) {
  auto out = head(answer, style) + "\n";
  if (const auto verdict = text(answer, "verdict"); !verdict.empty()) {
    out += style.strong(verdict) + "\n\n";
  }
  std::vector<std::vector<std::string>> rows;
  for (const auto& given : list(answer, "history")) {
    const auto& row = given.as_object();
    const bool ran = row.contains("lateness_ms");
    rows.push_back({text(row, "local"), text(row, "fate"),
                    ran ? duration_text(number(row, "lateness_ms").value_or(0)) : "",
                    outcome_of(row)});
  }
  out += rows.empty() ? "nothing was due yet\n"
                      : table({"PLANNED", "BECAME", "LATE BY", "WHY"}, rows, style);
  return out + "\n" + coming(answer, style);
}

std::string render_run_now(const json::object& answer, Style) {
  return fmt::format("started {}; see tidemill schedule explain {}\n", text(answer, "arn"),
                     text(answer, "arn"));
}

std::string render_backfill(const json::object& answer, Style) {
  const auto& runs = list(answer, "runs");
  const auto* dry = answer.if_contains("dry_run");
  const bool is_dry = dry != nullptr && dry->is_bool() && dry->get_bool();
  std::string out;
  for (const auto& at : runs) out += fmt::format("{}\n", json::view(at.as_string()));
  return out + fmt::format("{} runs{}\n", runs.size(), is_dry ? " (dry run: none started)" : "");
}

std::string render_heatmap(const json::object& answer, Style style) {
  static constexpr std::array<std::string_view, 5> shades = {"·", "░", "▒", "▓", "█"};
  const auto& hours = list(answer, "hours");
  std::int64_t most = 1;
  for (const auto& hour : hours) most = std::max(most, hour.to_number<std::int64_t>());
  const auto from = parse_iso(text(answer, "from")).value_or(TimeMs{0});
  std::string out = fmt::format("{} schedules; the most starts in one minute: {}\n\n",
                                number(answer, "schedules").value_or(0), most);
  out += style.faint(fmt::format("{:<22}each character is an hour, UTC\n", "DAY FROM"));
  for (std::size_t i = 0; i < hours.size(); ++i) {
    if (i % 24 == 0) {
      out +=
          fmt::format("{:<22}", iso_seconds({from.ms + std::int64_t(i) * 3'600'000}).substr(0, 16));
    }
    const auto count = hours[i].to_number<std::int64_t>();
    const auto shade = count == 0 ? 0 : 1 + (count - 1) * 4 / std::max<std::int64_t>(most, 4);
    out += shades[std::min<std::size_t>(std::size_t(shade), shades.size() - 1)];
    if (i % 24 == 23) out += "\n";
  }
  std::vector<std::vector<std::string>> rows;
  for (const auto& given : list(answer, "worst")) {
    const auto& minute = given.as_object();
    const auto limit = number(minute, "limit").value_or(0);
    rows.push_back({text(minute, "time"), fmt::format("{}", number(minute, "days").value_or(0)),
                    fmt::format("{}", number(minute, "starts").value_or(0)),
                    limit > 0 ? fmt::format("{}", limit) : "-", text(minute, "target"),
                    text(minute, "proposal")});
  }
  if (!rows.empty()) {
    out += "\n" +
           table({"WORST MINUTES", "DAYS", "STARTS", "LIMIT", "TARGET", "PROPOSAL"}, rows, style);
  }
  return out;
}

std::string render_zones(const json::object& answer, Style) {
  return fmt::format("zone data {}; {} schedules have another next time now\n",
                     text(answer, "zone_data"), number(answer, "replanned").value_or(0));
}

}  // namespace tidemill::cli
