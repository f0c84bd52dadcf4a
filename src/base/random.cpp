#include "base/random.h"

#include <array>
#include <cstring>
#include <vector>

#include <sys/random.h>

#include "base/encoding.h"
#include "base/error.h"

namespace tidemill {

void SystemRandom::fill(std::span<std::uint8_t> out) {
  thread_local std::array<std::uint8_t, 512> block;
  thread_local std::size_t used = block.size();
  TM_ASSERT(out.size() <= block.size());
  if (out.size() > block.size() - used) {
    const auto got = getrandom(block.data(), block.size(), 0);
    TM_ASSERT(got == static_cast<ssize_t>(block.size()));
    used = 0;
  }
  std::memcpy(out.data(), block.data() + used, out.size());
  std::memset(block.data() + used, 0, out.size());
  used += out.size();
}

std::string random_hex(Random& random, std::size_t bytes) {
  std::vector<std::uint8_t> raw(bytes);
  random.fill(raw);
  return to_hex({reinterpret_cast<const char*>(raw.data()), raw.size()});
}

namespace {

using UuidBytes = std::array<std::uint8_t, 16>;

std::string uuid_text(UuidBytes raw, std::uint8_t version) {
  raw[6] = std::uint8_t((raw[6] & 0x0f) | version << 4);
  raw[8] = std::uint8_t((raw[8] & 0x3f) | 0x80);
  auto hex = to_hex({reinterpret_cast<const char*>(raw.data()), raw.size()});
  for (const std::size_t at : {8u, 13u, 18u, 23u}) hex.insert(at, 1, '-');
  return hex;
}

}  // namespace

std::string random_uuid(Random& random) {
  UuidBytes raw;
  random.fill(raw);
  return uuid_text(raw, 4);
}

std::string ordered_uuid(Random& random, TimeMs now) {
  UuidBytes raw;
  random.fill(raw);
  for (std::size_t i = 0; i < 6; ++i) raw[i] = std::uint8_t(now.ms >> (40 - 8 * i));
  return uuid_text(raw, 7);
}

namespace {

std::string pick(Random& random, std::size_t length, std::string_view alphabet) {
  std::vector<std::uint8_t> raw(length);
  random.fill(raw);
  std::string out(length, ' ');
  for (std::size_t i = 0; i < length; ++i) out[i] = alphabet[raw[i] % alphabet.size()];
  return out;
}

}  // namespace

std::string random_base32(Random& random, std::size_t length) {
  return pick(random, length, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567");
}

std::string random_secret(Random& random, std::size_t length) {
  return pick(random, length, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/+");
}

}  // namespace tidemill
