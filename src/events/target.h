/// What a rule can reach. Implemented by glue, sqs, logs, …; registered with the Bus by the server.
/// What takes effect outside the program is handed over after the commit (events/courier.h).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/arn.h"
#include "events/event.h"
#include "store/store.h"

namespace tidemill::events {

/// Whether EventBridge may act on a target.
struct RoleDecision {
  bool allowed = false;
  std::string code;       ///< EventBridge's ERROR_CODE: FAILED_TO_ASSUME_ROLE or NO_PERMISSIONS.
  std::string reason;     ///< Names who, action and resource.
  bool is_final = false;  ///< An explicit deny: whatever the target's role may.
};

class Target {
 public:
  virtual ~Target() = default;

  /// Whether `arn` is a resource of this kind (not: whether it exists).
  [[nodiscard]] virtual bool takes(const Arn& arn) const = 0;

  /// The IAM action that the target's role needs on the target's ARN ("glue:StartJobRun").
  [[nodiscard]] virtual std::string_view action() const = 0;

  /// Whether PutTargets asks for a RoleArn, as AWS does for this kind.
  [[nodiscard]] virtual bool needs_role() const { return false; }

  /// Whether one delivery may stand for many files (rules with the tag tidemill:batch); if not,
  /// each of them comes by itself.
  [[nodiscard]] virtual bool takes_batches() const { return false; }

  /// What a policy of the resource's own says (a queue's); nullopt where its kind has none, so that
  /// the target's role decides. If it doesn't allow and isn't final, the role may, where the target
  /// has one.
  virtual Result<std::optional<RoleDecision>> decide(store::Tx& /*tx*/,
                                                     const Delivery& /*delivery*/) {
    return std::nullopt;
  }

  /// Takes effect in `tx`, the transaction that also ends the delivery; hence once. Called on the
  /// commit thread, only after it was allowed. An Error undoes the whole transaction and is
  /// for broken stores only; what the target refuses is an Outcome. A target outside answers
  /// `sent`, and is handed the delivery by tx.on_commit; at least once, for a restart repeats it.
  virtual Result<Outcome> apply(store::Tx& tx, const Delivery& delivery) = 0;
};

}  // namespace tidemill::events
