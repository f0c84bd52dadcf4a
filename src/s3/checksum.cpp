#include "s3/checksum.h"

#include <array>

#include <fmt/format.h>

#include "base/encoding.h"

namespace tidemill::s3 {
namespace {

struct Facts {
  DigestKind kind;
  std::string_view name;
  std::size_t bytes;
  std::uint64_t polynomial;  ///< Reflected; 0: not a CRC.
};

constexpr std::array<Facts, 5> all = {{
    {DigestKind::crc32, "CRC32", 4, 0xedb88320},
    {DigestKind::crc32c, "CRC32C", 4, 0x82f63b78},
    {DigestKind::crc64nvme, "CRC64NVME", 8, 0x9a6c9329ac4bc9b5},
    {DigestKind::sha1, "SHA1", 20, 0},
    {DigestKind::sha256, "SHA256", 32, 0},
}};

const Facts& facts(DigestKind kind) noexcept {
  for (const auto& f : all) {
    if (f.kind == kind) return f;
  }
  return all.front();
}

/// A linear map over GF(2): what column i turns bit i into.
using Matrix = std::array<std::uint64_t, 64>;

std::uint64_t times(const Matrix& matrix, std::uint64_t bits) noexcept {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; bits != 0; bits >>= 1, ++i) {
    if ((bits & 1) != 0) sum ^= matrix[i];
  }
  return sum;
}

Matrix squared(const Matrix& matrix) noexcept {
  Matrix result{};
  for (std::size_t i = 0; i < matrix.size(); ++i) result[i] = times(matrix, matrix[i]);
  return result;
}

/// The CRC of A then B from their CRCs: A's is led over B's length in zero bytes, by squaring.
std::uint64_t combine(const Facts& crc, std::uint64_t a, std::uint64_t b, std::uint64_t b_bytes) {
  Matrix step{};  // One zero bit.
  step[0] = crc.polynomial;
  for (std::size_t i = 1; i < crc.bytes * 8; ++i) step[i] = std::uint64_t{1} << (i - 1);
  for (int i = 0; i < 3; ++i) step = squared(step);  // One zero byte.
  for (; b_bytes != 0; b_bytes >>= 1, step = squared(step)) {
    if ((b_bytes & 1) != 0) a = times(step, a);
  }
  return a ^ b;
}

std::uint64_t number_of(std::string_view raw) noexcept {
  std::uint64_t number = 0;
  for (const char c : raw) number = number << 8 | static_cast<unsigned char>(c);
  return number;
}

std::string raw_of(std::uint64_t number, std::size_t bytes) {
  std::string raw;
  while (bytes-- > 0) raw += static_cast<char>(number >> (8 * bytes));
  return raw;
}

std::unexpected<Error> bad_type(std::string_view type, std::string_view algorithm) {
  return fail(Errc::invalid_argument, "InvalidRequest",
              fmt::format("The {} checksum type cannot be used with the {} checksum algorithm.",
                          type, to_lower(algorithm)));
}

}  // namespace

std::string_view checksum_name(DigestKind kind) noexcept { return facts(kind).name; }

Result<DigestKind> parse_checksum_name(std::string_view name) {
  for (const auto& f : all) {
    if (iequals(f.name, name)) return f.kind;
  }
  return fail(Errc::invalid_argument, "InvalidRequest",
              "Checksum algorithm provided is unsupported. Please try again with any of the valid "
              "types: [CRC32, CRC32C, CRC64NVME, SHA1, SHA256]");
}

std::size_t checksum_bytes(DigestKind kind) noexcept { return facts(kind).bytes; }

Status check_checksum_form(DigestKind kind, std::string_view base64) {
  const auto raw = from_base64(base64);
  if (raw && raw->size() == checksum_bytes(kind)) return {};
  return fail(
      Errc::invalid_argument, "InvalidRequest",
      fmt::format("Value for x-amz-checksum-{} header is invalid.", to_lower(checksum_name(kind))));
}

Result<std::string> parse_content_md5(const std::string& header) {
  auto raw = from_base64(header);
  if (raw && raw->size() == 16) return *std::move(raw);
  return std::unexpected(Error{.code = Errc::invalid_argument,
                               .message = "The Content-MD5 you specified was invalid.",
                               .name = "InvalidDigest",
                               .details = {{"Content-MD5", header}}});
}

Result<UploadChecksum> choose_upload_checksum(const std::optional<std::string>& algorithm,
                                              const std::optional<std::string>& type) {
  if (!algorithm) {
    if (!type) return UploadChecksum{};
    return fail(Errc::invalid_argument, "InvalidRequest",
                "The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm "
                "header.");
  }
  TM_TRY(const DigestKind kind, parse_checksum_name(*algorithm));
  const bool is_crc64 = kind == DigestKind::crc64nvme;
  if (!type) return UploadChecksum{kind, !is_crc64};
  if (*type == "COMPOSITE") {
    if (is_crc64) return bad_type(*type, *algorithm);
    return UploadChecksum{kind, true};
  }
  if (*type == "FULL_OBJECT") {
    if (facts(kind).polynomial == 0) return bad_type(*type, *algorithm);
    return UploadChecksum{kind, false};
  }
  return fail(Errc::invalid_argument, "InvalidRequest",
              "Value for x-amz-checksum-type header is invalid.");
}

Hasher::Hasher(DigestKind kind) : kind_(kind), checksum_(kind) {}

void Hasher::update(std::string_view bytes) {
  sums_.size += bytes.size();
  md5_.update(bytes);
  checksum_.update(bytes);
  update_blocks(bytes);
}

void Hasher::update_blocks(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto piece = bytes.substr(0, block_left_);
    block_.update(piece);
    block_left_ -= piece.size();
    bytes.remove_prefix(piece.size());
    if (block_left_ > 0) return;
    sums_.crcs += block_.finish();
    block_ = Digest(DigestKind::crc32c);
    block_left_ = block_bytes;
  }
}

Hasher::Sums Hasher::finish() {
  sums_.md5 = md5_.finish();
  sums_.checksum = checksum_.finish();
  if (block_left_ < block_bytes) sums_.crcs += block_.finish();
  return std::move(sums_);
}

Status check_claim(const ChecksumClaim& claim, const Hasher::Sums& sums, DigestKind kind) {
  if (claim.md5 && *claim.md5 != sums.md5) {
    return std::unexpected(Error{
        .code = Errc::invalid_argument,
        .message = "The Content-MD5 you specified did not match what we received.",
        .name = "BadDigest",
        .details = {{"ExpectedDigest", claim.is_part ? to_base64(*claim.md5) : to_hex(*claim.md5)},
                    {"CalculatedDigest", to_base64(sums.md5)}}});
  }
  if (!claim.value || *claim.value == to_base64(sums.checksum)) return {};
  return fail(Errc::invalid_argument, "BadDigest",
              fmt::format("The {} you specified did not match the calculated checksum.",
                          checksum_name(kind)));
}

Checksum assemble_checksum(DigestKind kind, bool composite, const std::vector<PartSum>& parts) {
  Checksum whole{.kind = kind, .composite = composite};
  if (composite) {
    Digest digest(kind);
    for (const auto& part : parts) digest.update(part.raw);
    whole.value = fmt::format("{}-{}", to_base64(digest.finish()), parts.size());
    return whole;
  }
  const auto& crc = facts(kind);
  TM_ASSERT(crc.polynomial != 0);
  std::uint64_t sum = 0;
  for (const auto& part : parts) sum = combine(crc, sum, number_of(part.raw), part.size);
  whole.value = to_base64(raw_of(sum, crc.bytes));
  return whole;
}

std::string assemble_etag(const std::vector<std::string>& raw_md5s) {
  Digest digest(DigestKind::md5);
  for (const auto& md5 : raw_md5s) digest.update(md5);
  return fmt::format("{}-{}", to_hex(digest.finish()), raw_md5s.size());
}

}  // namespace tidemill::s3
