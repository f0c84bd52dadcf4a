#include "events/retention.h"

namespace tidemill::events {

Result<bool> forget_events(store::Tx& tx, TimeMs before, int events_max) {
  TM_TRY(const auto old,
         tx.all(
             "SELECT seq FROM events e WHERE published_ms < $1"
             // The last of each stays: from it their numbers go on, and none is given twice.
             " AND seq < (SELECT max(seq) FROM events)"
             " AND seq NOT IN (SELECT event FROM deliveries ORDER BY id DESC LIMIT 1)"
             " AND seq NOT IN (SELECT event FROM decisions ORDER BY seq DESC LIMIT 1)"
             " AND NOT EXISTS (SELECT 1 FROM archived_events a WHERE a.event = e.seq)"
             " AND NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.event = e.seq"
             " AND d.state IN ('pending', 'batched'))"
             // A batch goes as a whole: its first delivery is what a redrive looks for.
             " AND NOT EXISTS (SELECT 1 FROM deliveries d JOIN batches b ON b.id = d.batch"
             " WHERE d.event = e.seq AND b.closed_ms >= $1) ORDER BY seq LIMIT $2",
             [](const store::Row& row) { return row.integer(0); }, before.ms, events_max));
  for (const auto seq : old) {
    TM_CHECK(tx.exec("DELETE FROM decisions WHERE event = $1", seq));
    TM_CHECK(
        tx.exec("DELETE FROM batch_files WHERE delivery IN (SELECT id FROM deliveries"
                " WHERE event = $1 AND batch IS NOT NULL)",
                seq));
    TM_CHECK(tx.exec("DELETE FROM deliveries WHERE event = $1", seq));
    TM_CHECK(tx.exec("DELETE FROM events WHERE seq = $1", seq));
  }
  TM_CHECK(
      tx.exec("DELETE FROM batches WHERE state = 'closed' AND closed_ms < $1"
              " AND NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.batch = batches.id)",
              before.ms));
  return int(old.size()) == events_max;
}

}  // namespace tidemill::events
