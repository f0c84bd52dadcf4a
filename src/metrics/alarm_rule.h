/// The rule of a composite alarm: ALARM("a") AND NOT (OK(b) OR AT_LEAST(50%, NOT OK, (c, d))).
/// Pure. (AWS: PutCompositeAlarm, AlarmRule.)
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace tidemill::metrics {

struct AlarmRule {
  enum class Kind : std::uint8_t { constant, state, negation, all, any, at_least };
  Kind kind = Kind::constant;
  bool value = false;        ///< Of a constant.
  std::string state, alarm;  ///< The alarm by name or ARN, and the state that it is to be in.
  std::vector<AlarmRule> parts;
  int least = 0;  ///< Of so many parts, or of so many in a hundred.
  bool is_percent = false;

  /// Fails with ValidationException: what is wrong and at which character.
  [[nodiscard]] static Result<AlarmRule> parse(std::string_view text);

  /// The alarms that it names, as they are written, each once.
  [[nodiscard]] std::vector<std::string> alarms() const;
  /// `state_of(alarm)` says which state an alarm is in.
  [[nodiscard]] bool holds(
      const std::function<std::string_view(const std::string& alarm)>& state_of) const;
};

}  // namespace tidemill::metrics
