#include "events/input.h"

#include <charconv>

#include <fmt/format.h>

namespace tidemill::events {
namespace {

/// One step of a path: a member's name or an element's index.
struct Step {
  std::string name;
  std::optional<std::size_t> index;
};

/// Takes the next step off `path`; nullopt where it isn't one.
std::optional<Step> next_step(std::string_view& path) {
  if (path.starts_with("['") || path.starts_with("[\"")) {
    const auto end = path.find(path[1] == '\'' ? "']" : "\"]", 2);
    if (end == path.npos) return std::nullopt;
    Step step{std::string(path.substr(2, end - 2)), std::nullopt};
    path.remove_prefix(end + 2);
    return step;
  }
  if (path.starts_with('[')) {
    std::size_t index = 0;
    const auto [end, error] = std::from_chars(path.data() + 1, path.data() + path.size(), index);
    if (error != std::errc() || end == path.data() + path.size() || *end != ']')
      return std::nullopt;
    path.remove_prefix(std::size_t(end - path.data()) + 1);
    return Step{"", index};
  }
  if (!path.starts_with('.')) return std::nullopt;
  path.remove_prefix(1);
  const auto end = std::min(path.find_first_of(".["), path.size());
  if (end == 0) return std::nullopt;
  Step step{std::string(path.substr(0, end)), std::nullopt};
  path.remove_prefix(end);
  return step;
}

constexpr std::string_view reserved_prefix = "aws.events.";

bool reserved(std::string_view name) {
  return name == "aws.events.rule-arn" || name == "aws.events.rule-name" ||
         name == "aws.events.event.ingestion-time" || name == "aws.events.event.json" ||
         name == "aws.events.event";
}

bool placeholder_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-' || c == '.';
}

/// Calls `text` for the pieces between placeholders and `name` for each <name>.
template <class Text, class Name>
void walk_template(std::string_view text, Text&& on_text, Name&& on_name) {
  while (!text.empty()) {
    const auto open = text.find('<');
    if (open == text.npos) break;
    auto close = open + 1;
    while (close < text.size() && placeholder_character(text[close])) ++close;
    const bool is_name = close < text.size() && text[close] == '>' && close > open + 1;
    if (!is_name) {
      on_text(text.substr(0, open + 1));
      text.remove_prefix(open + 1);
      continue;
    }
    on_text(text.substr(0, open));
    on_name(text.substr(open + 1, close - open - 1));
    text.remove_prefix(close + 1);
  }
  on_text(text);
}

/// As EventBridge writes a value inside a quoted string: its quotes are dropped.
std::string inside_string(const json::value& value) {
  std::string text = json::dump(value);
  if (value.is_string()) return text.substr(1, text.size() - 2);
  std::erase(text, '"');
  return text;
}

/// <aws.events.event>: the event without its detail, with detailType for detail-type.
json::value without_detail(const json::value& event) {
  json::object out;
  for (const auto& member : event.as_object()) {
    if (member.key() == "detail") continue;
    out[member.key() == "detail-type" ? "detailType" : member.key()] = member.value();
  }
  return out;
}

std::optional<json::value> placeholder_value(const InputSpec::Transformer& spec,
                                             std::string_view name, const json::value& event,
                                             const InputContext& context) {
  if (name == "aws.events.rule-arn") return json::value(context.rule_arn);
  if (name == "aws.events.rule-name") return json::value(context.rule_name);
  if (name == "aws.events.event.ingestion-time") {
    return json::value(iso_millis(context.ingestion_time));
  }
  if (name == "aws.events.event.json") return event;
  if (name == "aws.events.event") return without_detail(event);
  const auto path = spec.paths.find(std::string(name));
  if (path == spec.paths.end()) return std::nullopt;
  const auto* value = at_path(event, path->second);
  return value == nullptr ? std::nullopt : std::optional(*value);
}

std::string fill_template(const InputSpec::Transformer& spec, const json::value& event,
                          const InputContext& context) {
  std::string out;
  bool in_string = false;
  const auto on_text = [&](std::string_view piece) {
    for (std::size_t i = 0; i < piece.size(); ++i) {
      if (piece[i] == '\\' && in_string) {
        ++i;
      } else if (piece[i] == '"') {
        in_string = !in_string;
      }
    }
    out += piece;
  };
  const auto on_name = [&](std::string_view name) {
    const auto value = placeholder_value(spec, name, event, context);
    if (!value) {
      if (!in_string) out += "\"\"";
      return;
    }
    out += in_string ? inside_string(*value) : json::dump(*value);
  };
  walk_template(spec.text, on_text, on_name);
  return out;
}

}  // namespace

const json::value* at_path(const json::value& event, std::string_view path) {
  if (!path.starts_with('$')) return nullptr;
  path.remove_prefix(1);
  const json::value* at = &event;
  while (!path.empty()) {
    const auto step = next_step(path);
    if (!step) return nullptr;
    if (step->index) {
      if (!at->is_array() || *step->index >= at->get_array().size()) return nullptr;
      at = &at->get_array()[*step->index];
    } else {
      if (!at->is_object()) return nullptr;
      at = at->get_object().if_contains(step->name);
      if (at == nullptr) return nullptr;
    }
  }
  return at;
}

Status check_input(const InputSpec& spec, std::string_view id) {
  if (int(spec.constant.has_value()) + int(spec.path.has_value()) +
          int(spec.transformer.has_value()) >
      1) {
    return fail(Errc::invalid_argument,
                fmt::format("Only one of Input, InputPath, or InputTransformer must be provided "
                            "for target {}.",
                            id));
  }
  if (spec.constant && !json::parse(*spec.constant)) {
    return fail(Errc::invalid_argument,
                fmt::format("JSON syntax error in input for target {}", id));
  }
  if (spec.path && !spec.path->starts_with('$')) {
    return fail(Errc::invalid_argument, fmt::format("InputPath for target {} is invalid.", id));
  }
  if (!spec.transformer) return {};
  Status status;
  const auto ignore = [](std::string_view) {};
  const auto known = [&](std::string_view name) {
    if (!status || spec.transformer->paths.contains(std::string(name)) || reserved(name)) return;
    status =
        fail(Errc::invalid_argument,
             fmt::format("InputTemplate for target {} contains invalid placeholder {}.", id, name));
  };
  walk_template(spec.transformer->text, ignore, known);
  for (const auto& [name, path] : spec.transformer->paths) {
    if (name.starts_with(reserved_prefix) || name.starts_with("AWS.")) {
      status =
          fail(Errc::invalid_argument,
               fmt::format("InputPathsMap for target {} uses the reserved name {}.", id, name));
    }
    if (!path.starts_with('$')) {
      status = fail(Errc::invalid_argument,
                    fmt::format("InputPathsMap for target {} contains invalid path {}.", id, path));
    }
  }
  return status;
}

std::string make_input(const InputSpec& spec, std::string_view envelope,
                       const InputContext& context) {
  if (spec.whole_event()) return std::string(envelope);
  if (spec.constant) return *spec.constant;
  const auto event = json::parse(envelope);
  TM_ASSERT(event.has_value());
  if (spec.path) {
    const auto* value = at_path(*event, *spec.path);
    return value == nullptr ? "null" : json::dump(*value);
  }
  return fill_template(*spec.transformer, *event, context);
}

std::string fill_attempt(std::string_view input, int attempt) {
  std::string out;
  for (std::size_t at = 0; at < input.size();) {
    const auto found = std::min(input.find(attempt_attribute, at), input.size());
    out += input.substr(at, found - at);
    if (found < input.size()) out += std::to_string(attempt);
    at = found + attempt_attribute.size();
  }
  return out;
}

}  // namespace tidemill::events
