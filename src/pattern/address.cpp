#include "pattern/address.h"

#include <algorithm>
#include <charconv>
#include <vector>

namespace tidemill::pattern {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

/// n.n.n.n of digits, whatever their size.
bool looks_v4(std::string_view text) {
  if (std::ranges::count(text, '.') != 3) return false;
  char last = '.';
  for (const char c : text) {
    if (!is_digit(c) && c != '.') return false;
    if (c == '.' && last == '.') return false;
    last = c;
  }
  return last != '.';
}

bool looks_v6(std::string_view text) {
  return text.contains(':') &&
         std::ranges::all_of(text, [](char c) { return is_hex(c) || c == ':'; });
}

std::optional<Address> parse_v4(std::string_view text) {
  Address out;
  for (std::size_t part = 0; part < 4; ++part) {
    const auto end = std::min(text.find('.'), text.size());
    unsigned value = 0;
    const auto read = std::from_chars(text.data(), text.data() + end, value);
    if (read.ec != std::errc() || value > 255) return std::nullopt;
    out.bytes[part] = static_cast<std::uint8_t>(value);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

/// The 16-bit groups of "a:b:c"; nullopt if one is empty or too large.
std::optional<std::vector<unsigned>> parse_groups(std::string_view text) {
  std::vector<unsigned> groups;
  while (!text.empty()) {
    const auto end = std::min(text.find(':'), text.size());
    unsigned value = 0;
    const auto read = std::from_chars(text.data(), text.data() + end, value, 16);
    if (end == 0 || read.ec != std::errc() || value > 0xffff) return std::nullopt;
    groups.push_back(value);
    if (end + 1 == text.size()) return std::nullopt;  // Ends in a single colon.
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return groups;
}

Address unmap(const Address& v6) {
  const auto& b = v6.bytes;
  const bool mapped = std::all_of(b.begin(), b.begin() + 10, [](auto byte) { return byte == 0; }) &&
                      b[10] == 0xff && b[11] == 0xff;
  if (!mapped) return v6;
  Address v4;
  std::copy(b.begin() + 12, b.end(), v4.bytes.begin());
  return v4;
}

std::optional<Address> parse_v6(std::string_view text) {
  const auto gap = text.find("::");
  const auto left = parse_groups(text.substr(0, gap));
  const auto right = parse_groups(gap == text.npos ? std::string_view() : text.substr(gap + 2));
  if (!left || !right) return std::nullopt;
  const auto given = left->size() + right->size();
  if (gap == text.npos ? given != 8 : given > 7) return std::nullopt;
  Address out{.v6 = true};
  const auto put = [&out](std::size_t group, unsigned value) {
    out.bytes[2 * group] = static_cast<std::uint8_t>(value >> 8);
    out.bytes[2 * group + 1] = static_cast<std::uint8_t>(value & 0xff);
  };
  for (std::size_t i = 0; i < left->size(); ++i) put(i, (*left)[i]);
  for (std::size_t i = 0; i < right->size(); ++i) put(8 - right->size() + i, (*right)[i]);
  return unmap(out);
}

/// A whole number with an optional sign, as Java's Integer.parseInt takes it.
std::optional<int> parse_int(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  int value = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  if (read.ec != std::errc() || read.ptr != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

std::optional<Address> parse_address(std::string_view text) {
  if (looks_v4(text)) return parse_v4(text);
  if (looks_v6(text)) return parse_v6(text);
  return std::nullopt;
}

bool Network::contains(const Address& address) const {
  if (address.v6 != base.v6) return false;
  const auto whole = mask_bits / 8;
  if (!std::equal(base.bytes.begin(), base.bytes.begin() + whole, address.bytes.begin())) {
    return false;
  }
  const auto rest = mask_bits % 8;
  return rest == 0 || ((base.bytes[whole] ^ address.bytes[whole]) >> (8 - rest)) == 0;
}

std::expected<Network, std::string> parse_network(std::string_view text) {
  const auto refuse = [](std::string why) { return std::unexpected(std::move(why)); };
  // Slashes at the end don't count, neither here nor at AWS.
  const auto last = text.find_last_not_of('/');
  const auto parts = text.substr(0, last == text.npos ? 0 : last + 1);
  const auto slash = parts.find('/');
  if (slash == parts.npos || parts.find('/', slash + 1) != parts.npos) {
    return refuse("Malformed CIDR, one '/' required");
  }
  const auto bits = parse_int(parts.substr(slash + 1));
  if (!bits) return refuse("Malformed CIDR, mask bits must be an integer");
  if (*bits < 0) return refuse("Malformed CIDR, mask bits must not be negative");
  const std::string ip(parts.substr(0, slash));
  const auto base = parse_address(ip);
  if (!base) {
    const bool known = looks_v4(ip) || looks_v6(ip);
    return refuse((known ? "Invalid IP address: " : "Nonstandard IP address: ") + ip);
  }
  if (!base->v6 && *bits > 31) return refuse("IPv4 mask bits must be < 32");
  if (base->v6 && *bits > 127) return refuse("IPv6 mask bits must be < 128");
  return Network{*base, static_cast<unsigned>(*bits)};
}

}  // namespace tidemill::pattern
