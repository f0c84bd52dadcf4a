#include "server/options.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <vector>

#include <fmt/format.h>
#define TOML_EXCEPTIONS 0
#include <toml++/toml.h>

#include "base/encoding.h"
#include "base/nearest.h"

namespace tidemill::server {
namespace {

constexpr OptionRow table[] = {
    {"--data", "TIDEMILL_DATA", "DIR", "Where everything is kept; made if it isn't there.",
     &Options::data},
    {"--listen", "TIDEMILL_LISTEN", "ADDRESS:PORT",
     "Where to listen; port 0 lets the system choose.", &Options::listen},
    {"--account-id", "TIDEMILL_ACCOUNT_ID", "DIGITS",
     "The account of the administrator: twelve digits.", &Options::account_id},
    {"--region", "TIDEMILL_REGION", "NAME", "The region where a request names none.",
     &Options::region},
    {"--base-domain", "TIDEMILL_BASE_DOMAIN", "DOMAIN",
     "S3 buckets are also found at BUCKET.DOMAIN.", &Options::base_domain},
    {"--python", "TIDEMILL_PYTHON", "PROGRAM", "The Python that runs the jobs.", &Options::python},
    {"--max-running", "TIDEMILL_MAX_RUNNING", "N",
     "Job processes at one time, the rest wait in STARTING; 0: two a core and two more.",
     &Options::max_running},
    {"--threads", "TIDEMILL_THREADS", "N", "Event loops; 0: one a core.", &Options::threads},
    {"--audit-days", "TIDEMILL_AUDIT_DAYS", "N",
     "Days for which events, deliveries, decisions and the audit trail are kept; 0: for ever.",
     &Options::audit_days},
    {"--reserve-mib", "TIDEMILL_RESERVE_MIB", "N",
     "Room on the disk that is kept free, so that things can be deleted when it is full; 0: none.",
     &Options::reserve_mib},
    {"--log-level", "TIDEMILL_LOG_LEVEL", "LEVEL", "debug, info, warn or error.",
     &Options::log_level},
    {"--strict-aws", "TIDEMILL_STRICT_AWS", "",
     "Refuse event patterns that AWS refuses, and have its quotas on rules.", &Options::strict_aws},
    {"--allow-local-targets", "TIDEMILL_ALLOW_LOCAL_TARGETS", "",
     "Let API destinations and the like be on loopback, link-local and metadata addresses.",
     &Options::allow_local_targets},
    {"--ca-file", "TIDEMILL_CA_FILE", "FILE",
     "Certificates (PEM) that HTTPS targets may also be vouched for by.", &Options::ca_file},
    {"--smtp", "TIDEMILL_SMTP", "HOST:PORT",
     "The relay that takes mails to subscribers of topics; without it none is sent.",
     &Options::smtp},
    {"--mail-from", "TIDEMILL_MAIL_FROM", "ADDRESS", "Whom those mails come from.",
     &Options::mail_from},
    {"--test-mode", "TIDEMILL_TEST_MODE", "",
     "For test suites: any key is accepted, no policy is asked, /_tidemill/reset and a clock.",
     &Options::test_mode},
    {"--failpoints", "TIDEMILL_FAILPOINTS", "NAME=ACTION;…",
     "For crash tests: where to crash, fail or wait.", &Options::failpoints},
    {"--allow-failpoints", "", "", "Let failpoints be set without test mode.",
     &Options::allow_failpoints},
};

Result<int> to_int(std::string_view text, std::string_view what) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) {
    return fail(Errc::invalid_argument,
                fmt::format("{} must be a whole number, not \"{}\"", what, text));
  }
  return value;
}

Result<bool> to_bool(std::string_view text, std::string_view what) {
  if (text == "1" || iequals(text, "true")) return true;
  if (text.empty() || text == "0" || iequals(text, "false")) return false;
  return fail(Errc::invalid_argument,
              fmt::format("{} must be true or false, not \"{}\"", what, text));
}

Status assign(Options& options, const OptionRow& row, std::string_view text,
              std::string_view what) {
  if (const auto* s = std::get_if<std::string Options::*>(&row.field)) {
    options.*(*s) = text;
  } else if (const auto* i = std::get_if<int Options::*>(&row.field)) {
    TM_TRY(options.*(*i), to_int(text, what));
  } else {
    TM_TRY(options.*std::get<bool Options::*>(row.field), to_bool(text, what));
  }
  return {};
}

const OptionRow* find_key(std::string_view key) {
  for (const auto& row : table) {
    if (row.flag.substr(2) == key) return &row;
  }
  return nullptr;
}

std::string_view nearest_key(std::string_view key) {
  std::vector<std::string_view> names;
  for (const auto& row : table) names.push_back(row.flag.substr(2));
  return nearest(key, names);
}

/// A variable that was left behind somewhere must not make a server crash, nor may others reach one
/// that does.
Status check_failpoints(const Options& options, bool loopback) {
  if (!options.failpoints.empty() && !options.test_mode && !options.allow_failpoints) {
    return fail(Errc::invalid_argument,
                "--failpoints (or TIDEMILL_FAILPOINTS) make the server crash on purpose; unset "
                "them, or add --allow-failpoints");
  }
  if (options.allow_failpoints && !loopback) {
    return fail(Errc::invalid_argument,
                "--allow-failpoints is for loopback addresses only; use --listen 127.0.0.1:PORT");
  }
  return {};
}

/// What a mail's envelope has no room for.
Status check_mail(const Options& options) {
  if (!options.smtp.empty()) TM_CHECK(parse_address(options.smtp, "--smtp"));
  const bool fine =
      options.mail_from.contains('@') && std::ranges::all_of(options.mail_from, [](char c) {
        return c > ' ' && c <= '~' && c != '<' && c != '>';
      });
  if (fine) return {};
  return fail(Errc::invalid_argument,
              fmt::format("--mail-from must be an address, not \"{}\"", options.mail_from));
}

}  // namespace

std::span<const OptionRow> option_table() noexcept { return table; }

Status apply_environment(Options& options) {
  for (const auto& row : table) {
    if (row.environment.empty()) continue;
    const std::string name(row.environment);
    const char* value = std::getenv(name.c_str());
    if (value == nullptr) continue;
    TM_CHECK(assign(options, row, value, row.environment));
  }
  return {};
}

Status apply_file(Options& options, const std::string& path) {
  const auto parsed = toml::parse_file(path);
  if (!parsed) {
    return fail(Errc::invalid_argument,
                fmt::format("{}: line {}: {}", path, parsed.error().source().begin.line,
                            parsed.error().description()));
  }
  for (const auto& [key, node] : parsed.table()) {
    const std::string_view name = key.str();
    const auto what = fmt::format("{}: {}", path, name);
    const auto* row = find_key(name);
    if (row == nullptr) {
      return fail(Errc::invalid_argument, fmt::format("{} is not a setting; did you mean \"{}\"?",
                                                      what, nearest_key(name)));
    }
    std::string text;
    if (const auto s = node.value_exact<std::string>()) {
      text = *s;
    } else if (const auto i = node.value_exact<std::int64_t>()) {
      text = std::to_string(*i);
    } else if (const auto b = node.value_exact<bool>()) {
      text = *b ? "true" : "false";
    } else {
      return fail(Errc::invalid_argument,
                  fmt::format("{} must be a text, a whole number or a switch", what));
    }
    TM_CHECK(assign(options, *row, text, what));
  }
  return {};
}

Result<Address> parse_address(std::string_view text, std::string_view flag) {
  const auto refuse = [&] {
    return fail(Errc::invalid_argument,
                fmt::format("{} must be ADDRESS:PORT, not \"{}\"", flag, text));
  };
  const auto colon = text.rfind(':');
  if (colon == text.npos) return refuse();
  auto host = text.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  TM_TRY(const int port, to_int(text.substr(colon + 1), fmt::format("the port of {}", flag)));
  if (port < 0 || port > 65535 || host.empty()) return refuse();
  return Address{std::string(host), port};
}

Status check_options(const Options& options) {
  TM_TRY(const auto address, parse_address(options.listen));
  const bool digits =
      std::ranges::all_of(options.account_id, [](char c) { return c >= '0' && c <= '9'; });
  if (options.account_id.size() != 12 || !digits) {
    return fail(Errc::invalid_argument,
                fmt::format("--account-id must be twelve digits, not \"{}\"", options.account_id));
  }
  if (options.region.empty()) return fail(Errc::invalid_argument, "--region must not be empty");
  const bool loopback =
      address.host == "::1" || address.host == "localhost" || address.host.starts_with("127.");
  if (options.test_mode && !loopback) {
    return fail(Errc::invalid_argument,
                "--test-mode accepts any key, so it listens on loopback addresses only; use "
                "--listen 127.0.0.1:PORT");
  }
  TM_CHECK(check_failpoints(options, loopback));
  TM_CHECK(check_mail(options));
  static constexpr std::string_view levels[] = {"debug", "info", "warn", "error"};
  if (std::ranges::find(levels, options.log_level) == std::end(levels)) {
    return fail(Errc::invalid_argument, fmt::format("--log-level must be debug, info, warn or "
                                                    "error, not \"{}\"",
                                                    options.log_level));
  }
  if (options.max_running < 0 || options.threads < 0 || options.audit_days < 0 ||
      options.reserve_mib < 0) {
    return fail(Errc::invalid_argument,
                "--max-running, --threads, --audit-days and --reserve-mib must not be negative");
  }
  return {};
}

}  // namespace tidemill::server
