/// Simulation: what the clients know of what they asked for; the judge holds it against what is
/// there.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "server/simulation/world_testing.h"

namespace tidemill::server::simulation {

/// Something that is on or off, as far as it is known.
struct Switch {
  bool is_on = true, is_known = true, is_changing = false;
  int changes = 0;
};

struct SentEvent {
  Fate fate = Fate::unknown;
  std::map<std::string, bool> matched;  ///< By the rules whose state was known all the time.
};

/// A message that a client sent.
struct SentMessage {
  std::string queue, id;
  Fate fate = Fate::unknown;
  bool may_double = false;  ///< It was sent again after FIFO's time of deduplication.
};

/// A message that somebody received.
struct Life {
  enum class Deletion : std::uint8_t { none, maybe, sure };
  std::string handle, group;
  TimeMs hidden_until;  ///< Nobody may receive it before; by the server's clock.
  Deletion deletion = Deletion::none;
};

/// When a timer was surely enabled: after the first, up to the last; by the server's clock.
struct Enabled {
  TimeMs from, to;
};

struct Ledger {
  std::map<std::string, SentEvent> events;       ///< By id.
  std::map<std::string, SentMessage> messages;   ///< By body.
  std::map<std::string, Life> lives;             ///< By id.
  std::map<std::int64_t, std::string> in_order;  ///< Ids of order.fifo by their SequenceNumber.
  std::map<std::string, int> blind_receives;     ///< By queue: receives without an answer.
  std::set<std::string> runs;                    ///< Acknowledged.
  std::map<std::string, Switch> switches;        ///< Rules and timers, by name.
  std::map<std::string, std::vector<Enabled>> enabled;  ///< Timers, by name.
};

}  // namespace tidemill::server::simulation
