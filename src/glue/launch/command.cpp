#include "glue/launch/command.h"

#include <array>
#include <cstdlib>

#include <fmt/format.h>

#include "base/encoding.h"
#include "glue/job.h"

namespace tidemill::glue {
namespace {

/// Not AWS_… and not TIDEMILL_…: the daemon's own secrets are none of a job's business.
constexpr std::array inherited = {"PATH",        "HOME",           "LANG",          "LC_ALL",
                                  "TZ",          "SSL_CERT_DIR",   "SSL_CERT_FILE", "HTTP_PROXY",
                                  "HTTPS_PROXY", "NO_PROXY",       "http_proxy",    "https_proxy",
                                  "no_proxy",    "LD_LIBRARY_PATH"};

/// Arguments that every triggered job also finds in its environment, in capitals.
constexpr std::array trigger_names = {
    "--trigger_source",    "--bucket",       "--object_key",       "--object_etag",
    "--object_version_id", "--object_size",  "--object_sequencer", "--event_id",
    "--event_time",        "--rule_name",    "--schedule_name",    "--trigger_name",
    "--scheduled_time",    "--batch_id",     "--batch_group",      "--batch_reason",
    "--batch_marker",      "--object_count", "--object_keys",      "--manifest"};

std::string capitals(std::string_view name) {
  std::string text(name);
  for (char& c : text) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return text;
}

bool has_nul(std::string_view text) { return text.find('\0') != std::string_view::npos; }

/// A module is imported from the folder it is in, an archive from itself.
std::string import_path(const std::string& file) {
  return file.ends_with(".py") ? file.substr(0, file.rfind('/')) : file;
}

std::string python_path(const CommandFacts& facts) {
  std::string path;
  const auto add = [&path](std::string_view part) {
    if (part.empty()) return;
    if (!path.empty()) path += ':';
    path += part;
  };
  for (const auto& module : facts.modules) add(import_path(module));
  add(facts.python_path);
  if (const char* own = std::getenv("PYTHONPATH")) add(own);
  return path;
}

}  // namespace

std::vector<std::string> module_uris(const Launch& launch) {
  std::vector<std::string> uris;
  const auto found = launch.arguments.find("--extra-py-files");
  if (found == launch.arguments.end()) return uris;
  std::string_view rest = found->second;
  while (!rest.empty()) {
    const auto part = rest.substr(0, rest.find(','));
    rest.remove_prefix(std::min(rest.size(), part.size() + 1));
    if (const auto uri = trim(part); !uri.empty()) uris.emplace_back(uri);
  }
  return uris;
}

Result<std::vector<std::string>> command_line(const Launch& launch, const CommandFacts& facts) {
  std::vector<std::string> argv = {facts.python, facts.bootstrap, facts.script};
  const auto arguments =
      make_argv(launch.arguments, {.job_name = launch.job_name,
                                   .job_id = job_id(launch.scope, launch.job_name),
                                   .run_id = launch.run_id,
                                   .manifest = facts.manifest,
                                   .temp_dir = facts.temp_dir,
                                   .is_python_shell = launch.command == "pythonshell"});
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    if (has_nul(arguments[i])) {
      return fail(Errc::invalid_argument,
                  fmt::format("The value of the argument {} has a NUL character in it, which no "
                              "process can be given",
                              arguments[i - i % 2]));
    }
  }
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  return argv;
}

std::vector<std::string> command_environment(const Launch& launch, const CommandFacts& facts) {
  std::vector<std::string> environment;
  const auto set = [&environment](std::string_view name, std::string_view value) {
    if (!has_nul(value)) environment.push_back(fmt::format("{}={}", name, value));
  };
  for (const char* name : inherited) {
    if (const char* value = std::getenv(name)) set(name, value);
  }
  set("AWS_ACCESS_KEY_ID", facts.credentials.access_key_id);
  set("AWS_SECRET_ACCESS_KEY", facts.credentials.secret.reveal());
  if (!facts.credentials.session_token.empty()) {
    set("AWS_SESSION_TOKEN", facts.credentials.session_token);
  }
  set("AWS_ENDPOINT_URL", facts.endpoint_url);
  set("AWS_REGION", launch.scope.region);
  set("AWS_DEFAULT_REGION", launch.scope.region);
  set("AWS_EC2_METADATA_DISABLED", "true");
  set("PYTHONUNBUFFERED", "1");
  if (const std::string path = python_path(facts); !path.empty()) set("PYTHONPATH", path);
  set("TMPDIR", facts.temp_dir);
  set("JOB_NAME", launch.job_name);
  set("JOB_RUN_ID", launch.run_id);
  set("TRIGGER_SOURCE", launch.trigger_source);
  for (const std::string_view name : trigger_names) {
    const auto found = launch.arguments.find(name);
    if (found == launch.arguments.end() || name == "--trigger_source") continue;
    const bool is_manifest = name == "--manifest" && !facts.manifest.empty();
    set(capitals(name.substr(2)), is_manifest ? facts.manifest : found->second);
  }
  return environment;
}

}  // namespace tidemill::glue
