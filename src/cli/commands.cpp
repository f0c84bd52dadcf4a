#include "cli/commands.h"

#include <algorithm>
#include <iostream>

#include <fmt/format.h>
#include <sqlite3.h>

#include "base/encoding.h"
#include "cli/client.h"
#include "cli/render_lint.h"
#include "cli/schedule_text.h"
#include "pattern/jsonl.h"
#include "pattern/pattern.h"
#include "server/identity.h"
#include "server/server.h"

namespace tidemill::cli {
namespace {

std::string shell_quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'') {
      out += "'\\''";
    } else {
      out += c;
    }
  }
  return out + "'";
}

/// How many of an answer's findings are more than notes.
std::int64_t grave_in(const json::object& answer) {
  return std::ranges::count_if(answer.at("findings").as_array(), [](const json::value& finding) {
    return json::text_or_empty(finding.as_object(), "level") != "note";
  });
}

Status grave_ones(std::int64_t count) {
  if (count == 0) return {};
  return fail(Errc::conflict, fmt::format("{} to mend", count));
}

}  // namespace

void print(const Query& query, const json::value& answer, std::string_view rendered) {
  std::cout << (query.json ? json::dump(answer) + "\n" : std::string(rendered));
}

Result<std::string> text_or_file(const std::string& given) {
  return given.starts_with('@') ? server::read_file(given.substr(1)) : Result<std::string>(given);
}

std::string version_text() {
  return fmt::format("tidemill {} (SQLite {})", TIDEMILL_VERSION, sqlite3_libversion());
}

Status serve(const server::Options& options) { return server::run(options); }

Status env(const Query& query) {
  TM_TRY(const auto connection, find_server(query.data));
  const std::pair<std::string_view, std::string_view> variables[] = {
      {"AWS_ENDPOINT_URL", connection.endpoint},
      {"AWS_ACCESS_KEY_ID", connection.access_key_id},
      {"AWS_SECRET_ACCESS_KEY", connection.secret_access_key.reveal()},
      {"AWS_REGION", connection.region},
      {"AWS_DEFAULT_REGION", connection.region},
  };
  for (const auto& [name, value] : variables) {
    std::cout << fmt::format("export {}={}\n", name, shell_quoted(value));
  }
  return {};
}

Status runs_list(const Query& query) {
  TM_TRY(const auto connection, find_server(query.data));
  auto target = fmt::format("/_tidemill/api/runs?max={}", query.max);
  if (!query.job.empty()) target += "&job=" + percent_encode(query.job);
  TM_TRY(const auto answer, get_json(connection, target));
  print(query, answer, render_runs(answer.as_object(), query.style));
  return {};
}

Status runs_logs(const Query& query, const std::string& run_id) {
  TM_TRY(const auto connection, find_server(query.data));
  TM_TRY(const auto answer,
         get_json(connection, "/_tidemill/api/runs/" + percent_encode(run_id) + "/logs"));
  std::string text;
  for (const auto& line : answer.as_object().at("lines").as_array()) {
    text += std::string(json::text_or_empty(line.as_object(), "message")) + "\n";
  }
  print(query, answer, text);
  return {};
}

Status explain(const Query& query, const std::string& what) {
  TM_TRY(const auto connection, find_server(query.data));
  const auto story =
      get_json(connection, fmt::format("/_tidemill/api/explain?of={}&bus={}", percent_encode(what),
                                       percent_encode(query.bus)));
  if (story) {
    print(query, *story, render_story(story->as_object(), query.style));
    return {};
  }
  // What it doesn't know may be a schedule's name.
  const auto schedule = get_json(
      connection, "/_tidemill/api/schedules/explain?count=10&name=" + percent_encode(what));
  if (!schedule) return std::unexpected(story.error());
  print(query, *schedule, render_explain(schedule->as_object(), query.style));
  return {};
}

Status check(const Query& query) {
  TM_TRY(const auto connection, find_server(query.data));
  TM_TRY(const auto answer, get_json(connection, "/_tidemill/api/check"));
  const auto& findings = answer.as_object().at("findings").as_array();
  std::string text;
  for (const auto& finding : findings) {
    text += query.style.bad(json::view(finding.as_string())) + "\n";
  }
  if (findings.empty()) text = query.style.good("all is well") + "\n";
  for (const auto& [operation, count] : answer.as_object().at("unserved").as_object()) {
    text += fmt::format("asked for, but not served: {} ({}x)\n", json::view(operation),
                        json::dump(count));
  }
  print(query, answer, text);
  if (findings.empty()) return {};
  return fail(Errc::corrupt, fmt::format("{} findings", findings.size()));
}

Status rules_test(const std::string& pattern_text, const std::string& event_text, bool strict_aws) {
  TM_TRY(const auto pattern_json, text_or_file(pattern_text));
  TM_TRY(const auto event_json, text_or_file(event_text));
  TM_TRY(const auto pattern, pattern::Pattern::compile(pattern_json, {.strict_aws = strict_aws}));
  TM_TRY(const auto event, pattern::Event::parse(event_json));
  if (pattern.matches(event)) {
    std::cout << "matches\n";
    return {};
  }
  const auto why = pattern.explain(event);
  return fail(Errc::not_found, fmt::format("no match: at {}: expected {}, actual {}", why.path,
                                           why.expected, why.actual));
}

int rules_jsonl(bool strict_aws) {
  return pattern::run_jsonl(std::cin, std::cout, {.strict_aws = strict_aws});
}

Status rules_lint(const Query& query) {
  TM_TRY(const auto connection, find_server(query.data));
  TM_TRY(const auto answer,
         get_json(connection, "/_tidemill/api/lint?bus=" + percent_encode(query.bus)));
  print(query, answer, render_lint(answer.as_object(), query.style));
  return grave_ones(grave_in(answer.as_object()));
}

Status doctor(const Query& query) {
  TM_TRY(const auto connection, find_server(query.data));
  TM_TRY(const auto answer, get_json(connection, "/_tidemill/api/doctor"));
  print(query, answer, render_doctor(answer.as_object(), query.style));
  std::int64_t grave = 0;
  for (const auto& check : answer.as_object().at("checks").as_array()) {
    grave += grave_in(check.as_object());
  }
  return grave_ones(grave);
}

}  // namespace tidemill::cli
