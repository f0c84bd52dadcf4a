/// Randomness, passed in so that tests and the simulation can seed it; ids made of it.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "base/time.h"

namespace tidemill {

/// A source of unguessable bytes. Thread-safe.
class Random {
 public:
  virtual ~Random() = default;
  virtual void fill(std::span<std::uint8_t> out) = 0;
};

/// The kernel's generator, read in blocks per thread.
class SystemRandom final : public Random {
 public:
  void fill(std::span<std::uint8_t> out) override;
};

/// `bytes` random bytes as lower-case hex: 32 give the 64 digits of a Glue run id.
[[nodiscard]] std::string random_hex(Random& random, std::size_t bytes);
/// A version 4 UUID (RFC 9562).
[[nodiscard]] std::string random_uuid(Random& random);
/// A version 7 UUID (RFC 9562): those of later milliseconds sort behind those of earlier ones, so
/// that an index of them grows at its end.
[[nodiscard]] std::string ordered_uuid(Random& random, TimeMs now);
/// `length` characters of A-Z and 2-7: the alphabet of AWS's access key and role ids.
[[nodiscard]] std::string random_base32(Random& random, std::size_t length);
/// `length` characters of A-Z, a-z, 0-9 and "/+": the alphabet of secret access keys.
[[nodiscard]] std::string random_secret(Random& random, std::size_t length);

}  // namespace tidemill
