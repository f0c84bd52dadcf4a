/// The condition operators of policies. Pure.
#pragma once

#include "iam/policy.h"

namespace tidemill::iam {

/// Whether `op` names an operator, with its prefixes (ForAnyValue:) and suffix (IfExists).
[[nodiscard]] bool known_operator(std::string_view op);

/// A missing key satisfies negated operators and …IfExists, and no others.
[[nodiscard]] bool test_holds(const Test& test, const Conditions& conditions);

/// `text` with ${aws:username} and the like filled in; nullopt where a key is missing.
[[nodiscard]] std::optional<std::string> fill_variables(std::string_view text,
                                                        const Conditions& conditions);

}  // namespace tidemill::iam
