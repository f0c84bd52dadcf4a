/// AddPermission: a statement of a topic's policy. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace tidemill::sns {

struct Permission {
  std::string_view label;
  std::vector<std::string> accounts, actions;
};

/// `policy` with a statement more. Fails where the label is taken or the request isn't one.
[[nodiscard]] Result<std::string> add_permission(std::string_view policy,
                                                 std::string_view topic_arn,
                                                 const Permission& permission);

}  // namespace tidemill::sns
