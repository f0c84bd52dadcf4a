#include "iam/on_behalf.h"

#include <fmt/format.h>

namespace tidemill::iam {

Conditions conditions_of(const OnBehalf& who) {
  return {{"aws:sourcearn", std::string(who.source_arn)},
          {"aws:sourceaccount", std::string(who.account)}};
}

std::string no_policy_allows(const OnBehalf& who, const Question& asked, std::string_view kind) {
  return fmt::format(
      "{} is not authorized to perform: {} on resource: {} for {} because no resource-based policy "
      "allows it; the {}'s Policy must let Service {} do so, with aws:SourceArn {}",
      who.service, asked.action, asked.resource, who.source_arn, kind, who.service, who.source_arn);
}

}  // namespace tidemill::iam
