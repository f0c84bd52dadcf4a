#include "cli/cli.h"

#include <iostream>

#include <fmt/format.h>
#include <unistd.h>

#include "cli/given.h"

namespace tidemill::cli {
namespace {

constexpr std::string_view examples = R"text(Examples:
  tidemill serve --data ./data                start the server on 127.0.0.1:4566
  eval "$(tidemill env --data ./data)"        point aws, boto3 and Terraform at it
  tidemill explain s3://bucket/sales/a.csv    why a file did or did not start a job
  tidemill explain dev-sales_file_trigger     is the rule well, and what did it start?
  tidemill runs list --job sales-etl-dev      the runs of a job
  tidemill runs logs jr_0123...               what a run printed
  tidemill doctor                             what keeps jobs from starting, and how to mend it
  tidemill rules lint                         rules that overlap, loop or can never match
  tidemill deliveries list --state failed     what did not reach its target
  tidemill schedule next 'rate(1 hour)'       when a schedule fires
  tidemill check                              is everything in the store whole?
)text";

void add_serve(CLI::App& app, Given& given) {
  auto* serve = app.add_subcommand("serve", "Run the server until SIGTERM or Ctrl-C");
  serve->add_option("--config", given.config, "A TOML file of settings")->type_name("FILE");
  for (const auto& row : server::option_table()) {
    const std::string flag(row.flag);
    const auto help = row.environment.empty() ? std::string(row.help)
                                              : fmt::format("{} [{}]", row.help, row.environment);
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
  serve->callback([&given] {
    given.action = [&given] {
      if (const auto ok = check_options(given.serve); !ok) return report(ok), exit_wrong_use;
      return report(cli::serve(given.serve));
    };
  });
}

void add_env(CLI::App& app, Given& given) {
  auto* command =
      app.add_subcommand("env", "Print the variables that point AWS clients at the server");
  command->add_option("--data", given.query.data, "The server's data directory")
      ->type_name("DIR")
      ->required();
  command->footer("Example: eval \"$(tidemill env --data ./data)\"\n");
  does(*command, given, [&given] { return env(given.query); });
}

void add_runs(CLI::App& app, Given& given) {
  auto* runs = add_group(app, "runs", "Job runs");
  auto* list = add_query(*runs, "list", "List runs, the newest first", given);
  list->add_option("--job", given.query.job, "Only this job's")->type_name("NAME");
  add_max(*list, given);
  list->footer("Example: tidemill runs list --job sales-etl-dev\n");
  does(*list, given, [&given] { return runs_list(given.query); });
  auto* logs = add_query(*runs, "logs", "Print what a run wrote", given);
  logs->add_option("RUN", given.run_id, "The run's id: jr_…")->required();
  logs->footer("Example: tidemill runs logs jr_0123…\n");
  does(*logs, given, [&given] { return runs_logs(given.query, given.run_id); });
}

void add_explain(CLI::App& app, Given& given) {
  auto* command = add_query(app, "explain", "Why a file did or did not start a job", given);
  command
      ->add_option(
          "WHAT", given.uri,
          "s3://BUCKET/KEY, a run (jr_…), a rule, a schedule, an event's id or a delivery's number")
      ->required();
  add_bus(*command, given);
  command->footer(
      "Examples: tidemill explain s3://data-lake-dev-bronze/sales/a.CSV\n"
      "          tidemill explain dev-sales_file_trigger\n");
  does(*command, given, [&given] { return explain(given.query, given.uri); });
}

void add_check(CLI::App& app, Given& given) {
  auto* command = add_query(app, "check", "Check the store of the running server", given);
  command->footer("Example: tidemill check --data ./data\n");
  does(*command, given, [&given] { return check(given.query); });
}

void add_doctor(CLI::App& app, Given& given) {
  auto* command = add_query(app, "doctor",
                            "Walk through what keeps jobs from starting; exit code 1 if there is "
                            "more than notes",
                            given);
  command->footer("Example: tidemill doctor --data ./data\n");
  does(*command, given, [&given] { return doctor(given.query); });
}

void add_schedules(CLI::App& app, Given& given) {
  auto* schedule = add_schedule(app, given.schedule, given.query);
  schedule->callback([&given, schedule] {
    given.action = [&given, schedule] {
      return run_schedule(*schedule, given.schedule, given.query);
    };
  });
}

/// Defaults ← file ← environment; CLI11 then puts the flags on top.
Status preset(int argc, char** argv, Given& given) {
  for (int i = 1; i + 1 < argc; ++i) {
    if (std::string_view(argv[i]) == "--config") TM_CHECK(apply_file(given.serve, argv[i + 1]));
  }
  return apply_environment(given.serve);
}

}  // namespace

int report(const Status& status) {
  if (status) return exit_done;
  std::cerr << "tidemill: " << status.error().message << '\n';
  if (!status.error().hint.empty()) std::cerr << "  " << status.error().hint << '\n';
  return exit_failed;
}

CLI::App* add_group(CLI::App& app, const std::string& name, const std::string& help) {
  auto* group = app.add_subcommand(name, help);
  group->require_subcommand(1);
  return group;
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

void add_max(CLI::App& command, Given& given) {
  command.add_option("--max", given.query.max, "At most so many")
      ->type_name("N")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
}

void add_bus(CLI::App& command, Given& given) {
  command.add_option("--bus", given.query.bus, "The event bus")
      ->type_name("NAME")
      ->capture_default_str();
}

void does(CLI::App& command, Given& given, std::function<Status()> action) {
  command.callback([&given, action = std::move(action)] {
    given.action = [action] { return report(action()); };
  });
}

int run(int argc, char** argv) {
  CLI::App app{"Tidemill starts data jobs the moment their files land in a bucket, and says why."};
  app.set_version_flag("--version", version_text());
  app.require_subcommand(1);
  app.footer(std::string(examples));
  Given given;
  if (const auto ok = preset(argc, argv, given); !ok) return report(ok), exit_wrong_use;
  for (auto* add : {add_serve, add_env, add_runs, add_explain, add_rules, add_deliveries,
                    add_schedules, add_doctor, add_check}) {
    add(app, given);
  }
  given.query.style.colour = isatty(STDOUT_FILENO) != 0 && std::getenv("NO_COLOR") == nullptr;
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? exit_done : exit_wrong_use;
  }
  return given.action();
}

}  // namespace tidemill::cli
