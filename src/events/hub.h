/// The bus itself: matches what is published, keeps every delivery as a row, lets targets take
/// effect, and works off what could not take effect at once. On the commit thread throughout,
/// inside the transactions of those who call it.
#pragma once

#include <functional>
#include <set>
#include <string>
#include <vector>

#include "base/meter.h"
#include "base/random.h"
#include "events/archive.h"
#include "events/batch.h"
#include "events/bus.h"
#include "events/dead_letter.h"
#include "events/rulebook.h"
#include "events/target.h"

namespace tidemill::events {

struct Batch;

/// On whose behalf something is delivered: a rule, or a schedule of EventBridge Scheduler.
struct Sender {
  Scope scope;
  std::string name, arn;
  std::optional<std::int64_t> late_ms = {};  ///< Of what was due by its own time.
};

/// A line for a log group.
struct LogLine {
  Scope scope = {};
  std::string group = {};
  TimeMs at;
  std::string message;
};

class Hub final : public Bus {
 public:
  struct Options {
    /// Asked before every try of a target whose own policy doesn't allow it.
    std::function<RoleDecision(const Delivery&, std::string_view action)> role_allows;
    /// On the commit thread after a commit: a delivery is to be tried again at that time.
    std::function<void(TimeMs)> due;
    /// On the commit thread after a commit: there are new rows in `decisions`.
    std::function<void()> decided;
    /// In the transaction in which a target said that it has room again.
    std::function<Status(store::Tx&, std::string_view target_arn)> freed = {};
    /// On the commit thread after a commit: there are manifests of batches to be read.
    std::function<void()> listed = {};
    /// Where deliveries go that end without their target; may be nullptr. Outlives the hub.
    DeadLetterOffice* dead_letters = nullptr;
    /// After the commit of each event.
    std::function<void()> published = {};
    /// Told after commits what is counted; may be nullptr. Outlives the hub.
    Meter* meter = nullptr;
  };

  Hub(const Clock& clock, Random& random, Options options);

  /// Before the first use; `target` outlives the hub.
  void add_target(Target& target) { targets_.push_back(&target); }
  /// The target kind that `arn` belongs to, or nullptr.
  [[nodiscard]] Target* target_for(std::string_view arn) const;

  /// Whether EventBridge may try `delivery` on `target`: by the target's own policy or its role.
  [[nodiscard]] Result<RoleDecision> decide(store::Tx& tx, Target& target,
                                            const Delivery& delivery) const;

  /// At start: compiles all rules, and tries what was waiting when the program ended.
  [[nodiscard]] Status load(store::Tx& tx);

  Status publish(store::Tx& tx, const Event& event) override;
  /// Also where it is gone: what waits is refused. What is more than a transaction should hold
  /// follows in the next.
  Status target_free(store::Tx& tx, std::string_view target_arn) override;
  /// As target_free, in a transaction after this one: for who is in the midst of deliveries.
  void free_soon(store::Tx& tx, std::string_view target_arn);

  /// As publish, but no pattern is asked: goes to these targets of `sender`. Gives the event's
  /// number (events.seq).
  [[nodiscard]] Result<std::int64_t> deliver(store::Tx& tx, const Event& event,
                                             const Sender& sender,
                                             std::span<const RuleTarget> targets);

  /// Ends the deliveries of an event (its number) that are still pending, as failed: CANCELLED.
  [[nodiscard]] Status cancel(store::Tx& tx, std::int64_t event, std::string_view why);

  /// Writes `line` to its group, for a target that `delivery` reached.
  [[nodiscard]] Status log(store::Tx& tx, const Delivery& delivery, const LogLine& line);

  /// What came of a delivery that was sent outside (Outcome::Kind::sent).
  [[nodiscard]] Status settle(store::Tx& tx, std::int64_t delivery_id, const Outcome& outcome);

  /// Tries the pending deliveries that are due. Gives the next due time, if any.
  [[nodiscard]] Result<std::optional<TimeMs>> deliver_due(store::Tx& tx);

  /// The manifest `uri` of an open batch was read: the files that it lists, or what stood against
  /// it. Of no effect where it isn't waited for (any more).
  [[nodiscard]] Status list_read(store::Tx& tx, std::int64_t batch, const std::string& uri,
                                 const Result<std::vector<std::string>>& list);

  /// Closes the open batch that `delivery` is in, whatever its plan waits for. Gives its number.
  /// Fails with not_found, saying what there is instead.
  [[nodiscard]] Result<std::int64_t> close_batch(store::Tx& tx, const std::string& account,
                                                 std::int64_t delivery);

  /// Which failed deliveries are to be tried again: one, those of a rule's name, or all.
  struct Redrive {
    std::string account;
    std::int64_t delivery = 0;  ///< 0: not by number.
    std::string rule;           ///< Empty: not by rule.
  };
  static constexpr int redrive_max = 1000;
  /// Makes them pending, due now, with a new age, for the target as its rule has it today; a
  /// batch as a whole. Gives how many: of at most `redrive_max` of them, or batches, a call.
  [[nodiscard]] Result<int> redrive(store::Tx& tx, const Redrive& which);

  [[nodiscard]] RuleBook& rules() noexcept { return rules_; }
  [[nodiscard]] ArchiveBook& archives() noexcept { return archives_; }

  /// Test mode: forgets everything that was ever put or published.
  [[nodiscard]] Status reset(store::Tx& tx);

 private:
  struct Try;
  struct StoredDelivery;
  struct Published {
    const Event& event;
    std::int64_t seq;
    std::string envelope;
  };
  Result<Published> record_event(store::Tx& tx, const Event& event);
  Delivery make_delivery(const Sender& sender, const RuleTarget& target,
                         const Published& published);
  Status start(store::Tx& tx, const Sender& sender, const RuleTarget& target,
               const Published& published);
  Status start_all(store::Tx& tx, const CompiledRule& rule, const Published& published);
  [[nodiscard]] bool is_batched(const CompiledRule& rule, const RuleTarget& target,
                                const Event& event) const;
  Status gather(store::Tx& tx, const CompiledRule& rule, const RuleTarget& target,
                const Published& published);
  Result<Batch> batch_for(store::Tx& tx, const CompiledRule& rule, const Delivery& delivery,
                          std::string_view key);
  Status close(store::Tx& tx, Batch batch, BatchEnd end);
  Status close_or_wait(store::Tx& tx, Batch batch, const BatchStep& step);
  Result<std::optional<TimeMs>> close_due(store::Tx& tx);
  static Status tell_batch(store::Tx& tx, std::int64_t batch, Delivery& delivery);
  Status follow(store::Tx& tx, const Delivery& carrier, const Try& result);
  Status bury_members(store::Tx& tx, const Delivery& carrier, const Try& result);
  Status skip(store::Tx& tx, const Delivery& delivery, const Earlier& earlier,
              const Published& published);
  Status insert(store::Tx& tx, const Delivery& delivery, const RetryPolicy& policy,
                const Try& result, const Published& published);
  Result<Try> attempt(store::Tx& tx, const Delivery& delivery, const RetryPolicy& policy);
  Result<Try> judge(store::Tx& tx, const Delivery& delivery, const RetryPolicy& policy,
                    Outcome outcome);
  std::optional<TimeMs> next_due(const Delivery& delivery, const RetryPolicy& policy,
                                 const Try& result);
  Result<Outcome> apply(store::Tx& tx, const Delivery& delivery);
  Status bury(store::Tx& tx, const Delivery& delivery, Exhausted exhausted, Try& result);
  static Result<std::optional<StoredDelivery>> find_delivery(store::Tx& tx, std::int64_t id);
  Status retry(store::Tx& tx, std::int64_t delivery_id, Try& result);
  Status resend(store::Tx& tx);
  Status free_told(store::Tx& tx);
  Status finish(store::Tx& tx, const StoredDelivery& stored, const Try& result);
  Status record(store::Tx& tx, const Delivery& delivery, std::int64_t event_seq, const Try& result,
                const std::string& subject);
  static std::string record_text(const Delivery& delivery, const Try& result,
                                 const std::string& subject);
  void tell_published(store::Tx& tx) const;
  void announce(store::Tx& tx, const Try& result);
  void count(store::Tx& tx, const Delivery& delivery, const Try& result) const;
  void count(store::Tx& tx, const Sender& sender) const;

  const Clock& clock_;
  Random& random_;
  const Options options_;
  std::vector<Target*> targets_;
  RuleBook rules_;
  ArchiveBook archives_;
  /// Given out once, also after a reset: others have noted how far they have come.
  std::int64_t last_event_ = 0, last_delivery_ = 0, last_decision_ = 0;
  std::set<std::string, std::less<>> told_free_;  ///< By free_soon. A restart tries all that waits.
  int depth_ = 0;  ///< Of events published by targets that events started.
};

}  // namespace tidemill::events
