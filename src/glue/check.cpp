#include "glue/check.h"

#include <fmt/format.h>

namespace tidemill::glue {

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
  findings.insert(findings.end(), miscounted.begin(), miscounted.end());
  return findings;
}

}  // namespace tidemill::glue
