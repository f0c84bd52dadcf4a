#include "calendar/jsonl.h"

#include <istream>
#include <ostream>

#include <fmt/format.h>

#include "calendar/next.h"

namespace tidemill::calendar {
namespace {

constexpr std::int64_t count_default = 5, count_max = 10'000;

Dialect dialect_of(std::string_view service) {
  if (service == "rules") return Dialect::rule;
  return service == "glue" ? Dialect::trigger : Dialect::scheduler;
}

Result<std::optional<TimeMs>> time_of(const json::object& question, std::string_view name) {
  const auto text = json::text_or_empty(question, name);
  if (text.empty()) return std::nullopt;
  if (const auto time = parse_iso(text)) return time;
  return fail(Errc::invalid_argument, fmt::format("{} is no ISO 8601 time: {}", name, text));
}

Result<json::array> instants(const json::object& question, Zones& zones) {
  Timing timing;
  TM_TRY(timing.expression, parse_expression(json::text_or_empty(question, "expr"),
                                             dialect_of(json::text_or_empty(question, "service"))));
  if (const auto zone = json::text_or_empty(question, "tz"); !zone.empty()) {
    TM_TRY(timing.zone, zones.find(zone));
  }
  TM_TRY(timing.start, time_of(question, "start"));
  TM_TRY(timing.end, time_of(question, "end"));
  TM_TRY(const auto from, time_of(question, "from"));
  auto after = from.value_or(TimeMs{0});
  timing.base = after;
  const auto* n = question.if_contains("n");
  const auto count = n != nullptr && n->is_int64() ? n->get_int64() : count_default;
  json::array found;
  for (std::int64_t i = 0; i < std::min(count, count_max); ++i) {
    const auto next = next_fire(timing, after);
    if (!next) break;
    found.emplace_back(iso_seconds(*next));
    after = *next;
  }
  return found;
}

}  // namespace

json::object answer(const json::object& question, Zones& zones) {
  json::object out;
  if (const auto* id = question.if_contains("id")) out["id"] = *id;
  auto found = instants(question, zones);
  if (!found) {
    const auto& error = found.error();
    out["error"] = aws_name(error);
    out["message"] = error.message;
    if (!error.hint.empty()) out["hint"] = error.hint;
  } else if (json::text_or_empty(question, "kind") == "accept") {
    out["ok"] = true;
  } else {
    out["next"] = *std::move(found);
  }
  return out;
}

int run_jsonl(std::istream& in, std::ostream& out, Zones& zones) {
  int status = 0;
  for (std::string line; std::getline(in, line);) {
    if (line.empty()) continue;
    const auto question = json::parse_object(line);
    if (!question) {
      status = 1;
      out << json::dump(
                 json::object{{"error", "InvalidQuestion"}, {"message", question.error().message}})
          << "\n";
      continue;
    }
    out << json::dump(answer(*question, zones)) << "\n";
  }
  return status;
}

}  // namespace tidemill::calendar
