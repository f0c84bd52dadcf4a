/// Members by which a request names an account, and in which Terraform's provider leaves it out
/// when it doesn't know it (skip_requesting_account_id): ARNs, and an empty CatalogId. Pure.
#pragma once

#include <string_view>

#include "wire/shape.h"

namespace tidemill::wire {

/// Fills in `account`, the caller's. Only in the request's own members that identify something;
/// what lies deeper is kept, and told again as it was said.
void name_account(const Shape& input, void* request, std::string_view account);

}  // namespace tidemill::wire
