/// Alarms as rows: what each operation does to them and their history, in a transaction that the
/// caller opens. Owned by the server; what changes them runs on the commit thread.
#pragma once

#include <functional>
#include <span>

#include "base/random.h"
#include "events/bus.h"
#include "metrics/alarm_actions.h"
#include "metrics/alarm_suppression.h"
#include "store/store.h"

namespace tidemill::metrics {

struct AlarmQuery {
  Scope scope;
  std::vector<std::string> names;  ///< Empty: by prefix.
  std::string prefix, state, action_prefix;
  bool metric_alarms = true, composite_alarms = false;
  std::string after;  ///< The name at which the page before ended.
  int count = 50;
};
struct AlarmPage {
  std::vector<Alarm> alarms;
  std::optional<std::string> next;
};

struct HistoryItem {
  std::int64_t seq = 0;
  std::string name, type, summary, data;
  bool is_composite = false;
  TimeMs at;
};
struct HistoryQuery {
  Scope scope;
  std::string name, type;  ///< Empty: of all.
  bool metric_alarms = true, composite_alarms = true;
  std::optional<TimeMs> from, until;
  std::int64_t after = 0;  ///< The item at which the page before ended.
  int count = 100;
  bool oldest_first = false;
};

/// A state and why: what an evaluation or SetAlarmState came to.
struct Verdict {
  std::string state, reason;
  std::optional<std::string> reason_data;
};

class AlarmBook {
 public:
  /// All outlive it. `changed` is called on the commit thread after a commit: alarms were put.
  struct Parts {
    events::Bus& bus;
    const Clock& clock;
    Random& random;
    std::function<void()> changed;
    AlarmActions* actions = nullptr;  ///< Without it every action fails.
  };
  explicit AlarmBook(Parts parts) : parts_(std::move(parts)) {}

  [[nodiscard]] Status put(store::Tx& tx, const AlarmKey& key, const json::object& settings,
                           const Tags& tags);
  /// With the state that its rule comes to. Fails if the rule names an alarm that isn't there, or
  /// one that needs this one.
  [[nodiscard]] Status put_composite(store::Tx& tx, const AlarmKey& key,
                                     const json::object& settings, const Tags& tags);
  /// Fails with ResourceNotFound if one of them isn't there, and if a composite alarm that stays
  /// needs one of them; then none is deleted.
  [[nodiscard]] Status remove(store::Tx& tx, const Scope& scope,
                              std::span<const std::string> names);
  [[nodiscard]] Status enable_actions(store::Tx& tx, const Scope& scope,
                                      std::span<const std::string> names, bool enabled);
  /// Fails with ResourceNotFound.
  [[nodiscard]] Status set_state(store::Tx& tx, const AlarmKey& key, const Verdict& verdict);
  /// What an evaluation of `seen` came to; nothing if the alarm has changed meanwhile.
  [[nodiscard]] Status judge(store::Tx& tx, const Alarm& seen, const Verdict& verdict);

  [[nodiscard]] static Result<std::optional<Alarm>> find(store::Tx& tx, const AlarmKey& key);
  [[nodiscard]] static Result<AlarmPage> list(store::Tx& tx, const AlarmQuery& query);
  /// The alarms that the rule of a composite alarm names, and the composite alarms that name it.
  [[nodiscard]] static Result<std::vector<Alarm>> children(store::Tx& tx, const Alarm& alarm);
  [[nodiscard]] static Result<std::vector<Alarm>> parents(store::Tx& tx, const Alarm& alarm);
  /// Ends the periods of suppressed actions that are over: what waited is told. Gives the end of
  /// the next one.
  [[nodiscard]] Result<std::optional<TimeMs>> release(store::Tx& tx);
  [[nodiscard]] static Result<std::optional<TimeMs>> next_release(store::Tx& tx);

  /// Metric alarms of all accounts, those with a larger id than `after`, by id.
  [[nodiscard]] static Result<std::vector<Alarm>> all(store::Tx& tx, std::int64_t after, int count);
  [[nodiscard]] static Result<std::vector<HistoryItem>> history(store::Tx& tx,
                                                                const HistoryQuery& query);

  /// Fail with ResourceNotFoundException.
  [[nodiscard]] static Status tag(store::Tx& tx, const AlarmKey& key, const Tags& tags);
  [[nodiscard]] static Status untag(store::Tx& tx, const AlarmKey& key,
                                    std::span<const std::string> keys);
  /// Of an alarm that isn't there: none, as on AWS.
  [[nodiscard]] static Result<Tags> tags(store::Tx& tx, const AlarmKey& key);

  /// Test mode: forgets every alarm.
  [[nodiscard]] static Status reset(store::Tx& tx);

 private:
  struct Note {
    std::string_view type;
    std::string summary, data;
  };
  Status note(store::Tx& tx, const Alarm& alarm, const Note& note) const;
  /// Writes its settings and tags; gives it as it is then.
  Result<Alarm> save(store::Tx& tx, Alarm alarm, const Tags& tags) const;
  /// Sets the state of one alarm; true if it is another than before.
  Result<bool> set_one(store::Tx& tx, Alarm& alarm, const Verdict& verdict) const;
  /// Sets the state, and those of the composite alarms that follow from it.
  Status change_state(store::Tx& tx, Alarm alarm, const Verdict& verdict) const;
  Status follow(store::Tx& tx, const Alarm& changed) const;
  /// Looks at a composite alarm after `cause` has changed; true if it changes too.
  Result<bool> settle(store::Tx& tx, Alarm& alarm, const Alarm& cause) const;
  Status check_parents(store::Tx& tx, const std::map<std::string, Alarm>& alarms) const;
  Status publish(store::Tx& tx, const Alarm& before, const Alarm& after) const;
  Status act(store::Tx& tx, const Alarm& before, const Alarm& alarm) const;
  /// Writes it, and performs the actions that need wait no longer.
  Status suppress(store::Tx& tx, Alarm& alarm, Suppression suppression) const;
  Result<Suppressor> suppressor_of(store::Tx& tx, const Alarm& alarm) const;
  Status put_suppressor(store::Tx& tx, Alarm& alarm, const std::optional<Alarm>& by) const;

  const Parts parts_;
};

}  // namespace tidemill::metrics
