#include "explain/rehearsal.h"

#include "pattern/pattern.h"

namespace tidemill::explain {
namespace {

struct Counts {
  std::int64_t asked = 0, matched = 0, newly = 0, no_longer = 0;
};

json::object shown(const store::Row& row, std::string_view change) {
  json::object out{{"id", row.bytes(0)},
                   {"published_ms", row.integer(1)},
                   {"subject", row.bytes(2)},
                   {"change", change}};
  if (const auto envelope = json::parse_object(row.bytes(3))) {
    out["source"] = json::text_or_empty(*envelope, "source");
    out["detail_type"] = json::text_or_empty(*envelope, "detail-type");
  }
  return out;
}

}  // namespace

Result<json::object> rehearse(store::Tx& tx, const Rehearsal& rehearsal) {
  TM_TRY(const auto pattern, pattern::Pattern::compile(rehearsal.pattern));
  std::optional<pattern::Pattern> against;
  if (rehearsal.against) {
    TM_TRY(against, pattern::Pattern::compile(*rehearsal.against));
  }
  Counts counts;
  json::array events;
  const auto ask = [&](const store::Row& row) {
    if (++counts.asked > rehearsed_max) return false;
    const auto event = pattern::Event::parse(row.bytes(3));
    if (!event) return true;
    const bool now = pattern.matches(*event);
    const bool before = against ? against->matches(*event) : now;
    counts.matched += now ? 1 : 0;
    counts.newly += now && !before ? 1 : 0;
    counts.no_longer += before && !now ? 1 : 0;
    if ((now || before) && events.size() < rehearsal.shown_max) {
      events.push_back(shown(row, now == before ? "same" : now ? "new" : "lost"));
    }
    return true;
  };
  TM_CHECK(
      tx.each("SELECT id, published_ms, subject, envelope FROM events WHERE account = $1"
              " AND region = $2 AND bus = $3 AND published_ms >= $4 AND published_ms < $5"
              " ORDER BY seq DESC",
              ask, rehearsal.bus.scope.account, rehearsal.bus.scope.region, rehearsal.bus.bus,
              rehearsal.since.ms, rehearsal.until.ms));
  const bool complete = counts.asked <= rehearsed_max;
  json::object out{{"asked", complete ? counts.asked : rehearsed_max},
                   {"complete", complete},
                   {"matched", counts.matched},
                   {"events", std::move(events)}};
  if (against) {
    out["newly"] = counts.newly;
    out["no_longer"] = counts.no_longer;
  }
  return out;
}

}  // namespace tidemill::explain
