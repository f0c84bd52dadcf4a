/// What a rule would have done: the events of late, asked again with another pattern. Reads only.
#pragma once

#include <optional>
#include <string>

#include "base/json.h"
#include "events/rule.h"
#include "store/store.h"

namespace tidemill::explain {

struct Rehearsal {
  events::BusKey bus;
  std::string pattern;
  std::optional<std::string> against;  ///< A pattern to compare with: today's of a rule.
  TimeMs since, until;
  std::size_t shown_max = 50;
};

/// So many events are asked at most, the newest first.
constexpr int rehearsed_max = 100'000;

/// {"asked", "complete": no more events were there, "matched", "events": the newest that match;
/// with `against` also "newly" and "no_longer": how many match only the one, only the other; each
/// event
/// {"id", "published_ms", "detail_type", "source", "subject", "change": "same", "new" or "lost"}}.
/// Fails with AWS's InvalidEventPatternException.
[[nodiscard]] Result<json::object> rehearse(store::Tx& tx, const Rehearsal& rehearsal);

}  // namespace tidemill::explain
