#include "events/retention.h"

#include "events/rule_history.h"

namespace tidemill::events {
namespace {

/// Takes the event out of the batches that it is a file of. By their key: they may be large.
Status forget_file(store::Tx& tx, std::int64_t event) {
  struct Member {
    std::int64_t batch, delivery;
    std::string file;
  };
  TM_TRY(
      const auto members,
      tx.all(
          "SELECT d.batch, d.id, e.subject FROM deliveries d JOIN events e ON e.seq = d.event"
          " WHERE d.event = $1 AND d.batch IS NOT NULL",
          [](const store::Row& row) { return Member{row.integer(0), row.integer(1), row.text(2)}; },
          event));
  for (const auto& [batch, delivery, file] : members) {
    TM_CHECK(tx.exec("DELETE FROM batch_files WHERE batch = $1 AND file = $2 AND delivery = $3",
                     batch, file, delivery));
  }
  return {};
}

/// Batches that are over and have no deliveries any more.
Status forget_batches(store::Tx& tx, TimeMs before) {
  TM_TRY(const auto over,
         tx.all(
             "SELECT id FROM batches WHERE state = 'closed' AND closed_ms < $1"
             " AND NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.batch = batches.id)",
             [](const store::Row& row) { return row.integer(0); }, before.ms));
  for (const auto batch : over) {
    TM_CHECK(tx.exec("DELETE FROM batch_expected WHERE batch = $1", batch));
    TM_CHECK(tx.exec("DELETE FROM batches WHERE id = $1", batch));
  }
  return {};
}

}  // namespace

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
    TM_CHECK(forget_file(tx, seq));
    TM_CHECK(tx.exec("DELETE FROM deliveries WHERE event = $1", seq));
    TM_CHECK(tx.exec("DELETE FROM events WHERE seq = $1", seq));
  }
  TM_CHECK(forget_batches(tx, before));
  TM_CHECK(forget_changes(tx));
  return int(old.size()) == events_max;
}

}  // namespace tidemill::events
