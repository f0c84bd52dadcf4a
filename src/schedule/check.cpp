#include "schedule/check.h"

#include <fmt/format.h>

namespace tidemill::schedule {
namespace {

struct Invariant {
  std::string_view breach;  ///< What is wrong with each row that the query finds.
  std::string_view sql;
};

constexpr std::array invariants = {
    Invariant{"timers of no rule",
              "SELECT count(*) FROM timers WHERE kind = 0 AND ref NOT IN (SELECT id FROM rules)"},
    Invariant{
        "timers of no schedule",
        "SELECT count(*) FROM timers WHERE kind = 1 AND ref NOT IN (SELECT id FROM schedules)"},
    Invariant{
        "timers of no trigger",
        "SELECT count(*) FROM timers WHERE kind = 2 AND ref NOT IN (SELECT id FROM glue_triggers)"},
    Invariant{"schedules without a timer",
              "SELECT count(*) FROM schedules WHERE id NOT IN"
              " (SELECT ref FROM timers WHERE kind = 1)"},
    Invariant{"scheduled rules without a timer",
              "SELECT count(*) FROM rules WHERE schedule IS NOT NULL AND id NOT IN"
              " (SELECT ref FROM timers WHERE kind = 0)"},
    Invariant{"scheduled triggers without a timer",
              "SELECT count(*) FROM glue_triggers WHERE type = 'SCHEDULED' AND id NOT IN"
              " (SELECT ref FROM timers WHERE kind = 2)"},
    Invariant{"instants that ran and started nothing",
              "SELECT count(*) FROM firings WHERE fate IN ('fired', 'late') AND event IS NULL"},
    Invariant{"instants of no timer",
              "SELECT count(*) FROM firings WHERE timer NOT IN (SELECT id FROM timers)"}};

}  // namespace

Result<std::vector<std::string>> check_timers(store::Tx& tx) {
  std::vector<std::string> findings;
  for (const auto& invariant : invariants) {
    TM_TRY(const auto count,
           tx.one(invariant.sql, [](const store::Row& row) { return row.integer(0); }));
    if (*count > 0) findings.push_back(fmt::format("{} {}", *count, invariant.breach));
  }
  return findings;
}

}  // namespace tidemill::schedule
