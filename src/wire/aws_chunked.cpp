#include "wire/aws_chunked.h"

#include "base/encoding.h"
#include "wire/sigv4.h"

namespace tidemill::wire {
namespace {

constexpr std::size_t line_bytes_max = 4096;
constexpr std::size_t trailer_fields_max = 16;

std::unexpected<Error> incomplete() {
  return fail(Errc::invalid_argument, "IncompleteBody", "The request body terminated unexpectedly");
}

std::unexpected<Error> malformed(std::string_view hint) {
  Error error{.code = Errc::invalid_argument,
              .message = "The chunked request body is not well-formed.",
              .name = "InvalidRequest"};
  error.hint = hint;
  return std::unexpected(std::move(error));
}

std::unexpected<Error> bad_trailer() {
  return fail(Errc::invalid_argument, "MalformedTrailerError",
              "The request contained trailing data that was not well-formed or did not conform to "
              "our published schema.");
}

std::unexpected<Error> bad_signature() {
  return fail(Errc::access_denied, "SignatureDoesNotMatch",
              "The request signature we calculated does not match the signature you provided. "
              "Check your key and signing method.");
}

std::unexpected<Error> wrong_length() {
  return fail(Errc::invalid_argument, "IncompleteBody",
              "You did not provide the number of bytes specified by the "
              "x-amz-decoded-content-length HTTP header.");
}

}  // namespace

std::optional<PayloadMode> payload_mode(std::string_view text) noexcept {
  if (text == unsigned_payload) return PayloadMode::unsigned_whole;
  if (text == "STREAMING-AWS4-HMAC-SHA256-PAYLOAD") return PayloadMode::signed_chunks;
  if (text == "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER") return PayloadMode::signed_trailer;
  if (text == "STREAMING-UNSIGNED-PAYLOAD-TRAILER") return PayloadMode::unsigned_trailer;
  const auto is_hex = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
  if (text.size() == 64 && std::ranges::all_of(text, is_hex)) return PayloadMode::hash;
  return std::nullopt;
}

HashedBody::HashedBody(http::Body& inner, std::string expected_hex)
    : inner_(inner), expected_(std::move(expected_hex)) {}

Task<Result<std::string_view>> HashedBody::read() {
  if (failed_) TM_CO_CHECK(mismatch(expected_, actual_));
  TM_CO_TRY(const std::string_view piece, co_await inner_.read());
  digest_.update(checked_ ? std::string_view() : piece);
  bytes_ += piece.size();
  if (!checked_ && (piece.empty() || inner_.size() == bytes_)) TM_CO_CHECK(check());
  co_return piece;
}

Status HashedBody::check() {
  actual_ = to_hex(digest_.finish());
  checked_ = true;
  failed_ = !equal_constant_time(actual_, expected_);
  return failed_ ? mismatch(expected_, actual_) : Status();
}

Status HashedBody::mismatch(std::string expected, std::string actual) {
  Error error{.code = Errc::invalid_argument,
              .message =
                  "The provided 'x-amz-content-sha256' header does not match what was "
                  "computed.",
              .name = "XAmzContentSHA256Mismatch",
              .details = {{"ClientComputedContentSHA256", std::move(expected)},
                          {"S3ComputedContentSHA256", std::move(actual)}}};
  return std::unexpected(std::move(error));
}

std::string ChunkSigner::of_chunk(std::string_view hash) const {
  return sign_text(key, fmt::format("AWS4-HMAC-SHA256-PAYLOAD\n{}\n{}\n{}\n{}\n{}", amz_date, scope,
                                    previous, empty_sha256, hash));
}

std::string ChunkSigner::of_trailer(std::string_view lines) const {
  return sign_text(key, fmt::format("AWS4-HMAC-SHA256-TRAILER\n{}\n{}\n{}\n{}", amz_date, scope,
                                    previous, sha256_hex(lines)));
}

AwsChunkedBody::AwsChunkedBody(http::Body& inner, AwsChunkedOptions options)
    : inner_(inner), options_(std::move(options)) {}

Task<Result<std::string_view>> AwsChunkedBody::read() {
  if (state_ == State::failed) co_return malformed("it was refused before");
  auto piece = co_await advance();
  if (!piece) state_ = State::failed;
  co_return piece;
}

Task<Result<std::string_view>> AwsChunkedBody::advance() {
  while (state_ != State::ended) {
    if (input_.empty()) TM_CO_CHECK(co_await refill());
    if (state_ == State::data) {
      const std::string_view piece = input_.substr(0, chunk_left_);
      input_.remove_prefix(piece.size());
      chunk_left_ -= piece.size();
      if (options_.signer) chunk_digest_.update(piece);
      if (chunk_left_ == 0) state_ = State::data_end;
      co_return piece;
    }
    TM_CO_TRY(const std::optional<std::string> line, take_line());
    if (!line) continue;
    if (state_ == State::chunk_head) {
      TM_CO_CHECK(begin_chunk(*line));
    } else if (state_ == State::data_end) {
      if (!line->empty()) co_return malformed("a chunk is longer than announced");
      TM_CO_CHECK(end_chunk());
    } else if (line->empty()) {
      TM_CO_CHECK(finish());
      TM_CO_CHECK(co_await expect_end());
    } else {
      TM_CO_CHECK(take_trailer(*line));
    }
  }
  co_return std::string_view();
}

Task<Status> AwsChunkedBody::refill() {
  TM_CO_TRY(input_, co_await inner_.read());
  if (!input_.empty()) co_return Status();
  co_return incomplete();
}

Result<std::optional<std::string>> AwsChunkedBody::take_line() {
  const std::size_t end = input_.find('\n');
  line_.append(input_.substr(0, end));
  if (line_.size() > line_bytes_max) return malformed("a line is too long");
  if (end == std::string_view::npos) {
    input_ = {};
    return std::nullopt;
  }
  input_.remove_prefix(end + 1);
  if (!line_.ends_with('\r')) return malformed("a bare line feed");
  line_.pop_back();
  return std::exchange(line_, {});
}

Status AwsChunkedBody::begin_chunk(std::string_view line) {
  const std::size_t semicolon = line.find(';');
  const std::string_view digits = line.substr(0, semicolon);
  std::uint64_t size = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), size, 16);
  if (digits.empty() || digits.size() > 15 || error != std::errc() ||
      end != digits.data() + digits.size()) {
    return malformed("a chunk's size is not a number");
  }
  if (options_.signer) {
    constexpr std::string_view name = "chunk-signature=";
    const std::string_view extension =
        semicolon == std::string_view::npos ? "" : line.substr(semicolon + 1);
    if (!extension.starts_with(name)) return bad_signature();
    chunk_signature_.assign(extension.substr(name.size()));
    chunk_digest_ = Digest(DigestKind::sha256);
  }
  decoded_ += size;
  if (decoded_ > options_.decoded_bytes) return wrong_length();
  chunk_left_ = size;
  last_chunk_ = size == 0;
  if (!last_chunk_) {
    state_ = State::data;
    return {};
  }
  return end_chunk();
}

/// All of a chunk's bytes are here: does its signature hold?
Status AwsChunkedBody::end_chunk() {
  state_ = last_chunk_ ? State::trailer : State::chunk_head;
  if (!options_.signer) return {};
  const std::string expected = options_.signer->of_chunk(to_hex(chunk_digest_.finish()));
  if (!equal_constant_time(expected, chunk_signature_)) return bad_signature();
  options_.signer->previous = expected;
  return {};
}

Status AwsChunkedBody::take_trailer(std::string_view line) {
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return bad_trailer();
  std::string name = to_lower(trim(line.substr(0, colon)));
  const std::string_view value = trim(line.substr(colon + 1));
  if (name == "x-amz-trailer-signature") {
    if (!trailer_signature_.empty()) return bad_trailer();
    trailer_signature_.assign(value);
    return {};
  }
  const auto& announced = options_.trailers;
  if (!trailer_signature_.empty() || trailers_.find(name) ||
      trailers_.fields().size() >= trailer_fields_max ||
      std::ranges::find(announced, name) == announced.end()) {
    return bad_trailer();
  }
  trailer_lines_.append(name).append(":").append(value).append("\n");
  trailers_.add(std::move(name), std::string(value));
  return {};
}

/// The end of it all: have we got what was announced, and is the trailer the sender's?
Status AwsChunkedBody::finish() {
  state_ = State::ended;
  if (decoded_ != options_.decoded_bytes) return wrong_length();
  if (trailers_.fields().size() != options_.trailers.size()) return bad_trailer();
  if (!options_.signer) return {};
  if (options_.trailers.empty()) {
    return trailer_signature_.empty() ? Status() : Status(bad_trailer());
  }
  if (!equal_constant_time(options_.signer->of_trailer(trailer_lines_), trailer_signature_)) {
    return bad_signature();
  }
  return {};
}

Task<Status> AwsChunkedBody::expect_end() {
  if (input_.empty()) {
    TM_CO_TRY(input_, co_await inner_.read());
  }
  if (!input_.empty()) co_return malformed("there are bytes behind the last chunk");
  co_return Status();
}

}  // namespace tidemill::wire
