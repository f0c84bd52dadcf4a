/// What each command does once the command line is read. Each prints its answer to standard output.
#pragma once

#include <string>

#include "base/error.h"
#include "cli/render.h"
#include "server/options.h"

namespace tidemill::cli {

/// What the commands that ask a server have in common.
struct Query {
  std::string data;  ///< Data directory; may be empty.
  std::string job;
  std::string bus = "default";
  int max = 50;
  bool json = false;
  Style style;
};

constexpr int exit_done = 0, exit_failed = 1, exit_wrong_use = 2;

/// Prints what went wrong, if anything did; the exit code.
int report(const Status& status);
[[nodiscard]] std::string version_text();
/// Prints the server's answer, as JSON or as it was rendered for people.
void print(const Query& query, const json::value& answer, std::string_view rendered);
/// The text itself, or the file that "@FILE" names.
[[nodiscard]] Result<std::string> text_or_file(const std::string& given);

Status serve(const server::Options& options);
/// Lines of export for a shell.
Status env(const Query& query);
Status runs_list(const Query& query);
Status runs_logs(const Query& query, const std::string& run_id);
/// What of: s3://BUCKET/KEY, a run, a delivery, an event, a rule or a schedule.
Status explain(const Query& query, const std::string& what);
/// Fails if there are errors or warnings.
Status doctor(const Query& query);
/// Fails if the server finds anything amiss.
Status check(const Query& query);
Status rules_test(const std::string& pattern, const std::string& event, bool strict_aws);
int rules_jsonl(bool strict_aws);
/// Fails if there are errors or warnings.
Status rules_lint(const Query& query);

}  // namespace tidemill::cli
