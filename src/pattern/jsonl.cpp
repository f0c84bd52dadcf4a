#include "pattern/jsonl.h"

#include <istream>
#include <ostream>
#include <vector>

#include "base/json.h"
#include "pattern/matcher.h"

namespace tidemill::pattern {
namespace {

std::string_view without_frame(std::string_view message) {
  for (const std::string_view frame :
       {"Event pattern is not valid. Reason: ", "Event is not valid. Reason: "}) {
    if (message.starts_with(frame)) return message.substr(frame.size());
  }
  return message;
}

json::object refusal(std::string_view name, const Error& error) {
  json::object out;
  out["error"] = name;
  out["message"] = without_frame(error.message);
  if (!error.hint.empty()) out["hint"] = error.hint;
  return out;
}

json::object refuse_pattern(const Error& error) {
  return refusal("InvalidEventPatternException", error);
}

json::object answer_case(const json::object& question, Options options) {
  const auto pattern = Pattern::compile(json::text_or_empty(question, "pattern"), options);
  if (!pattern) return refuse_pattern(pattern.error());
  const auto event = Event::parse(json::text_or_empty(question, "event"));
  if (!event) return refusal("InvalidEvent", event.error());
  json::object out;
  out["match"] = pattern->matches(*event);
  return out;
}

json::array list(const json::object& question, std::string_view name) {
  const auto* v = question.if_contains(name);
  return v != nullptr && v->is_array() ? v->get_array() : json::array();
}

json::array match_all(const Matcher& matcher, const std::vector<Event>& events) {
  json::array out;
  for (const auto& event : events) {
    json::array matched;
    for (const auto id : matcher.match(event)) matched.push_back(std::uint64_t(id));
    out.push_back(std::move(matched));
  }
  return out;
}

json::object answer_set(const json::object& question, Options options) {
  Matcher matcher;
  std::uint64_t index = 0;
  for (const auto& rule : list(question, "rules")) {
    if (!rule.is_string()) return refusal("InvalidQuestion", {.message = "rules are strings"});
    auto pattern = Pattern::compile(json::view(rule.get_string()), options);
    if (!pattern) return refuse_pattern(pattern.error());
    matcher.add(RuleId(index++), *std::move(pattern));
  }
  std::vector<Event> events;
  for (const auto& text : list(question, "events")) {
    if (!text.is_string()) return refusal("InvalidQuestion", {.message = "events are strings"});
    auto event = Event::parse(json::view(text.get_string()));
    if (!event) return refusal("InvalidEvent", event.error());
    events.push_back(*std::move(event));
  }
  json::object out;
  out["match"] = match_all(matcher, events);
  for (const auto& dropped : list(question, "drop")) {
    if (!dropped.is_int64()) return refusal("InvalidQuestion", {.message = "drop has indices"});
    matcher.remove(RuleId(static_cast<std::uint64_t>(dropped.get_int64())));
  }
  out["after"] = match_all(matcher, events);
  return out;
}

}  // namespace

int run_jsonl(std::istream& in, std::ostream& out, Options options) {
  std::string line;
  while (std::getline(in, line)) {
    if (line.empty()) continue;
    const auto question = json::parse_object(line);
    if (!question) {
      out << json::dump(refusal("InvalidQuestion", question.error())) << '\n';
      return 2;
    }
    auto answer = question->contains("rules") ? answer_set(*question, options)
                                              : answer_case(*question, options);
    if (const auto* id = question->if_contains("id")) answer["id"] = *id;
    out << json::dump(answer) << '\n';
  }
  out.flush();
  return 0;
}

}  // namespace tidemill::pattern
