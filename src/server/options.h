/// What `tidemill serve` can be told: one table of every setting, from which come the flags, the
/// environment variables, the keys of the file and their help. Flags win over the environment, the
/// environment over the file, the file over the defaults.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "base/error.h"

namespace tidemill::server {

struct Options {
  std::string data = "tidemill-data";
  std::string listen = "127.0.0.1:4566";
  std::string account_id = "000000000000";
  std::string region = "us-east-1";
  std::string base_domain = "localhost";
  std::string python = "python3";
  std::string log_level = "info";
  int max_running = 0;
  int threads = 0;
  int audit_days = 30;
  int reserve_mib = 64;
  bool strict_aws = false;
  bool allow_local_targets = false;
  std::string ca_file;
  std::string smtp;
  std::string mail_from = "no-reply@tidemill.local";
  bool test_mode = false;
  std::string failpoints;
  bool allow_failpoints = false;
};

struct OptionRow {
  std::string_view flag;         ///< "--listen"; the file's key is the same without "--".
  std::string_view environment;  ///< "TIDEMILL_LISTEN"; empty: can't be set there.
  std::string_view value;        ///< What stands for the value in the help; empty for a switch.
  std::string_view help;
  std::variant<std::string Options::*, int Options::*, bool Options::*> field;
};

/// Every setting, in the order of the help.
[[nodiscard]] std::span<const OptionRow> option_table() noexcept;

/// Sets what the environment names. Fails with invalid_argument, naming the variable.
[[nodiscard]] Status apply_environment(Options& options);
/// Sets what the TOML file at `path` names. Fails on an unknown key, naming the nearest known one.
[[nodiscard]] Status apply_file(Options& options, const std::string& path);
/// Refuses what can't work: a bad address, an account that isn't twelve digits, test mode on an
/// address that others can reach, …
[[nodiscard]] Status check_options(const Options& options);

/// "127.0.0.1:4566" → host and port.
struct Address {
  std::string host;
  int port = 0;
};
[[nodiscard]] Result<Address> parse_address(std::string_view text,
                                            std::string_view flag = "--listen");

}  // namespace tidemill::server
