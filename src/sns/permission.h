/// AddPermission: a statement of a topic's policy. Pure.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "iam/grant.h"

namespace tidemill::sns {

/// `policy` with a statement more: `asked` without its resource, its actions without "SNS:". Fails
/// where the label is taken or the request isn't one.
[[nodiscard]] Result<std::string> add_permission(std::string_view policy,
                                                 std::string_view topic_arn, iam::Grant asked);

}  // namespace tidemill::sns
