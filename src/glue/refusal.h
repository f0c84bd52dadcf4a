/// Glue's refusals: AWS answers all of them with HTTP 400 and a name.
#pragma once

#include <cstdint>
#include <string>

#include "base/error.h"

namespace tidemill::glue {

[[nodiscard]] inline std::unexpected<Error> refuse(Errc code, std::string name,
                                                   std::string message) {
  return std::unexpected(
      Error{.code = code, .message = std::move(message), .name = std::move(name), .status = 400});
}

[[nodiscard]] inline std::unexpected<Error> invalid_input(std::string message) {
  return refuse(Errc::invalid_argument, "InvalidInputException", std::move(message));
}

[[nodiscard]] inline std::unexpected<Error> not_found(std::string message) {
  return refuse(Errc::not_found, "EntityNotFoundException", std::move(message));
}

/// What an INSERT came to: AlreadyExistsException where its name is taken.
[[nodiscard]] inline Status inserted(const Result<std::int64_t>& rows, std::string taken) {
  if (rows) return {};
  if (rows.error().code != Errc::already_exists) return std::unexpected(rows.error());
  return refuse(Errc::already_exists, "AlreadyExistsException", std::move(taken));
}

}  // namespace tidemill::glue
