#include "cli/render.h"

#include <algorithm>

#include <fmt/format.h>

#include "cli/fields.h"
#include "cli/render_deliveries.h"
#include "cli/render_rule.h"

namespace tidemill::cli {
namespace {

/// Characters that a terminal shows, taking a byte that continues one for none.
std::size_t width(std::string_view s) {
  return std::size_t(std::ranges::count_if(s, [](char c) { return (c & 0xC0) != 0x80; }));
}

std::string state_text(std::string_view state, Style style) {
  if (state == "SUCCEEDED" || state == "done") return style.good(state);
  if (state == "FAILED" || state == "TIMEOUT" || state == "ERROR" || state == "failed") {
    return style.bad(state);
  }
  return std::string(state);
}

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const auto line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    lines.emplace_back(line);
  }
  return lines;
}

void story_of_run(std::string& out, const json::object& run, Style style) {
  out +=
      fmt::format("        run {}  {}\n", text(run, "id"), state_text(text(run, "state"), style));
  const auto created = number(run, "created_ms");
  const auto after = [&](std::string_view what, std::string_view name) {
    const auto at = number(run, name);
    if (!at || !created) return;
    out += fmt::format("            {:<12} {}  {}\n", what, when(at),
                       style.faint("+" + duration_text(*at - *created)));
  };
  after("created", "created_ms");
  after("spawned", "spawned_ms");
  after("first line", "first_line_ms");
  after("ended", "completed_ms");
  if (const auto error = text(run, "error"); !error.empty()) {
    out += "            " + style.bad(error) + "\n";
  }
  for (const auto& value : list(run, "actions")) {
    const auto& action = value.as_object();
    out +=
        fmt::format("            {} of {}: {}  {}\n", text(action, "job"), text(action, "trigger"),
                    state_text(text(action, "state"), style), text(action, "run"));
  }
}

void story_of_delivery(std::string& out, const json::object& delivery, Style style) {
  const auto tries = number(delivery, "tries").value_or(0);
  out += fmt::format("      delivery {} to {}: {}", *number(delivery, "id"),
                     text(delivery, "target_arn"), state_text(text(delivery, "state"), style));
  if (tries > 0) out += fmt::format(" after {} {}", tries, tries == 1 ? "try" : "tries");
  out += "\n";
  if (const auto code = text(delivery, "code"); !code.empty()) {
    out += fmt::format("        {} {}\n", style.bad(code), text(delivery, "message"));
  }
  const bool pending = text(delivery, "state") == "pending";
  if (pending && !number(delivery, "due_ms")) out += "        on its way to the target\n";
  if (!child(delivery, "run") && !text(delivery, "result").empty()) {
    out += "        " + text(delivery, "result") + "\n";
  }
  if (const auto* batch = child(delivery, "batch")) {
    for (const auto& line : lines_of(render_batch(*batch, style))) {
      out += fmt::format("        {}\n", line);
    }
  }
  if (const auto due = number(delivery, "due_ms")) {
    out += truth(delivery, "waits") ? fmt::format("        waits for the target to have room\n")
                                    : fmt::format("        next try at {}\n", when(due));
  }
  if (const auto* run = child(delivery, "run")) story_of_run(out, *run, style);
}

void story_of_rule(std::string& out, const json::object& rule, Style style) {
  const bool matched = truth(rule, "matched");
  const auto kind = text(rule, "kind");
  out +=
      fmt::format("    {} {}: {}\n", kind.empty() ? "rule" : kind, style.strong(text(rule, "name")),
                  matched ? style.good("matched") : style.faint("no match"));
  if (truth(rule, "existed") && !truth(rule, "enabled")) out += "      the rule was disabled\n";
  if (!matched) {
    if (const auto why = text(rule, "why"); !why.empty()) out += "      " + why + "\n";
  }
  if (const auto note = text(rule, "note"); !note.empty()) out += "      " + note + "\n";
  for (const auto& delivery : list(rule, "deliveries")) {
    story_of_delivery(out, delivery.as_object(), style);
  }
}

void story_of_event(std::string& out, const json::object& event, Style style) {
  out += fmt::format("\n  {} {}  {}\n", style.strong(text(event, "detail_type")), text(event, "id"),
                     when(number(event, "published_ms")));
  for (const auto& rule : list(event, "rules")) story_of_rule(out, rule.as_object(), style);
  if (list(event, "rules").empty()) out += "    there is no rule on its bus\n";
}

void story_of_object(std::string& out, const json::object& object, Style style) {
  out += style.strong(text(object, "uri")) + "\n";
  if (truth(object, "exists")) {
    out +=
        fmt::format("  object: {} bytes, etag {}, stored {}\n", number(object, "size").value_or(0),
                    text(object, "etag"), when(number(object, "last_modified_ms")));
  } else {
    out += truth(object, "bucket_exists") ? "  object: not there (any more)\n"
                                          : "  bucket: does not exist\n";
  }
  if (truth(object, "bucket_exists") && !truth(object, "eventbridge")) {
    out += style.bad(
        "  the bucket doesn't send events: put its notification configuration "
        "with EventBridgeConfiguration\n");
  }
}

}  // namespace

std::string Style::paint(std::string_view t, std::string_view code) const {
  return colour ? fmt::format("\x1b[{}m{}\x1b[0m", code, t) : std::string(t);
}

std::string duration_text(std::int64_t ms) {
  if (ms < 1000) return fmt::format("{} ms", ms);
  if (ms < 60'000) return fmt::format("{:.2f} s", double(ms) / 1000);
  return fmt::format("{} min {} s", ms / 60'000, ms / 1000 % 60);
}

std::string table(const std::vector<std::string>& head,
                  const std::vector<std::vector<std::string>>& rows, Style style) {
  std::vector<std::size_t> widths;
  for (const auto& cell : head) widths.push_back(width(cell));
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width(row[i]));
  }
  std::string out;
  const auto line = [&](const std::vector<std::string>& cells, auto&& paint) {
    for (std::size_t i = 0; i < cells.size(); ++i) {
      out += paint(cells[i]);
      if (i + 1 < cells.size()) out.append(widths[i] - width(cells[i]) + 2, ' ');
    }
    out += '\n';
  };
  line(head, [&](const std::string& cell) { return style.strong(cell); });
  for (const auto& row : rows) {
    line(row, [&](const std::string& cell) { return state_text(cell, style); });
  }
  return out;
}

std::string render_runs(const json::object& answer, Style style) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& value : list(answer, "runs")) {
    const auto& run = value.as_object();
    const auto created = number(run, "created_ms"), ended = number(run, "completed_ms");
    rows.push_back({text(run, "id"), text(run, "job"), text(run, "state"),
                    text(run, "trigger_source"), when(created),
                    created && ended ? duration_text(*ended - *created) : "-",
                    text(run, "object").empty() ? text(run, "error") : text(run, "object")});
  }
  if (rows.empty()) return "no runs yet\n";
  return table({"RUN", "JOB", "STATE", "STARTED BY", "CREATED (UTC)", "TOOK", "OBJECT"}, rows,
               style);
}

std::string render_story(const json::object& story, Style style) {
  std::string out;
  if (const auto* object = child(story, "object")) story_of_object(out, *object, style);
  if (const auto* rule = child(story, "rule")) out += render_rule(*rule, style);
  if (story.contains("deliveries")) out += "\n" + render_deliveries(story, style);
  if (const auto* delivery = child(story, "delivery")) out += render_delivery(*delivery, style);
  if (const auto* run = child(story, "run")) story_of_run(out, *run, style);
  for (const auto& event : list(story, "events")) story_of_event(out, event.as_object(), style);
  if (story.contains("object") && list(story, "events").empty()) {
    out += "  no event was published for it\n";
  }
  if (const auto conclusion = text(story, "conclusion"); !conclusion.empty()) {
    out += "\n" + style.strong(conclusion) + "\n";
  }
  return out;
}

}  // namespace tidemill::cli
