/// IP addresses and CIDR blocks, read as EventBridge reads them. Internal to pattern/; pure values.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <expected>

namespace tidemill::pattern {

struct Address {
  bool v6 = false;
  std::array<std::uint8_t, 16> bytes = {};  ///< The first four of an IPv4 address.
  bool operator==(const Address&) const = default;
};

/// nullopt unless `text` is an IPv4 or IPv6 literal. Leading zeros are taken as decimal; an IPv4
/// address mapped into IPv6 is the IPv4 address.
[[nodiscard]] std::optional<Address> parse_address(std::string_view text);

/// A block of addresses, e.g. 10.0.0.0/8; what lies right of the mask is ignored.
struct Network {
  Address base;
  unsigned mask_bits = 0;
  [[nodiscard]] bool contains(const Address& address) const;
};

/// The error is AWS's own sentence.
[[nodiscard]] std::expected<Network, std::string> parse_network(std::string_view text);

}  // namespace tidemill::pattern
