/// Where a request of ours goes. Pure; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"

namespace tidemill::http {

/// An absolute http or https address, as RFC 3986 has it, without user and fragment.
struct Url {
  bool is_tls = false;
  std::string host;  ///< A name, or an address without brackets; lower case.
  std::uint16_t port = 80;
  std::string target;  ///< Path and query as given; never empty.

  /// Fails with invalid_argument, saying what is wrong.
  [[nodiscard]] static Result<Url> parse(std::string_view text);
  /// As the Host field has it: the port only where it isn't the scheme's own.
  [[nodiscard]] std::string authority() const;
  /// "https://host:8443"
  [[nodiscard]] std::string origin() const;
};

}  // namespace tidemill::http
