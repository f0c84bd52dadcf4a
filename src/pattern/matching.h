/// One event against an index of rules. Internal to pattern/; reads only, from any thread.
#pragma once

#include "pattern/rule_index.h"

namespace tidemill::pattern {

/// The rules that match, ascending; gives back how many branches were compared in full.
std::size_t match_rules(const RuleIndex& index, std::string_view json, Names names,
                        std::vector<RuleId>& out);

}  // namespace tidemill::pattern
