/// An event's row, as the stories read it. Internal to explain/.
#pragma once

#include <string>

#include "base/json.h"
#include "base/time.h"
#include "events/rule_history.h"
#include "store/store.h"

namespace tidemill::explain {

struct StoredEvent {
  std::int64_t seq = 0;
  std::string id, envelope;
  events::BusKey bus;
  events::Meeting met;
};

inline constexpr std::string_view select_events =
    "SELECT seq, id, account, region, bus, published_ms, envelope, as_of FROM events";

inline StoredEvent read_event(const store::Row& row) {
  return {.seq = row.integer(0),
          .id = row.text(1),
          .envelope = row.text(6),
          .bus = {{row.text(2), row.text(3)}, row.text(4)},
          .met = {.as_of = row.integer(7), .published = {row.integer(5)}}};
}

/// "batch 42 with 3 files; it closes with 10 files or at …": of what show_batch gives.
[[nodiscard]] std::string outlook(const json::object& batch);

}  // namespace tidemill::explain
