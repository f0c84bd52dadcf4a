/// SQS's errors, in AWS's words. Named by their shapes; what older clients know them by is the
/// wire's affair.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"

namespace tidemill::sqs {

[[nodiscard]] std::unexpected<Error> no_such_queue();
/// "Value V for parameter P is invalid. Reason: R"
[[nodiscard]] std::unexpected<Error> invalid_value(std::string_view value,
                                                   std::string_view parameter,
                                                   std::string_view reason);
/// InvalidParameterValueException with a text of its own.
[[nodiscard]] std::unexpected<Error> invalid_parameter(std::string message);
[[nodiscard]] std::unexpected<Error> missing_parameter(std::string_view parameter);
[[nodiscard]] std::unexpected<Error> unknown_attribute(std::string_view attribute);
/// "Invalid value for the parameter A.", with our reason as a hint.
[[nodiscard]] std::unexpected<Error> invalid_attribute(std::string_view attribute,
                                                       std::string hint = {});
[[nodiscard]] std::unexpected<Error> invalid_handle(std::string_view handle);
/// Any other, by its shape and status.
[[nodiscard]] std::unexpected<Error> refuse(std::string_view shape, std::string message,
                                            int status = 400);

}  // namespace tidemill::sqs
