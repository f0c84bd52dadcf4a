/// Secrets Manager's errors, in AWS's words.
#pragma once

#include <string>
#include <utility>

#include "base/error.h"

namespace tidemill::secretsmanager {

[[nodiscard]] inline std::unexpected<Error> invalid_request(std::string message) {
  return fail(Errc::invalid_argument, "InvalidRequestException", std::move(message));
}

[[nodiscard]] inline std::unexpected<Error> invalid_parameter(std::string message) {
  return fail(Errc::invalid_argument, "InvalidParameterException", std::move(message));
}

[[nodiscard]] inline std::unexpected<Error> not_found(
    std::string message = "Secrets Manager can't find the specified secret.") {
  return fail(Errc::not_found, "ResourceNotFoundException", std::move(message));
}

}  // namespace tidemill::secretsmanager
