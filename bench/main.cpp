#include <algorithm>
#include <filesystem>
#include <iostream>

#include <fmt/format.h>
#include <signal.h>
#include <stdlib.h>

#include "bench/cases.h"
#include "bench/machine.h"
#include "bench/report.h"
#include "bench/subcommands.h"

namespace tidemill::bench {
namespace {

constexpr std::array cases{
    Case{"ready", "exec to the first health answer", measure_ready},
    Case{"idle", "memory, CPU and wake-ups while nothing happens", measure_idle},
    Case{"put_to_first_line", "an acknowledged upload to its job's first line", measure_first_line},
    Case{"schedule_lateness", "schedules with few due, by the clock", measure_schedule_lateness},
    Case{"put_4k_event_delivery", "durable PUTs whose events match a rule", measure_put_delivery},
    Case{"put_4k_event", "durable PUTs whose events match nothing", measure_put_event},
    Case{"put_4k_plain", "durable PUTs into a bucket without events", measure_put_plain},
    Case{"put_events", "PutEvents of 10 events that no rule matches", measure_put_events},
    Case{"put_events_matched", "PutEvents of 10 events, each into a queue",
         measure_put_events_matched},
    Case{"event_to_receive", "an acknowledged event to who waits at its target, a queue",
         measure_event_to_receive},
    Case{"many_rules", "single calls beside 100,000 rules", measure_many_rules},
    Case{"many_jobs", "single calls beside 100,000 jobs", measure_many_jobs},
    Case{"many_alarms", "single calls beside 100,000 alarms", measure_many_alarms},
    Case{"get_4k", "GETs of 4 KiB", measure_get_small},
    Case{"put_1m", "durable PUTs of 1 MiB", measure_put_large},
    Case{"get_1m", "GETs of 1 MiB", measure_get_large},
    Case{"put_metrics", "values in PutMetricData of 1,000 each", measure_put_metrics},
    Case{"overload", "ten times as many PUTs as it can take", measure_overload},
};

constexpr std::array subcommands{
    Subcommand{"pattern", "LABEL RULES EVENTS SECONDS",
               "event patterns and events, one a line in two files", measure_pattern},
    Subcommand{"schedule", "[FIGURE]...", "the calendar and the engine of schedules",
               measure_schedule},
};

struct Arguments {
  Setting setting;
  std::vector<std::string> only;
  std::string directory;
  bool keep = false, help = false;
};

void print_help() {
  std::cout << "tidemill-bench [OPTION]... [PROGRAM]\n\n"
               "Measures a tidemill program (by default the one beside this) and prints a line of\n"
               "JSON for each figure. It starts its own servers, on free ports of the loopback.\n\n"
               "  --only NAME     only this case (may be repeated)\n"
               "  --quick         shorter, for a first look\n"
               "  --clients N     connections of the load [16]\n"
               "  --dir DIR       put the data directories there [$TMPDIR or /tmp]\n"
               "  --keep          leave the data directories behind\n"
               "  --help          this text\n\nCases:\n";
  for (const auto& c : all_cases()) std::cout << fmt::format("  {:<22} {}\n", c.name, c.what);
  std::cout << "\nWithout a server, on one thread:\n";
  for (const auto& c : subcommands) {
    std::cout << fmt::format("  tidemill-bench {} {}\n      {}\n", c.name, c.arguments, c.what);
  }
  std::cout << "\nExample: build/release/tidemill-bench --only get_4k\n";
}

Result<Arguments> parse(std::span<char*> given) {
  Arguments arguments;
  for (std::size_t i = 1; i < given.size(); ++i) {
    const std::string_view word = given[i];
    const bool takes_value = word == "--only" || word == "--clients" || word == "--dir";
    if (takes_value && i + 1 == given.size()) {
      return fail(Errc::invalid_argument, fmt::format("{} needs a value", word));
    }
    const std::string value = takes_value ? given[++i] : "";
    if (word == "--only") {
      const bool known = std::ranges::find(cases, value, &Case::name) != cases.end();
      if (!known) return fail(Errc::invalid_argument, fmt::format("there is no case {}", value));
      arguments.only.push_back(value);
    } else if (word == "--clients") {
      arguments.setting.clients = std::clamp(std::atoi(value.c_str()), 1, 1000);
    } else if (word == "--dir") {
      arguments.directory = value;
    } else if (word == "--quick") {
      arguments.setting.quick = true;
    } else if (word == "--keep") {
      arguments.keep = true;
    } else if (word == "--help" || word == "-h") {
      arguments.help = true;
    } else if (word.starts_with("-")) {
      return fail(Errc::invalid_argument, fmt::format("there is no option {}; see --help", word));
    } else {
      arguments.setting.program = word;
    }
  }
  return arguments;
}

Status run_cases(const Arguments& arguments) {
  Status worst;
  for (const auto& c : cases) {
    const auto& only = arguments.only;
    if (!only.empty() && std::ranges::find(only, c.name) == only.end()) continue;
    if (const auto done = c.run(arguments.setting); !done) {
      print(json::object{{"name", c.name}, {"error", done.error().message}});
      worst = done;
    }
  }
  return worst;
}

Status run(Arguments arguments) {
  namespace fs = std::filesystem;
  auto& setting = arguments.setting;
  if (setting.program.empty()) {
    setting.program = fs::read_symlink("/proc/self/exe").parent_path() / "tidemill";
  }
  if (!fs::exists(setting.program)) {
    return fail(Errc::not_found, fmt::format("there is no {} to measure", setting.program));
  }
  const char* temporary = ::getenv("TMPDIR");
  if (arguments.directory.empty()) arguments.directory = temporary ? temporary : "/tmp";
  std::string scratch = fs::absolute(arguments.directory) / "tidemill-bench-XXXXXX";
  if (::mkdtemp(scratch.data()) == nullptr) {
    return fail(Errc::unavailable, "no directory can be made in " + arguments.directory);
  }
  setting.scratch = scratch;
  TM_TRY(const auto facts, machine_facts(scratch));
  print(facts);
  const auto done = run_cases(arguments);
  std::error_code ignored;
  if (!arguments.keep) fs::remove_all(scratch, ignored);
  return done;
}

}  // namespace

std::span<const Case> all_cases() noexcept { return cases; }

/// The subcommand that the arguments begin with; nullptr if there's none.
const Subcommand* subcommand(std::span<char*> arguments) noexcept {
  if (arguments.size() < 2) return nullptr;
  const auto* found =
      std::ranges::find(subcommands, std::string_view(arguments[1]), &Subcommand::name);
  return found == subcommands.end() ? nullptr : found;
}

}  // namespace tidemill::bench

int main(int argc, char** argv) {
  using namespace tidemill::bench;
  ::signal(SIGPIPE, SIG_IGN);
  const std::span given(argv, std::size_t(argc));
  if (const auto* command = subcommand(given)) {
    const auto done = command->run(given.subspan(2));
    if (!done) std::cerr << done.error().message << "\n";
    return done ? 0 : 1;
  }
  auto arguments = parse(given);
  if (!arguments) {
    std::cerr << arguments.error().message << "\n";
    return 2;
  }
  if (arguments->help) {
    print_help();
    return 0;
  }
  if (const auto done = run(*std::move(arguments)); !done) {
    std::cerr << done.error().message << "\n";
    return 1;
  }
  return 0;
}
