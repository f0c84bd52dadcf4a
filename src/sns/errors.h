/// SNS's errors, in AWS's words.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"

namespace tidemill::sns {

/// InvalidParameter: "Invalid parameter: REASON"
[[nodiscard]] std::unexpected<Error> invalid_parameter(std::string_view reason,
                                                       std::string hint = {});
/// ParameterValueInvalid, which message attributes have.
[[nodiscard]] std::unexpected<Error> invalid_value(std::string message);
[[nodiscard]] std::unexpected<Error> no_such_topic();
[[nodiscard]] std::unexpected<Error> no_such_subscription();
/// Any other, by its code and status.
[[nodiscard]] std::unexpected<Error> refuse(std::string_view code, std::string message,
                                            int status = 400);

}  // namespace tidemill::sns
