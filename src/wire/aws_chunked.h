/// Bodies whose bytes are verified while they are read: by their hash, or "aws-chunked" with or
/// without chunk signatures and trailer. A read fails where something doesn't hold, and the end is
/// reported only once all has been checked. Belongs to one request.
#pragma once

#include <memory>
#include <string>

#include "base/digest.h"
#include "http/message.h"

namespace tidemill::wire {

/// What x-amz-content-sha256 announces.
enum class PayloadMode : std::uint8_t {
  hash,              ///< 64 hex digits.
  unsigned_whole,    ///< UNSIGNED-PAYLOAD
  signed_chunks,     ///< STREAMING-AWS4-HMAC-SHA256-PAYLOAD
  signed_trailer,    ///< STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER
  unsigned_trailer,  ///< STREAMING-UNSIGNED-PAYLOAD-TRAILER
};

[[nodiscard]] std::optional<PayloadMode> payload_mode(std::string_view text) noexcept;

/// Fails with XAmzContentSHA256Mismatch, before its last piece where the size is known.
class HashedBody final : public http::Body {
 public:
  HashedBody(http::Body& inner, std::string expected_hex);
  Task<Result<std::string_view>> read() override;
  [[nodiscard]] std::optional<std::uint64_t> size() const noexcept override {
    return inner_.size();
  }
  /// The error itself.
  [[nodiscard]] static Status mismatch(std::string expected, std::string actual);

 private:
  Status check();

  http::Body& inner_;
  std::string expected_;
  std::string actual_;
  Digest digest_{DigestKind::sha256};
  std::uint64_t bytes_ = 0;
  bool checked_ = false;
  bool failed_ = false;
};

/// Verifies the chain of chunk signatures.
struct ChunkSigner {
  std::string key;       ///< The derived signing key.
  std::string amz_date;  ///< Of the request.
  std::string scope;
  std::string previous;  ///< First the request's own signature.

  /// The signature of a chunk with that hash, of the trailer with those lines.
  [[nodiscard]] std::string of_chunk(std::string_view sha256_hex_of_data) const;
  [[nodiscard]] std::string of_trailer(std::string_view lines) const;
};

struct AwsChunkedOptions {
  std::uint64_t decoded_bytes = 0;    ///< x-amz-decoded-content-length.
  std::optional<ChunkSigner> signer;  ///< nullopt: signatures are neither wanted nor looked at.
  std::vector<std::string> trailers;  ///< Announced names, lower case.
};

class AwsChunkedBody final : public http::Body {
 public:
  AwsChunkedBody(http::Body& inner, AwsChunkedOptions options);
  Task<Result<std::string_view>> read() override;
  [[nodiscard]] std::optional<std::uint64_t> size() const noexcept override {
    return options_.decoded_bytes;
  }
  [[nodiscard]] const http::Headers* trailers() const noexcept override { return &trailers_; }

 private:
  enum class State : std::uint8_t { chunk_head, data, data_end, trailer, ended, failed };

  Task<Result<std::string_view>> advance();
  /// Makes input_ non-empty; fails at the end of the inner body.
  Task<Status> refill();
  /// Takes a line (without its end) from the input, nullopt if it goes on.
  Result<std::optional<std::string>> take_line();
  Status begin_chunk(std::string_view line);
  Status end_chunk();
  Status take_trailer(std::string_view line);
  Status finish();
  Task<Status> expect_end();

  http::Body& inner_;
  AwsChunkedOptions options_;
  http::Headers trailers_;
  std::string trailer_lines_;  // As signed.
  std::string trailer_signature_;
  State state_ = State::chunk_head;
  std::string_view input_;
  std::string line_;
  std::uint64_t chunk_left_ = 0;
  std::uint64_t decoded_ = 0;
  bool last_chunk_ = false;
  std::string chunk_signature_;
  Digest chunk_digest_{DigestKind::sha256};
};

}  // namespace tidemill::wire
