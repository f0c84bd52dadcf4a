#include "sqs/check.h"

#include <fmt/format.h>

#include "sqs/queue.h"

namespace tidemill::sqs {
namespace {

using Findings = std::vector<std::string>;

Status check_messages(store::Tx& tx, Findings& findings) {
  const store::RowFn orphans = [&findings](const store::Row& row) {
    findings.push_back(
        fmt::format("{} messages are in box {}, of no queue", row.integer(1), row.integer(0)));
    return true;
  };
  TM_CHECK(
      tx.each("SELECT box, count(*) FROM sqs_messages WHERE box NOT IN"
              " (SELECT box FROM sqs_queues UNION SELECT box FROM sqs_garbage) GROUP BY box",
              orphans));
  const store::RowFn lanes = [&findings](const store::Row& row) {
    findings.push_back(fmt::format("message group {} of box {} isn't as its first message says",
                                   row.bytes(1), row.integer(0)));
    return true;
  };
  return tx.each(
      "SELECT h.box, h.lane FROM (SELECT box, lane, min(seq) AS head FROM sqs_messages"
      " WHERE lane IS NOT NULL GROUP BY box, lane) h JOIN sqs_messages m ON m.seq = h.head"
      " LEFT JOIN sqs_lanes l ON l.box = h.box AND l.lane = h.lane"
      " WHERE l.head IS NULL OR l.head <> h.head OR l.ready_ms <> m.visible_ms",
      lanes);
}

Status check_moves(store::Tx& tx, Findings& findings) {
  struct Ends {
    std::string task, source;
    std::optional<std::string> destination;
  };
  TM_TRY(const auto running,
         tx.all("SELECT task, source_arn, destination_arn FROM sqs_moves WHERE state = 'RUNNING'",
                [](const store::Row& row) {
                  return Ends{row.text(0), row.text(1), row.maybe_text(2)};
                }));
  for (const auto& [task, source, destination] : running) {
    for (const auto& arn : {std::optional(source), destination}) {
      if (!arn) continue;
      TM_TRY(const auto queue, find_queue(tx, *arn));
      if (!queue)
        findings.push_back(fmt::format("move task {} runs without its queue {}", task, *arn));
    }
  }
  return {};
}

}  // namespace

Result<Findings> check_queues(store::Tx& tx) {
  Findings findings;
  TM_CHECK(check_messages(tx, findings));
  TM_CHECK(check_moves(tx, findings));
  return findings;
}

}  // namespace tidemill::sqs
