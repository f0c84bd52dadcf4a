#include "sns/errors.h"

#include <fmt/format.h>

namespace tidemill::sns {
namespace {

std::unexpected<Error> not_found(std::string_view what) {
  return std::unexpected(Error{.code = Errc::not_found,
                               .message = fmt::format("{} does not exist", what),
                               .name = "NotFound"});
}

}  // namespace

std::unexpected<Error> refuse(std::string_view code, std::string message, int status) {
  return std::unexpected(Error{.code = Errc::invalid_argument,
                               .message = std::move(message),
                               .name = std::string(code),
                               .status = status});
}

std::unexpected<Error> invalid_parameter(std::string_view reason, std::string hint) {
  auto refused = refuse("InvalidParameter", fmt::format("Invalid parameter: {}", reason));
  refused.error().hint = std::move(hint);
  return refused;
}

std::unexpected<Error> invalid_value(std::string message) {
  return refuse("ParameterValueInvalid", std::move(message));
}

std::unexpected<Error> no_such_topic() { return not_found("Topic"); }

std::unexpected<Error> no_such_subscription() { return not_found("Subscription"); }

}  // namespace tidemill::sns
