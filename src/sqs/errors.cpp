#include "sqs/errors.h"

#include <fmt/format.h>

namespace tidemill::sqs {

std::unexpected<Error> refuse(std::string_view shape, std::string message, int status) {
  return std::unexpected(Error{.code = Errc::invalid_argument,
                               .message = std::move(message),
                               .name = std::string(shape),
                               .status = status});
}

std::unexpected<Error> no_such_queue() {
  auto refused = refuse("QueueDoesNotExist", "The specified queue does not exist.");
  refused.error().code = Errc::not_found;
  return refused;
}

std::unexpected<Error> invalid_value(std::string_view value, std::string_view parameter,
                                     std::string_view reason) {
  return invalid_parameter(
      fmt::format("Value {} for parameter {} is invalid. Reason: {}", value, parameter, reason));
}

std::unexpected<Error> invalid_parameter(std::string message) {
  return refuse("InvalidParameterValueException", std::move(message));
}

std::unexpected<Error> missing_parameter(std::string_view parameter) {
  return refuse("MissingRequiredParameterException",
                fmt::format("The request must contain the parameter {}.", parameter));
}

std::unexpected<Error> unknown_attribute(std::string_view attribute) {
  return refuse("InvalidAttributeName", fmt::format("Unknown Attribute {}.", attribute));
}

std::unexpected<Error> invalid_attribute(std::string_view attribute, std::string hint) {
  auto refused = refuse("InvalidAttributeValue",
                        fmt::format("Invalid value for the parameter {}.", attribute));
  refused.error().hint = std::move(hint);
  return refused;
}

std::unexpected<Error> invalid_handle(std::string_view handle) {
  return refuse(
      "ReceiptHandleIsInvalid",
      fmt::format("The input receipt handle \"{}\" is not a valid receipt handle.", handle), 404);
}

}  // namespace tidemill::sqs
