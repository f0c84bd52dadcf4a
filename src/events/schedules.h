/// What becomes of a rule's ScheduleExpression. Implemented by schedule, registered by the server;
/// events itself knows the expression only as a text.
#pragma once

#include "events/rule.h"
#include "store/store.h"

namespace tidemill::events {

class RuleSchedules {
 public:
  virtual ~RuleSchedules() = default;

  /// In the transaction that put, enabled, disabled or tagged `rule`.
  [[nodiscard]] virtual Status changed(store::Tx& tx, const Rule& rule) = 0;
  [[nodiscard]] virtual Status removed(store::Tx& tx, const Rule& rule) = 0;
};

}  // namespace tidemill::events
