/// Tags of jobs, triggers, workflows and databases, by their ARNs. Functions take the open
/// transaction.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "store/store.h"

namespace tidemill::glue {

using Tags = std::map<std::string, std::string>;

[[nodiscard]] Result<Tags> tags_of(store::Tx& tx, std::string_view arn);
/// Adds or replaces; without a word where none are given.
[[nodiscard]] Status save_tags(store::Tx& tx, std::string_view arn,
                               const std::optional<Tags>& tags);
[[nodiscard]] Status remove_tags(store::Tx& tx, std::string_view arn);

}  // namespace tidemill::glue
