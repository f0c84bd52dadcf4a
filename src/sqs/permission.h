/// AddPermission and RemovePermission: statements of a queue's policy. Pure.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "iam/grant.h"

namespace tidemill::sqs {

/// `policy` (may be empty) with a statement more: `asked` without its resource, its actions without
/// "SQS:". Fails where the label is taken or the request isn't one.
[[nodiscard]] Result<std::string> add_permission(std::string_view policy,
                                                 std::string_view queue_arn, iam::Grant asked);
/// Without that statement; "" where no other is left.
[[nodiscard]] Result<std::string> remove_permission(std::string_view policy,
                                                    std::string_view label);

}  // namespace tidemill::sqs
