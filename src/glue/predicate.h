/// When a CONDITIONAL trigger fires: by how the runs ended that it watches. Pure.
/// (AWS: Predicate and Condition of the Trigger API.)
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/json.h"
#include "glue/run.h"

namespace tidemill::glue {

struct Condition {
  std::string job;
  RunState state = RunState::succeeded;
};

struct Predicate {
  bool any = false;  ///< Logical is ANY: one condition is enough.
  std::vector<Condition> conditions;

  [[nodiscard]] bool watches(std::string_view job) const;
};

/// Reads AWS's Predicate. Fails with InvalidInputException, naming what is wrong with which
/// condition; conditions on crawlers aren't served.
[[nodiscard]] Result<Predicate> parse_predicate(const json::object& predicate);

/// A run that is over, as a predicate sees it.
struct Ending {
  std::string job, run;
  RunState state = RunState::succeeded;
};

/// The runs by which it holds, one for each condition that does; nullopt where it doesn't hold
/// (yet).
[[nodiscard]] std::optional<std::vector<Ending>> satisfied(const Predicate& predicate,
                                                           std::span<const Ending> endings);

}  // namespace tidemill::glue
