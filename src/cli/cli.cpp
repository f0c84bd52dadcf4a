#include "cli/cli.h"

#include <iostream>

#include <fmt/format.h>
#include <unistd.h>
#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include "cli/commands.h"
#include "cli/schedule.h"
#include "server/options.h"

namespace tidemill::cli {
namespace {

constexpr int done = 0, failed = 1, wrong_use = 2;

/// What the command line holds, for whichever command it names.
struct Given {
  server::Options serve;
  std::string config;
  Query query;
  std::string run_id, uri, pattern, event;
  bool jsonl = false, strict_aws = false;
  ScheduleOrder schedule;
};

constexpr std::string_view examples = R"text(Examples:
  tidemill serve --data ./data                start the server on 127.0.0.1:4566
  eval "$(tidemill env --data ./data)"        point aws, boto3 and Terraform at it
  tidemill explain s3://bucket/sales/a.csv    why a file did or did not start a job
  tidemill runs list --job sales-etl-dev      the runs of a job
  tidemill runs logs jr_0123...               what a run printed
  tidemill schedule next 'rate(1 hour)'       when a schedule fires
  tidemill check                              is everything in the store whole?
)text";

void add_serve(CLI::App& app, Given& given) {
  auto* serve = app.add_subcommand("serve", "Run the server until SIGTERM or Ctrl-C");
  serve->add_option("--config", given.config, "A TOML file of settings")->type_name("FILE");
  for (const auto& row : server::option_table()) {
    const std::string flag(row.flag), help = fmt::format("{} [{}]", row.help, row.environment);
    if (const auto* s = std::get_if<std::string server::Options::*>(&row.field)) {
      serve->add_option(flag, given.serve.*(*s), help)
          ->type_name(std::string(row.value))
          ->take_last()
          ->capture_default_str();
    } else if (const auto* i = std::get_if<int server::Options::*>(&row.field)) {
      serve->add_option(flag, given.serve.*(*i), help)
          ->type_name(std::string(row.value))
          ->take_last()
          ->capture_default_str();
    } else {
      serve->add_flag(flag, given.serve.*std::get<bool server::Options::*>(row.field), help);
    }
  }
  serve->footer("Example: tidemill serve --data ./data --listen 127.0.0.1:4566\n");
}

CLI::App* add_query(CLI::App& app, const std::string& name, const std::string& help, Given& given) {
  auto* command = app.add_subcommand(name, help);
  command
      ->add_option("--data", given.query.data,
                   "The server's data directory (else AWS_ENDPOINT_URL and the AWS keys say "
                   "which server is asked)")
      ->type_name("DIR");
  command->add_flag("--json", given.query.json, "Print JSON");
  return command;
}

void add_commands(CLI::App& app, Given& given) {
  add_serve(app, given);
  auto* env = app.add_subcommand("env", "Print the variables that point AWS clients at the server");
  env->add_option("--data", given.query.data, "The server's data directory")
      ->type_name("DIR")
      ->required();
  env->footer("Example: eval \"$(tidemill env --data ./data)\"\n");

  auto* runs = app.add_subcommand("runs", "Job runs");
  runs->require_subcommand(1);
  auto* list = add_query(*runs, "list", "List runs, the newest first", given);
  list->add_option("--job", given.query.job, "Only this job's")->type_name("NAME");
  list->add_option("--max", given.query.max, "At most so many")
      ->type_name("N")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  list->footer("Example: tidemill runs list --job sales-etl-dev\n");
  auto* logs = add_query(*runs, "logs", "Print what a run wrote", given);
  logs->add_option("RUN", given.run_id, "The run's id: jr_…")->required();
  logs->footer("Example: tidemill runs logs jr_0123…\n");

  auto* explain = add_query(app, "explain", "Why a file did or did not start a job", given);
  explain->add_option("URI", given.uri, "s3://bucket/key")->required();
  explain->footer("Example: tidemill explain s3://data-lake-dev-bronze/sales/a.CSV\n");

  auto* check = add_query(app, "check", "Check the store of the running server", given);
  check->footer("Example: tidemill check --data ./data\n");

  add_schedule(app, given.schedule, given.query);
  auto* rules = app.add_subcommand("rules", "Event patterns");
  rules->require_subcommand(1);
  auto* test = rules->add_subcommand("test", "Match an event against a pattern, without a server");
  test->add_option("--pattern", given.pattern, "The pattern's JSON, or @FILE");
  test->add_option("--event", given.event, "The event's JSON, or @FILE");
  test->add_flag("--jsonl", given.jsonl, "Answer questions from standard input, a line each");
  test->add_flag("--strict-aws", given.strict_aws, "Refuse what AWS refuses");
  test->footer(
      "Example: tidemill rules test --pattern '{\"source\":[\"aws.s3\"]}' --event @event.json\n");
}

/// Defaults ← file ← environment; CLI11 then puts the flags on top.
Status preset(int argc, char** argv, Given& given) {
  for (int i = 1; i + 1 < argc; ++i) {
    if (std::string_view(argv[i]) == "--config") TM_CHECK(apply_file(given.serve, argv[i + 1]));
  }
  return apply_environment(given.serve);
}

int report(const Status& status) {
  if (status) return done;
  std::cerr << "tidemill: " << status.error().message << '\n';
  if (!status.error().hint.empty()) std::cerr << "  " << status.error().hint << '\n';
  return failed;
}

int dispatch(CLI::App& app, Given& given) {
  given.query.style.colour = isatty(STDOUT_FILENO) != 0 && std::getenv("NO_COLOR") == nullptr;
  if (app.got_subcommand("serve")) {
    if (const auto ok = check_options(given.serve); !ok) return report(ok), wrong_use;
    return report(serve(given.serve));
  }
  if (app.got_subcommand("env")) return report(env(given.query));
  if (auto* runs = app.get_subcommand("runs"); runs->parsed()) {
    return report(runs->got_subcommand("list") ? runs_list(given.query)
                                               : runs_logs(given.query, given.run_id));
  }
  if (app.got_subcommand("explain")) return report(explain(given.query, given.uri));
  if (app.got_subcommand("check")) return report(check(given.query));
  if (const auto* schedule = app.get_subcommand("schedule"); schedule->parsed()) {
    return run_schedule(*schedule, given.schedule, given.query);
  }
  if (given.jsonl) return rules_jsonl(given.strict_aws);
  if (given.pattern.empty() || given.event.empty()) {
    std::cerr << "tidemill: rules test needs --pattern and --event, or --jsonl\n";
    return wrong_use;
  }
  return report(rules_test(given.pattern, given.event, given.strict_aws));
}

}  // namespace

int run(int argc, char** argv) {
  CLI::App app{"Tidemill starts data jobs the moment their files land in a bucket, and says why."};
  app.set_version_flag("--version", version_text());
  app.require_subcommand(1);
  app.footer(std::string(examples));
  Given given;
  if (const auto ok = preset(argc, argv, given); !ok) return report(ok), wrong_use;
  add_commands(app, given);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? done : wrong_use;
  }
  return dispatch(app, given);
}

}  // namespace tidemill::cli
