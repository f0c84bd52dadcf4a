/// A message's row, for the queues' own use.
#pragma once

#include <string>
#include <string_view>

#include "sqs/queues.h"

namespace tidemill::sqs {

struct Queues::Row {
  std::int64_t seq = 0, box = 0;
  std::string id;
  std::optional<std::string> lane;
  TimeMs sent, visible;
  std::int64_t receipt = 0, receives = 0;
  std::optional<std::int64_t> first_received;
  std::string sender, group_id, dedup_id, trace, source_arn, attributes, body;

  static constexpr std::string_view columns =
      "seq, box, id, lane, sent_ms, visible_ms, receipt, receives, first_received_ms, sender, "
      "coalesce(group_id, ''), coalesce(dedup_id, ''), coalesce(trace, ''), "
      "coalesce(source_arn, ''), attributes, body";

  static Row read(const store::Row& r) {
    Row row;
    row.seq = r.integer(0);
    row.box = r.integer(1);
    row.id = r.text(2);
    row.lane = r.maybe_text(3);
    row.sent = {r.integer(4)};
    row.visible = {r.integer(5)};
    row.receipt = r.integer(6);
    row.receives = r.integer(7);
    row.first_received = r.maybe_integer(8);
    row.sender = r.text(9);
    row.group_id = r.text(10);
    row.dedup_id = r.text(11);
    row.trace = r.text(12);
    row.source_arn = r.text(13);
    row.attributes = r.text(14);
    row.body = r.text(15);
    return row;
  }
};

/// Where a message goes, and what becomes of its past.
struct Queues::Place {
  const Queue& from;
  const Queue& to;
  bool as_new = false;  ///< With another id, as if it were sent now.
};

}  // namespace tidemill::sqs
