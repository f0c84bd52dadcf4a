/// What a rule can reach inside the program. Implemented by glue, sqs, logs, …; registered with the
/// Bus by the server.
#pragma once

#include <string_view>

#include "base/arn.h"
#include "events/event.h"
#include "store/store.h"

namespace tidemill::events {

class Target {
 public:
  virtual ~Target() = default;

  /// Whether `arn` is a resource of this kind (not: whether it exists).
  [[nodiscard]] virtual bool takes(const Arn& arn) const = 0;

  /// The IAM action that the target's role needs on the target's ARN ("glue:StartJobRun").
  [[nodiscard]] virtual std::string_view action() const = 0;

  /// Takes effect in `tx`, the transaction that also ends the delivery; hence once. Called on the
  /// commit thread, only after the role was allowed. An Error undoes the whole transaction and is
  /// for broken stores only; what the target refuses is an Outcome.
  virtual Result<Outcome> apply(store::Tx& tx, const Delivery& delivery) = 0;
};

}  // namespace tidemill::events
