#include "cli/render_deliveries.h"

#include <fmt/format.h>

#include "cli/fields.h"

namespace tidemill::cli {
namespace {

/// "closes in 12.40 s".
std::string countdown(std::int64_t at_ms) {
  const auto left = at_ms - SystemClock().now().ms;
  return left > 0 ? "closes in " + duration_text(left) : "closes now";
}

/// What it came to, or what it waits for.
std::string outcome(const json::object& delivery) {
  if (text(delivery, "state") == "done") return text(delivery, "result");
  if (const auto* batch = child(delivery, "batch"); text(delivery, "state") == "batched" && batch) {
    const auto id = number(*batch, "id").value_or(0);
    if (!text(*batch, "reason").empty()) return fmt::format("with delivery {}", id);
    const auto closes = number(*batch, "closes_ms");
    return fmt::format("in batch {} ({} so far), {}", id, number(*batch, "files").value_or(0),
                       closes ? countdown(*closes) : "which no time ends");
  }
  if (truth(delivery, "waits")) return "waits for the target to have room";
  const auto due = number(delivery, "due_ms");
  if (text(delivery, "state") == "pending" && !due) return "on its way to the target";
  const auto why = fmt::format("{} {}", text(delivery, "code"), text(delivery, "message"));
  return due ? fmt::format("next try {}: {}", when(due), why) : why;
}

std::string events_shown(const json::object& answer, bool compared, Style style) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& value : list(answer, "events")) {
    const auto& event = value.as_object();
    std::vector<std::string> row{
        when(number(event, "published_ms")), text(event, "detail_type"),
        text(event, "subject").empty() ? text(event, "id") : text(event, "subject")};
    if (compared) row.insert(row.begin(), text(event, "change"));
    rows.push_back(std::move(row));
  }
  if (rows.empty()) return {};
  std::vector<std::string> head{"PUBLISHED (UTC)", "EVENT", "OF"};
  if (compared) head.insert(head.begin(), "CHANGE");
  return table(head, rows, style) + "\n";
}

}  // namespace

std::string render_deliveries(const json::object& answer, Style style) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& value : list(answer, "deliveries")) {
    const auto& delivery = value.as_object();
    rows.push_back({std::to_string(*number(delivery, "id")), text(delivery, "state"),
                    std::to_string(*number(delivery, "tries")), text(delivery, "rule"),
                    when(number(delivery, "created_ms")), text(delivery, "subject"),
                    outcome(delivery)});
  }
  if (rows.empty()) return "no deliveries\n";
  return table({"ID", "STATE", "TRIES", "RULE", "CREATED (UTC)", "OBJECT", "OUTCOME"}, rows, style);
}

std::string render_delivery(const json::object& delivery, Style style) {
  auto out = style.strong(fmt::format("delivery {}", *number(delivery, "id"))) + "\n";
  const auto line = [&out](std::string_view name, std::string_view value) {
    if (!value.empty()) out += fmt::format("  {:<11} {}\n", name, value);
  };
  line("state", text(delivery, "state"));
  line("rule", text(delivery, "rule_arn"));
  line("target", text(delivery, "target_arn"));
  line("role", text(delivery, "role_arn"));
  line("event", text(delivery, "event_id"));
  line("object", text(delivery, "subject"));
  line("created", when(number(delivery, "created_ms")));
  line("outcome", outcome(delivery));
  line("dead letter", text(delivery, "dead_letter").empty()
                          ? ""
                          : fmt::format("{}: {}", text(delivery, "dead_letter_queue"),
                                        text(delivery, "dead_letter")));
  line("input", text(delivery, "input"));
  if (const auto* batch = child(delivery, "batch")) out += "\n" + render_batch(*batch, style);
  out += "\n";
  std::vector<std::vector<std::string>> rows;
  for (const auto& value : list(delivery, "attempts")) {
    const auto& attempt = value.as_object();
    rows.push_back({std::to_string(number(attempt, "try").value_or(0)), text(attempt, "time"),
                    text(attempt, "decision"), text(attempt, "error-code"),
                    text(attempt, "result") + text(attempt, "error-message")});
  }
  return out + table({"TRY", "AT (UTC)", "DECISION", "CODE", "RESULT"}, rows, style);
}

std::string render_batch(const json::object& batch, Style style) {
  const auto group = text(batch, "group");
  const auto files = number(batch, "files").value_or(0);
  auto out = fmt::format("{}{}: {}, {} {}\n",
                         style.strong(fmt::format("batch {}", number(batch, "id").value_or(0))),
                         group.empty() ? "" : " of " + group, text(batch, "state"), files,
                         files == 1 ? "file" : "files");
  const auto line = [&out](std::string_view name, const std::string& value) {
    if (!value.empty()) out += fmt::format("  {:<11} {}\n", name, value);
  };
  line("plan", text(batch, "plan"));
  line("opened", when(number(batch, "opened_ms")));
  const auto closes = number(batch, "closes_ms"), closed = number(batch, "closed_ms");
  if (closes) line("closes", fmt::format("{} ({})", when(closes), countdown(*closes)));
  if (closed) line("closed", fmt::format("{} by {}", when(closed), text(batch, "reason")));
  line("marker", text(batch, "marker"));
  line("note", text(batch, "note"));
  if (const auto missing = number(batch, "missing").value_or(0); missing > 0) {
    line("missing", fmt::format("{} of what its manifest lists", missing));
    for (const auto& uri : list(batch, "awaited"))
      line("", std::string(json::view(uri.as_string())));
  }
  std::int64_t shown = 0;
  for (const auto& uri : list(batch, "uris")) {
    line(shown++ == 0 ? "files" : "", std::string(json::view(uri.as_string())));
  }
  if (shown > 0 && shown < files) line("", fmt::format("… and {} more", files - shown));
  return out;
}

std::string render_rehearsal(const json::object& answer, Style style) {
  const bool compared = answer.contains("newly");
  auto out = events_shown(answer, compared, style);
  out += fmt::format("{} of {} events match", number(answer, "matched").value_or(0),
                     number(answer, "asked").value_or(0));
  if (compared) {
    out += fmt::format("; {} of them new, {} no longer", number(answer, "newly").value_or(0),
                       number(answer, "no_longer").value_or(0));
  }
  return out + (truth(answer, "complete") ? "\n" : " (older ones were not asked)\n");
}

std::string render_missed(const json::object& answer, Style style) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& value : list(answer, "objects")) {
    const auto& object = value.as_object();
    rows.push_back({when(number(object, "modified_ms")),
                    std::to_string(number(object, "size").value_or(0)), text(object, "uri")});
  }
  std::string out;
  if (!rows.empty()) out = table({"STORED (UTC)", "BYTES", "OBJECT"}, rows, style) + "\n";
  const auto missing = number(answer, "missing").value_or(0);
  if (std::size_t(missing) > rows.size())
    out += fmt::format("… and {} more\n", missing - std::int64_t(rows.size()));
  return out + fmt::format("{} of {} objects match rule {} and never reached it\n", missing,
                           number(answer, "looked_at").value_or(0), text(answer, "rule"));
}

}  // namespace tidemill::cli
