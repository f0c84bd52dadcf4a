/// What a request means: service, protocol, operation and the S3 address, found from what it says
/// of itself (not yet verified; the router compares with the verified credential scope later).
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http/message.h"
#include "wire/shape.h"

namespace tidemill::wire {

using Parameters = std::vector<std::pair<std::string, std::string>>;

struct Target {
  const Service* service = nullptr;  ///< nullptr: one that we don't know.
  Protocol protocol = Protocol::json;
  /// nullptr while unknown: a form's Action stands in its body, or it isn't in the list.
  const Operation* operation = nullptr;
  std::string service_name;    ///< As asked for, for the message where service is nullptr.
  std::string operation_name;  ///< As asked for.
  Parameters query;            ///< Decoded.
  std::map<std::string, std::string> labels;  ///< Decoded parts of the path: Bucket, Key, Name.
};

/// Fails with invalid_argument (InvalidURI) where path or query can't be decoded.
[[nodiscard]] Result<Target> find_target(const http::Request& request,
                                         const std::vector<std::string>& base_domains);

/// The bucket that the host or the path names, or "".
[[nodiscard]] std::string bucket_of(const http::Request& request,
                                    const std::vector<std::string>& base_domains);

/// Sets the operation of that name; leaves nullptr where the service's list lacks it.
void set_operation(Target& target, std::string_view name);

/// "a=b&c" decoded; '+' is a blank. Fails like find_target; at most 10,000 parameters.
[[nodiscard]] Result<Parameters> parse_form(std::string_view text);

/// The first value of `name`, or nullptr.
[[nodiscard]] const std::string* find_parameter(const Parameters& parameters,
                                                std::string_view name);

}  // namespace tidemill::wire
