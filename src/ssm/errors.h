/// Parameter Store's errors, in AWS's words.
#pragma once

#include <string>
#include <string_view>

#include <fmt/format.h>

#include "base/error.h"

namespace tidemill::ssm {

[[nodiscard]] inline std::unexpected<Error> refuse(std::string name, std::string message) {
  return fail(Errc::invalid_argument, std::move(name), std::move(message));
}

[[nodiscard]] inline std::unexpected<Error> invalid(std::string message) {
  return refuse("ValidationException", std::move(message));
}

[[nodiscard]] inline std::unexpected<Error> not_found(std::string_view name) {
  return fail(Errc::not_found, "ParameterNotFound", fmt::format("Parameter {} not found.", name));
}

[[nodiscard]] inline std::unexpected<Error> no_such_version(std::string_view name,
                                                            std::int64_t version) {
  return fail(Errc::not_found, "ParameterVersionNotFound",
              fmt::format("Systems Manager could not find version {} of {}. Verify the version "
                          "and try again.",
                          version, name));
}

}  // namespace tidemill::ssm
