/// Hashes and checksums over bytes that come in pieces. Pure; one object belongs to one thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace tidemill {

enum class DigestKind : std::uint8_t { md5, sha1, sha256, crc32, crc32c, crc64nvme };

class Digest {
 public:
  explicit Digest(DigestKind kind);
  Digest(Digest&&) noexcept;
  Digest& operator=(Digest&&) noexcept;
  ~Digest();

  void update(std::string_view bytes);
  /// The raw bytes (16, 20, 32, 4, 4, 8 of them; checksums big-endian, as S3 encodes them). Once.
  [[nodiscard]] std::string finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// The raw digest of `bytes`.
[[nodiscard]] std::string digest(DigestKind kind, std::string_view bytes);
/// Lower-case hex of the SHA-256 of `bytes`.
[[nodiscard]] std::string sha256_hex(std::string_view bytes);
/// Raw 32 bytes (RFC 2104 with SHA-256); hmac_sha1: raw 20 bytes.
[[nodiscard]] std::string hmac_sha256(std::string_view key, std::string_view text);
[[nodiscard]] std::string hmac_sha1(std::string_view key, std::string_view text);
/// Compares in time that depends only on the lengths.
[[nodiscard]] bool equal_constant_time(std::string_view a, std::string_view b) noexcept;

}  // namespace tidemill
