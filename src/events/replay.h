/// Replays: the archived events of a span of time, published again. Each batch is one transaction
/// with the replay's own progress, so a restart goes on behind the last event and sends none twice.
/// (AWS: "Replaying archived events with EventBridge".)
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "events/hub.h"
#include "store/store.h"

namespace tidemill::events {

struct Replay {
  std::int64_t id = 0;
  Scope scope;
  std::string name;
  std::string archive;  ///< Empty: what is kept of all events, but only what the rules match.
  BusKey destination;
  std::vector<std::string> filter_arns;  ///< Rules that alone are reached; empty: all.
  std::optional<std::string> description, reason;
  TimeMs from, until;
  std::string state;  ///< AWS's ReplayState.
  TimeMs started;
  std::optional<TimeMs> ended, last;  ///< `last`: the time of the last event that was sent.
  std::int64_t last_event = 0, sent = 0;

  [[nodiscard]] std::string arn() const;
};

/// Fails with AWS's ResourceNotFoundException.
[[nodiscard]] Result<Replay> require_replay(store::Tx& tx, const Scope& scope,
                                            std::string_view name);
/// Those of archives, in the order of their names.
[[nodiscard]] Result<std::vector<Replay>> list_replays(store::Tx& tx, const Scope& scope);
/// Fails with AWS's ResourceAlreadyExistsException.
[[nodiscard]] Status add_replay(store::Tx& tx, const Replay& replay);
/// CANCELLING, unless it has ended: then AWS's IllegalStatusException.
[[nodiscard]] Status cancel_replay(store::Tx& tx, const Replay& replay);

/// Works off the open replays, a batch a transaction, the oldest first.
class Replayer {
 public:
  /// All outlive it. `wake_later` is called where the store refused a batch (it was full, or the
  /// disk is): whoever owns the replayer wakes it after a while.
  Replayer(store::Store& store, Hub& hub, const Clock& clock, std::function<void()> wake_later)
      : store_(store), hub_(hub), clock_(clock), wake_later_(std::move(wake_later)) {}

  /// There is something to do: at start, and after a replay was added or cancelled. Any thread.
  void wake();

  /// One batch, in `tx`. False if nothing is left to do.
  [[nodiscard]] Result<bool> step(store::Tx& tx);

  static constexpr int batch_max = 200;

 private:
  Status send(store::Tx& tx, Replay& replay, bool& complete);
  [[nodiscard]] Result<bool> wanted(const Replay& replay, const Event& event) const;

  store::Store& store_;
  Hub& hub_;
  const Clock& clock_;
  const std::function<void()> wake_later_;
};

}  // namespace tidemill::events
