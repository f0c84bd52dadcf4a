#include "cli/render_lint.h"

#include <array>

#include <fmt/format.h>

namespace tidemill::cli {
namespace {

std::string_view text_at(const json::value& value, std::initializer_list<std::string_view> path) {
  const auto* at = &value;
  for (const auto name : path) {
    const auto* object = at->if_object();
    at = object == nullptr ? nullptr : object->if_contains(name);
    if (at == nullptr) return {};
  }
  return at->is_string() ? json::view(at->get_string()) : std::string_view();
}

/// An object's event is best told by its address.
std::string shown_event(const json::value& event) {
  const auto bucket = text_at(event, {"detail", "bucket", "name"});
  const auto key = text_at(event, {"detail", "object", "key"});
  if (!bucket.empty() && !key.empty()) return fmt::format("s3://{}/{}", bucket, key);
  return json::dump(event);
}

std::string rules_of(const json::object& finding) {
  std::string names;
  for (const auto& rule : finding.at("rules").as_array()) {
    names.append(names.empty() ? "" : ", ").append(json::view(rule.as_string()));
  }
  return names;
}

/// What is said under a finding's head line: its text, an example, what to do.
std::string body_of(const json::object& finding, std::string_view text) {
  std::string out;
  const auto line = [&out](std::string_view head, std::string_view said) {
    if (!said.empty()) out += fmt::format("{:9}{}{}\n", "", head, said);
  };
  line("", text);
  if (const auto* example = finding.if_contains("example")) line("e.g. ", shown_event(*example));
  line("mend: ", json::text_or_empty(finding, "mend"));
  return out;
}

std::string level_text(std::string_view level, Style style) {
  const auto padded = fmt::format("{:<8}", level);
  return level == "error" ? style.bad(padded) : level == "ok" ? style.good(padded) : padded;
}

std::string paragraph(const json::object& finding, Style style) {
  return fmt::format("{} {:<14} {}\n{}\n", level_text(json::text_or_empty(finding, "level"), style),
                     json::text_or_empty(finding, "kind"), style.strong(rules_of(finding)),
                     body_of(finding, json::text_or_empty(finding, "text")));
}

/// The gravest of the check's findings.
std::string_view worst_of(const json::object& check) {
  std::string_view worst = "ok";
  for (const auto& finding : check.at("findings").as_array()) {
    const auto level = json::text_or_empty(finding.as_object(), "level");
    if (level == "error" || worst == "ok" || worst == "note") worst = level;
    if (worst == "error") break;
  }
  return worst;
}

std::string counted(std::int64_t count, std::string_view noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

}  // namespace

std::string render_lint(const json::object& answer, Style style) {
  constexpr std::array<std::string_view, 3> levels = {"error", "warning", "note"};
  std::array<int, levels.size()> counts = {};
  std::string out;
  for (const auto& value : answer.at("findings").as_array()) {
    const auto& finding = value.as_object();
    for (std::size_t i = 0; i < levels.size(); ++i) {
      if (json::text_or_empty(finding, "level") == levels[i]) ++counts[i];
    }
    out += paragraph(finding, style);
  }
  const auto sum = fmt::format("bus {}: {}, {}, {}, {}", json::text_or_empty(answer, "bus"),
                               counted(answer.at("rules").to_number<std::int64_t>(), "rule"),
                               counted(counts[0], "error"), counted(counts[1], "warning"),
                               counted(counts[2], "note"));
  return out + (counts[0] + counts[1] == 0 ? style.good(sum) : sum) + "\n";
}

std::string render_doctor(const json::object& answer, Style style) {
  std::string out;
  for (const auto& value : answer.at("checks").as_array()) {
    const auto& check = value.as_object();
    out += fmt::format("{} {:<49} {}\n", level_text(worst_of(check), style),
                       json::text_or_empty(check, "question"),
                       style.faint(json::text_or_empty(check, "looked_at")));
    for (const auto& found : check.at("findings").as_array()) {
      const auto& finding = found.as_object();
      const auto rules = rules_of(finding);
      const auto text = json::text_or_empty(finding, "text");
      out += body_of(finding, rules.empty() ? std::string(text)
                                            : fmt::format("{}: {}", style.strong(rules), text));
    }
  }
  return out;
}

}  // namespace tidemill::cli
