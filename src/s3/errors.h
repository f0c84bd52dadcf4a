/// The errors that many of S3's operations share, in AWS's words. Pure.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"

namespace tidemill::s3 {

[[nodiscard]] std::unexpected<Error> no_such_bucket(std::string_view bucket);
[[nodiscard]] std::unexpected<Error> no_such_key(std::string_view key);
[[nodiscard]] std::unexpected<Error> no_such_version(std::string_view key,
                                                     std::string_view version_id);
[[nodiscard]] std::unexpected<Error> no_such_upload(std::string_view upload_id);
[[nodiscard]] std::unexpected<Error> invalid_argument(std::string message, std::string name,
                                                      std::string value);
[[nodiscard]] std::unexpected<Error> invalid_request(std::string message);
[[nodiscard]] std::unexpected<Error> access_denied();
/// A copy can't be of a delete marker.
[[nodiscard]] std::unexpected<Error> marker_as_source();

}  // namespace tidemill::s3
