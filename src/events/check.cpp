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

Result<std::vector<std::string>> check_rules(store::Tx& tx) {
  // Of each name the last change, unless it was the deletion.
  constexpr std::string_view last =
      "SELECT account, region, bus, name, pattern, enabled FROM rule_changes c"
      " WHERE pattern IS NOT NULL AND NOT EXISTS (SELECT 1 FROM rule_changes later"
      " WHERE later.account = c.account AND later.region = c.region AND later.bus = c.bus"
      " AND later.name = c.name AND later.id > c.id)";
  const auto name = [](const store::Row& row) {
    return fmt::format("rule {} of bus {} isn't what the history of rules says", row.bytes(1),
                       row.bytes(0));
  };
  return tx.all(
      fmt::format("SELECT bus, name FROM"
                  " (SELECT account, region, bus, name, pattern, enabled FROM rules EXCEPT {0})"
                  " UNION SELECT bus, name FROM"
                  " ({0} EXCEPT SELECT account, region, bus, name, pattern, enabled FROM rules)",
                  last),
      name);
}

}  // namespace tidemill::events
