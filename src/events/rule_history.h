/// The history of rules: a row for each change of what a rule lets through, in the transaction that
/// changes it. Each event notes the last change that its rules had seen (events.as_of), so what a
/// rule said to it can be worked out again, exactly, as long as the event is kept. Functions take
/// the open transaction.
///
/// A number and not an instant, because a change takes effect after its commit, and an event may be
/// published in between, in the same commit.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "events/rule.h"

namespace tidemill::events {

/// What a rule was from one change to the next.
struct RuleVersion {
  std::int64_t change = 0;  ///< rule_changes.id; up to 0: as the history found it when it began.
  TimeMs at;                ///< Of the change.
  bool made = false;        ///< There was no rule of that name before.
  bool deleted = false;     ///< There is none since; the rest is empty.
  bool enabled = false;
  std::string pattern;  ///< Empty: it had a schedule only.
};

/// Which rules an event met.
struct Meeting {
  std::int64_t as_of = 0;  ///< events.as_of
  TimeMs published;
};

/// A rule as an event met it, and as it is now.
struct RulePast {
  std::string name;
  std::optional<RuleVersion> then;  ///< nullopt: it wasn't made yet.
  bool assumed = false;  ///< `then` is later than the event: what was before isn't known.
  RuleVersion now;
  TimeMs made_at;
};

/// Notes what `rule` is from now on, at `rule.modified`, unless it was that before.
[[nodiscard]] Status note_change(store::Tx& tx, const Rule& rule);
[[nodiscard]] Status note_deletion(store::Tx& tx, const Rule& rule, TimeMs now);

/// The number of the last change; 0 if there was none.
[[nodiscard]] Result<std::int64_t> last_change(store::Tx& tx);

/// Every rule of the bus that is there or was then, in the order of their names.
[[nodiscard]] Result<std::vector<RulePast>> rules_met(store::Tx& tx, const BusKey& bus,
                                                      const Meeting& meeting);
/// Whether the event met the rule after that change.
[[nodiscard]] bool is_after(const Meeting& meeting, const RuleVersion& version);
/// The rule's last change; nullopt if there never was such a rule.
[[nodiscard]] Result<std::optional<RuleVersion>> newest_version(store::Tx& tx, const BusKey& bus,
                                                                std::string_view name);

/// Lets go of what no kept event met.
[[nodiscard]] Status forget_changes(store::Tx& tx);

}  // namespace tidemill::events
