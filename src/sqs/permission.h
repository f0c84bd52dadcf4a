/// AddPermission and RemovePermission: statements of a queue's policy. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace tidemill::sqs {

struct Permission {
  std::string_view label;
  std::vector<std::string> accounts, actions;
};

/// `policy` (may be empty) with a statement more. Fails where the label is taken or the request
/// isn't one.
[[nodiscard]] Result<std::string> add_permission(std::string_view policy,
                                                 std::string_view queue_arn,
                                                 const Permission& permission);
/// Without that statement; "" where no other is left.
[[nodiscard]] Result<std::string> remove_permission(std::string_view policy,
                                                    std::string_view label);

}  // namespace tidemill::sqs
