/// `tidemill schedule …`: its command line and what it does.
#pragma once

#include <string>

#include <CLI/App.hpp>

#include "cli/commands.h"

namespace tidemill::cli {

/// What its command line holds.
struct ScheduleOrder {
  std::string expression, timezone = "UTC", from, to, name, at, overlap = "allow";
  int count = 5;
  bool jsonl = false, for_rule = false, dry_run = false;
};

CLI::App* add_schedule(CLI::App& app, ScheduleOrder& order, Query& query);

/// Runs the subcommand that was parsed. Gives the exit code.
int run_schedule(const CLI::App& schedule, const ScheduleOrder& order, const Query& query);

}  // namespace tidemill::cli
