/// What the events look like that AWS's services publish, and whether a pattern asks for something
/// that none of them has: a mistyped field, a detail type of another service. Pure. (AWS: "Amazon
/// S3 EventBridge event structure", "Automating AWS Glue with EventBridge", "CloudWatch alarm
/// events".)
#pragma once

#include <optional>
#include <string>

#include "pattern/pattern.h"

namespace tidemill::pattern {

/// Why no event will ever match.
struct Mistake {
  std::string path;  ///< Where in the pattern: "details.bucket.name".
  std::string text;  ///< A sentence: what is asked, and that no such event has it.
  std::string hint;  ///< What was probably meant; may be empty.
};

/// The mistake of the pattern's first branch, if all of its branches have one. Events of services
/// that aren't known here, and of users' own, may have anything below "detail".
[[nodiscard]] std::optional<Mistake> find_mistake(const Pattern& pattern);

}  // namespace tidemill::pattern
