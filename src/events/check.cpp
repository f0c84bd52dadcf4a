#include "events/check.h"

#include <fmt/format.h>

namespace tidemill::events {

Result<std::vector<std::string>> check_batches(store::Tx& tx) {
  TM_TRY(auto findings,
         tx.all("SELECT d.id, coalesce(d.batch, 0) FROM deliveries d"
                " LEFT JOIN batches b ON b.id = d.batch LEFT JOIN deliveries c ON c.id = d.batch"
                " WHERE d.state = 'batched' AND coalesce(b.state, '') <> 'open'"
                " AND coalesce(c.state, '') <> 'pending'",
                [](const store::Row& row) {
                  return fmt::format("delivery {} waits in batch {}, which is over", row.integer(0),
                                     row.integer(1));
                }));
  TM_TRY(const auto miscounted,
         tx.all("SELECT b.id, b.files, count(f.file) FROM batches b"
                " LEFT JOIN batch_files f ON f.batch = b.id WHERE b.state = 'open'"
                " GROUP BY b.id, b.files HAVING b.files <> count(f.file)",
                [](const store::Row& row) {
                  return fmt::format("batch {} counts {} files, but has {}", row.integer(0),
                                     row.integer(1), row.integer(2));
                }));
  findings.insert(findings.end(), miscounted.begin(), miscounted.end());
  return findings;
}

}  // namespace tidemill::events
