/// Services that act for a resource of its own, say EventBridge for a rule, on one whose policy
/// must let them: a queue, a topic. Pure.
#pragma once

#include <string>
#include <string_view>

#include "iam/policy.h"

namespace tidemill::iam {

struct OnBehalf {
  std::string_view service;     ///< "events.amazonaws.com"
  std::string_view source_arn;  ///< The rule's.
  std::string_view account;
};

/// What the policy may ask about it.
[[nodiscard]] Conditions conditions_of(const OnBehalf& who);

/// Why `who` may not do that, and what the policy would have to say. `kind`: "queue".
[[nodiscard]] std::string no_policy_allows(const OnBehalf& who, const Question& asked,
                                           std::string_view kind);

}  // namespace tidemill::iam
