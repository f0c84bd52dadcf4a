#include "glue/check.h"

#include <fmt/format.h>

namespace tidemill::glue {
namespace {

using Findings = std::vector<std::string>;

Result<Findings> check_actions(store::Tx& tx) {
  TM_TRY(auto findings,
         tx.all("SELECT a.chain, a.job, a.state, r.state FROM glue_actions a LEFT JOIN glue_runs r"
                " ON r.id = a.run WHERE a.run <> '' AND"
                " (r.id IS NULL OR r.final <> (a.state <> 'RUNNING'))",
                [](const store::Row& row) {
                  return fmt::format("{}: job {} is {}, but its run is {}", row.bytes(0),
                                     row.bytes(1), row.bytes(2),
                                     row.null(3) ? "not there" : row.bytes(3));
                }));
  TM_TRY(const auto lost,
         tx.all("SELECT a.chain, a.job FROM glue_actions a JOIN glue_firings f"
                " ON f.chain = a.chain AND f.trigger_name = a.trigger_name"
                " WHERE a.state = 'WAITING' AND NOT EXISTS (SELECT 1 FROM deliveries d"
                " WHERE d.event = f.event AND d.target_id = a.action AND d.state = 'pending')",
                [](const store::Row& row) {
                  return fmt::format("{}: job {} waits, but nothing will start it", row.bytes(0),
                                     row.bytes(1));
                }));
  findings.insert(findings.end(), lost.begin(), lost.end());
  return findings;
}

Result<Findings> check_workflow_runs(store::Tx& tx) {
  return tx.all(
      "SELECT id, status FROM glue_workflow_runs w WHERE final = 0 AND NOT EXISTS (SELECT 1"
      " FROM glue_actions a WHERE a.chain = w.id AND a.state IN ('WAITING', 'RUNNING'))",
      [](const store::Row& row) {
        return fmt::format("workflow run {} is {}, but nothing of it is left", row.bytes(0),
                           row.bytes(1));
      });
}

}  // namespace

Result<std::vector<std::string>> check_runs(store::Tx& tx) {
  TM_TRY(auto findings,
         tx.all("SELECT delivery, count(*) FROM glue_runs WHERE delivery <> 0 AND previous_id = ''"
                " GROUP BY delivery HAVING count(*) > 1",
                [](const store::Row& row) {
                  return fmt::format("delivery {} started {} runs", row.integer(0), row.integer(1));
                }));
  TM_TRY(const auto miscounted,
         tx.all("SELECT j.name, j.active, count(r.seq) FROM glue_jobs j LEFT JOIN glue_runs r"
                " ON r.account = j.account AND r.region = j.region AND r.job = j.name"
                " AND r.final = 0 GROUP BY j.account, j.region, j.name, j.active"
                " HAVING j.active <> count(r.seq)",
                [](const store::Row& row) {
                  return fmt::format("job {} counts {} open runs, but has {}", row.bytes(0),
                                     row.integer(1), row.integer(2));
                }));
  TM_TRY(const auto of_actions, check_actions(tx));
  TM_TRY(const auto of_workflows, check_workflow_runs(tx));
  for (const auto* more : {&miscounted, &of_actions, &of_workflows}) {
    findings.insert(findings.end(), more->begin(), more->end());
  }
  return findings;
}

}  // namespace tidemill::glue
