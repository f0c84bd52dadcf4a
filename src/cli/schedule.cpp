#include "cli/schedule.h"

#include <iostream>

#include <fmt/format.h>

#include "base/encoding.h"
#include "calendar/describe.h"
#include "calendar/jsonl.h"
#include "cli/client.h"
#include "cli/schedule_text.h"

namespace tidemill::cli {
namespace {

struct Forecast {
  calendar::Timing timing;
  std::vector<TimeMs> instants;
  std::vector<calendar::Skipped> skipped;
  std::vector<std::string> notes;
};

Result<Forecast> forecast(const ScheduleOrder& order, calendar::Zones& zones) {
  Forecast out;
  TM_TRY(
      out.timing.expression,
      calendar::parse_expression(order.expression, order.for_rule ? calendar::Dialect::rule
                                                                  : calendar::Dialect::scheduler));
  TM_TRY(out.timing.zone, zones.find(order.timezone));
  auto from = SystemClock().now();
  if (!order.from.empty()) {
    const auto given = parse_iso(order.from);
    if (!given) {
      return fail(Errc::invalid_argument,
                  fmt::format("--from takes an ISO 8601 time, not \"{}\"", order.from));
    }
    from = *given;
  }
  out.timing.base = from;
  out.notes = calendar::notes_on(out.timing, from);
  std::optional<TimeMs> at = from;
  for (int i = 0; i < order.count; ++i) {
    at = calendar::next_fire(out.timing, *at, &out.skipped);
    if (!at) break;
    out.instants.push_back(*at);
  }
  return out;
}

json::value as_json(const Forecast& forecast, const ScheduleOrder& order,
                    const std::string& version) {
  json::array instants, notes;
  for (const auto at : forecast.instants) {
    instants.push_back(
        json::object{{"utc", iso_seconds(at)}, {"local", local_text(*forecast.timing.zone, at)}});
  }
  for (const auto& note : forecast.notes) notes.emplace_back(note);
  return json::object{{"expression", order.expression},
                      {"timezone", order.timezone},
                      {"zone_data", version},
                      {"next", std::move(instants)},
                      {"notes", std::move(notes)}};
}

Status next(const ScheduleOrder& order, const Query& query) {
  calendar::Zones zones;
  TM_TRY(const auto found, forecast(order, zones));
  const auto& style = query.style;
  if (query.json) {
    std::cout << json::dump(as_json(found, order, zones.version())) << "\n";
    return {};
  }
  std::vector<std::vector<std::string>> rows;
  for (const auto at : found.instants) {
    rows.push_back({local_text(*found.timing.zone, at), iso_seconds(at)});
  }
  std::cout << style.strong(order.expression)
            << style.faint(fmt::format("  {}, zone data {}\n", order.timezone, zones.version()));
  if (!rows.empty()) std::cout << table({"LOCAL", "UTC"}, rows, style);
  for (const auto& note : found.notes) std::cout << style.faint("note: " + note) << "\n";
  return {};
}

/// Asks the running server; `ask` is METHOD and path, `rest` what follows the name.
Result<json::value> ask(const Query& query, std::string_view method, const std::string& target) {
  TM_TRY(const auto connection, find_server(query.data));
  return ask_json(connection, method, "/_tidemill/api/schedules/" + target);
}

using Render = std::string (*)(const json::object&, Style);

Status show(const Query& query, const Result<json::value>& answer, Render render) {
  if (!answer) return std::unexpected(answer.error());
  std::cout << (query.json ? json::dump(*answer) + "\n" : render(answer->as_object(), query.style));
  return {};
}

std::string named(std::string_view command, const ScheduleOrder& order) {
  auto target =
      fmt::format("{}?name={}&count={}", command, percent_encode(order.name), order.count);
  const auto add = [&](std::string_view name, const std::string& value) {
    if (!value.empty()) target += fmt::format("&{}={}", name, percent_encode(value));
  };
  add("at", order.at);
  add("from", order.from);
  add("to", order.to);
  if (command == "backfill") add("overlap", order.overlap);
  if (order.dry_run) target += "&dry_run=1";
  return target;
}

CLI::App* add_asking(CLI::App& schedule, const char* name, const char* help, Query& query) {
  auto* command = schedule.add_subcommand(name, help);
  command->add_option("--data", query.data, "The server's data directory")->type_name("DIR");
  command->add_flag("--json", query.json, "Print JSON");
  return command;
}

void add_named(CLI::App& schedule, ScheduleOrder& order, Query& query) {
  const auto add = [&](const char* name, const char* help) {
    auto* command = add_asking(schedule, name, help, query);
    command->add_option("NAME", order.name, "A rule, a schedule, GROUP/SCHEDULE or an ARN")
        ->required();
    return command;
  };
  const auto count = [&](CLI::App* command, const char* help) {
    command->add_option("--count", order.count, help)
        ->type_name("N")
        ->check(CLI::Range(1, 1000))
        ->capture_default_str();
  };
  auto* preview = add("preview", "When a schedule fires next");
  count(preview, "So many times");
  preview->footer("Example: tidemill schedule preview nightly-sales\n");
  auto* explain = add("explain", "What became of each time at which a schedule was due, and why");
  count(explain, "So many of its last times");
  explain->add_option("--at", order.at, "What became of this ISO 8601 time")->type_name("TIME");
  explain->footer("Example: tidemill schedule explain nightly-sales --at 2026-03-29T01:30:00Z\n");
  add("run-now", "Start what a schedule starts, now")
      ->footer("Example: tidemill schedule run-now nightly-sales\n");
  auto* backfill = add("backfill", "Run the times that a schedule had, or would have had, before");
  backfill->add_option("--from", order.from, "The first ISO 8601 time")->required();
  backfill->add_option("--to", order.to, "The last one")->required();
  backfill->add_option("--overlap", order.overlap, "allow: all at once; buffer-all: one by one")
      ->check(CLI::IsMember({"allow", "buffer-all"}))
      ->capture_default_str();
  backfill->add_flag("--dry-run", order.dry_run, "Only say which times these are");
  backfill->footer(
      "Example: tidemill schedule backfill nightly-sales --from 2026-01-01T00:00:00Z --to "
      "2026-01-07T00:00:00Z --overlap buffer-all --dry-run\n");
}

void add_next(CLI::App& schedule, ScheduleOrder& order, Query& query) {
  auto* next = schedule.add_subcommand("next", "When an expression fires, without a server");
  next->add_option("EXPRESSION", order.expression, "cron(…), rate(…) or at(…)");
  next->add_option("--timezone,--tz", order.timezone, "An IANA time zone")
      ->type_name("ZONE")
      ->capture_default_str();
  next->add_option("--from", order.from, "After this ISO 8601 time [now]")->type_name("TIME");
  next->add_option("--count", order.count, "So many times")
      ->type_name("N")
      ->check(CLI::Range(1, 10'000))
      ->capture_default_str();
  next->add_flag("--rule", order.for_rule, "As EventBridge rules read it: no at(), strict units");
  next->add_flag("--jsonl", order.jsonl, "Answer questions from standard input, a line each");
  next->add_flag("--json", query.json, "Print JSON");
  next->footer("Example: tidemill schedule next 'cron(0 9 ? * MON-FRI *)' --tz Europe/Berlin\n");
}

int run_next(const ScheduleOrder& order, const Query& query) {
  if (order.jsonl) {
    calendar::Zones zones;
    return calendar::run_jsonl(std::cin, std::cout, zones);
  }
  if (order.expression.empty()) {
    std::cerr << "tidemill: schedule next needs an expression, or --jsonl\n";
    return exit_wrong_use;
  }
  return report(next(order, query));
}

/// A command that asks the server, and how its answer is shown.
struct Asking {
  std::string_view name, method;
  Render render;
};
constexpr std::array askings = {
    Asking{"preview", "GET", render_preview},  Asking{"explain", "GET", render_explain},
    Asking{"run-now", "POST", render_run_now}, Asking{"backfill", "POST", render_backfill},
    Asking{"heatmap", "GET", render_heatmap},  Asking{"reload-zones", "POST", render_zones}};

}  // namespace

CLI::App* add_schedule(CLI::App& app, ScheduleOrder& order, Query& query) {
  auto* schedule = app.add_subcommand("schedule", "Schedules: when they fire, and why not");
  schedule->require_subcommand(1);
  add_next(*schedule, order, query);
  add_named(*schedule, order, query);
  add_asking(*schedule, "heatmap", "Where the schedules of the coming week collide", query)
      ->footer("Example: tidemill schedule heatmap\n");
  add_asking(*schedule, "reload-zones", "Read the machine's time zone data anew", query)
      ->footer("Example: tidemill schedule reload-zones\n");
  return schedule;
}

int run_schedule(const CLI::App& schedule, const ScheduleOrder& order, const Query& query) {
  if (schedule.got_subcommand("next")) return run_next(order, query);
  for (const auto& asking : askings) {
    if (!schedule.got_subcommand(std::string(asking.name))) continue;
    return report(show(query, ask(query, asking.method, named(asking.name, order)), asking.render));
  }
  return exit_wrong_use;
}

}  // namespace tidemill::cli
