/// The five checksums of S3: their names, what a client may ask for, how they are computed over a
/// stream and put together from parts. Pure; a Hasher belongs to one body.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.h"
#include "base/error.h"

namespace tidemill::s3 {

/// "CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256".
[[nodiscard]] std::string_view checksum_name(DigestKind kind) noexcept;
/// Fails with invalid_argument (InvalidRequest), listing the five.
[[nodiscard]] Result<DigestKind> parse_checksum_name(std::string_view name);
/// Bytes of a raw value.
[[nodiscard]] std::size_t checksum_bytes(DigestKind kind) noexcept;

/// A checksum as it is stored and answered.
struct Checksum {
  DigestKind kind = DigestKind::crc64nvme;
  std::string value;       ///< base64; of a composite one with "-N" behind it.
  bool composite = false;  ///< Over the parts' checksums instead of over the bytes.
  bool operator==(const Checksum&) const = default;
};

/// What a client says of the bytes that it sends.
struct ChecksumClaim {
  std::optional<DigestKind> kind;    ///< Nothing: AWS's default, CRC64NVME.
  std::optional<std::string> value;  ///< base64, checked for form.
  std::optional<std::string> md5;    ///< Raw, of Content-MD5.
  bool is_part = false;              ///< UploadPart words one of its refusals in its own way.
};

/// Fails with InvalidRequest unless `base64` is a value of `kind`.
[[nodiscard]] Status check_checksum_form(DigestKind kind, std::string_view base64);
/// The raw 16 bytes of a Content-MD5 header. Fails with InvalidDigest.
[[nodiscard]] Result<std::string> parse_content_md5(const std::string& header);

/// How a multipart upload's checksum is to be made, from what CreateMultipartUpload names.
struct UploadChecksum {
  std::optional<DigestKind> kind;
  bool composite = false;
};
[[nodiscard]] Result<UploadChecksum> choose_upload_checksum(
    const std::optional<std::string>& algorithm, const std::optional<std::string>& type);

/// Everything that S3 wants to know of a body, in one pass.
class Hasher {
 public:
  static constexpr std::size_t block_bytes = 1 << 20;

  /// MD5 always; `kind` beside it.
  explicit Hasher(DigestKind kind);
  void update(std::string_view bytes);

  struct Sums {
    std::string md5;       ///< Raw.
    std::string checksum;  ///< Raw, of the kind asked for.
    std::string crcs;      ///< CRC32C of each block, four bytes each.
    std::uint64_t size = 0;
  };
  /// Once, at the end.
  [[nodiscard]] Sums finish();
  [[nodiscard]] DigestKind kind() const noexcept { return kind_; }

 private:
  void update_blocks(std::string_view bytes);

  DigestKind kind_;
  Digest md5_{DigestKind::md5};
  Digest checksum_;
  Digest block_{DigestKind::crc32c};
  std::size_t block_left_ = block_bytes;
  Sums sums_;
};

/// The checks of `claim` against what was received. Fails with BadDigest.
[[nodiscard]] Status check_claim(const ChecksumClaim& claim, const Hasher::Sums& sums,
                                 DigestKind kind);

/// One part of an assembled object: its raw checksum and its length.
struct PartSum {
  std::string raw;
  std::uint64_t size = 0;
};
/// The checksum of all parts together. `composite`: the digest of the digests; otherwise (CRCs
/// only) that of the whole, put together without reading the bytes again.
[[nodiscard]] Checksum assemble_checksum(DigestKind kind, bool composite,
                                         const std::vector<PartSum>& parts);
/// AWS's ETag of a multipart object: MD5 over the parts' raw MD5s, then "-N".
[[nodiscard]] std::string assemble_etag(const std::vector<std::string>& raw_md5s);

}  // namespace tidemill::s3
