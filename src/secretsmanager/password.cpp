#include "secretsmanager/password.h"

#include <array>
#include <vector>

#include <fmt/format.h>

#include "secretsmanager/errors.h"

namespace tidemill::secretsmanager {
namespace {

/// Below `bound`, each with the same probability.
std::size_t below(std::size_t bound, Random& random) {
  const auto limit = std::uint32_t(UINT32_MAX - UINT32_MAX % bound);
  std::uint32_t drawn = limit;
  while (drawn >= limit) {
    std::array<std::uint8_t, 4> bytes;
    random.fill(bytes);
    drawn = std::uint32_t(bytes[0]) | std::uint32_t(bytes[1]) << 8 | std::uint32_t(bytes[2]) << 16 |
            std::uint32_t(bytes[3]) << 24;
  }
  return drawn % bound;
}

char one_of(const std::string& characters, Random& random) {
  return characters[below(characters.size(), random)];
}

std::vector<std::string> kinds_of(const PasswordOrder& order) {
  std::vector<std::string> kinds;
  const auto add = [&](bool included, std::string characters) {
    if (!included) return;
    std::erase_if(characters, [&](char c) { return order.excluded.find(c) != std::string::npos; });
    if (!characters.empty()) kinds.push_back(std::move(characters));
  };
  add(order.lower, "abcdefghijklmnopqrstuvwxyz");
  add(order.upper, "ABCDEFGHIJKLMNOPQRSTUVWXYZ");
  add(order.digits, "0123456789");
  add(order.punctuation, "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~");
  add(order.space, " ");
  return kinds;
}

}  // namespace

Result<std::string> make_password(const PasswordOrder& order, Random& random) {
  const auto kinds = kinds_of(order);
  if (kinds.empty()) {
    return invalid_parameter("All characters are excluded: leave some to choose a password from.");
  }
  if (order.each_kind && order.length < kinds.size()) {
    return invalid_parameter(
        fmt::format("Password length {} is too short based on the required types.", order.length));
  }
  std::string all, password;
  for (const auto& kind : kinds) {
    all += kind;
    if (order.each_kind) password += one_of(kind, random);
  }
  while (password.size() < order.length) password += one_of(all, random);
  for (std::size_t i = password.size() - 1; i > 0; --i) {
    std::swap(password[i], password[below(i + 1, random)]);
  }
  return password;
}

}  // namespace tidemill::secretsmanager
