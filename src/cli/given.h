/// What the command line holds, and how a command is added to it: its options fill `Given`, and it
/// says what is to be done. Internal to cli/; one thread.
#pragma once

#include <functional>
#include <string>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include "cli/commands.h"
#include "cli/deliveries.h"
#include "cli/schedule.h"
#include "server/options.h"

namespace tidemill::cli {

struct Given {
  server::Options serve;
  std::string config;
  Query query;
  DeliveryQuery deliveries;
  ScheduleOrder schedule;
  std::string run_id, uri, pattern, event;
  bool jsonl = false, strict_aws = false;
  std::function<int()> action;  ///< Of the command that was named; gives the exit code.
};

/// A command with commands of its own.
CLI::App* add_group(CLI::App& app, const std::string& name, const std::string& help);
/// A command that asks a server: --data, --json.
CLI::App* add_query(CLI::App& app, const std::string& name, const std::string& help, Given& given);
/// --max N.
void add_max(CLI::App& command, Given& given);
/// --bus NAME.
void add_bus(CLI::App& command, Given& given);
/// What the command does: a function that gives a Status.
void does(CLI::App& command, Given& given, std::function<Status()> action);

/// rules, deliveries, backfill.
void add_rules(CLI::App& app, Given& given);
void add_deliveries(CLI::App& app, Given& given);

}  // namespace tidemill::cli
