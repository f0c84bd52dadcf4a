#include "wire/aws_chunked.h"

#include <gtest/gtest.h>

#include "base/digest.h"
#include "base/encoding.h"
#include "wire/authenticate_testing.h"

namespace tidemill::wire {
namespace {

using namespace testing;

/// A PUT in one of the payload modes, with ways to spoil it.
struct Upload {
  std::string mode;  // x-amz-content-sha256; "hash": the body's.
  std::string body = std::string(10'000, 'a') + "the end";
  std::size_t chunk_bytes = 4'000;
  std::string trailer = "x-amz-checksum-crc32";
  // Spoilers, applied after signing.
  bool bad_signature = false;
  std::string (*spoil)(std::string wire) = [](std::string wire) { return wire; };
  std::int64_t announce_more = 0;
  bool size_known = true;
  bool test_mode = false;

  [[nodiscard]] bool is_chunked() const { return mode.starts_with("STREAMING"); }
  [[nodiscard]] bool is_signed() const { return mode.contains("HMAC"); }
  [[nodiscard]] bool has_trailer() const { return mode.ends_with("TRAILER"); }
};

std::string encode(const Upload& upload, ChunkSigner signer) {
  std::string wire;
  std::string_view rest = upload.body;
  while (true) {
    const std::string_view piece = rest.substr(0, upload.chunk_bytes);
    rest.remove_prefix(piece.size());
    wire += fmt::format("{:x}", piece.size());
    if (upload.is_signed()) {
      signer.previous = signer.of_chunk(sha256_hex(piece));
      wire += ";chunk-signature=" + signer.previous;
    }
    wire.append("\r\n").append(piece);
    if (piece.empty()) break;
    wire.append("\r\n");
  }
  if (upload.has_trailer() && !upload.trailer.empty()) {
    const std::string value = to_base64(digest(DigestKind::crc32, upload.body));
    wire += fmt::format("{}:{}\r\n", upload.trailer, value);
    if (upload.is_signed()) {
      wire += fmt::format("x-amz-trailer-signature:{}\r\n",
                          signer.of_trailer(fmt::format("{}:{}\n", upload.trailer, value)));
    }
  }
  return wire + "\r\n";
}

Outcome send(const Upload& upload) {
  SetClock clock{example_time};
  OneKey keyring;
  const auto authenticator =
      make_authenticator(keyring, clock, AuthenticatorOptions{.test_mode = upload.test_mode});
  SigningRequest made;
  made.method = "PUT";
  made.path = "/bucket/key";
  made.headers.add("Host", "localhost");
  made.body = upload.body;
  if (upload.mode != "hash") made.payload_hash = upload.mode;
  if (upload.is_chunked()) {
    made.headers.add("Content-Encoding", "aws-chunked");
    made.headers.add(
        "x-amz-decoded-content-length",
        std::to_string(static_cast<std::int64_t>(upload.body.size()) + upload.announce_more));
  }
  if (upload.has_trailer()) made.headers.add("x-amz-trailer", "x-amz-checksum-crc32");
  const SigningKey key{std::string(example_key), Secret(std::string(example_secret)), "",
                       "us-east-1", "s3"};
  const std::string seed = sign(made, key, example_time);
  const CredentialScope scope{"20150830", "us-east-1", "s3"};
  std::string wire = upload.body;
  if (upload.is_chunked()) {
    wire = encode(upload, {derive_key(key.secret_access_key, scope), amz_date(example_time),
                           scope.text(), upload.bad_signature ? std::string(64, '0') : seed});
  }
  http::Request request;
  request.method = made.method;
  set_target(request, made.path);
  request.headers = made.headers;
  if (upload.bad_signature && !upload.is_signed()) {
    request.headers.set("x-amz-date", amz_date(example_time.plus(std::chrono::seconds(1))));
  }
  PiecewiseBody body(upload.spoil(std::move(wire)), 777, upload.size_known);
  request.body = &body;
  Outcome outcome = attempt(*authenticator, request);
  EXPECT_FALSE(request.headers.find("Content-Encoding") && outcome.error.empty());
  return outcome;
}

const std::array<std::string, 5> modes{
    "hash", "UNSIGNED-PAYLOAD", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
    "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER", "STREAMING-UNSIGNED-PAYLOAD-TRAILER"};

TEST(AwsChunked, TakesGoodBodiesInEveryMode) {
  for (const auto& mode : modes) {
    for (const std::size_t chunk : {1'000, 4'000, 100'000}) {
      Upload upload{.mode = mode, .chunk_bytes = chunk};
      for (const bool size_known : {true, false}) {
        upload.size_known = size_known;
        const Outcome outcome = send(upload);
        EXPECT_EQ(outcome.error, "") << mode << ": " << outcome.why.message << outcome.why.hint;
        EXPECT_EQ(outcome.body, upload.body) << mode;
        if (upload.has_trailer()) {
          ASSERT_TRUE(outcome.trailers.has_value());
          EXPECT_EQ(outcome.trailers->get("X-Amz-Checksum-Crc32"),
                    to_base64(digest(DigestKind::crc32, upload.body)));
        }
      }
    }
    const Outcome empty = send({.mode = mode, .body = ""});
    EXPECT_EQ(empty.error, "") << mode;
  }
}

TEST(AwsChunked, RefusesBadSignatures) {
  for (const auto& mode : modes) {
    EXPECT_EQ(send({.mode = mode, .bad_signature = true}).error, "SignatureDoesNotMatch") << mode;
  }
}

TEST(AwsChunked, RefusesChangedBytes) {
  const auto spoil = [](std::string wire) {
    wire[wire.find("the end")] = 'T';
    return wire;
  };
  EXPECT_EQ(send({.mode = "hash", .spoil = spoil}).error, "XAmzContentSHA256Mismatch");
  EXPECT_EQ(send({.mode = "hash", .spoil = spoil, .size_known = false}).error,
            "XAmzContentSHA256Mismatch");
  EXPECT_EQ(send({.mode = modes[2], .spoil = spoil}).error, "SignatureDoesNotMatch");
  EXPECT_EQ(send({.mode = modes[3], .spoil = spoil}).error, "SignatureDoesNotMatch");
  // Nothing is signed in these; the trailer's checksum is for the service to compare.
  EXPECT_EQ(send({.mode = modes[1], .spoil = spoil}).error, "");
  EXPECT_EQ(send({.mode = modes[4], .spoil = spoil}).error, "");
}

TEST(AwsChunked, RefusesEveryTruncation) {
  for (const auto& mode : modes) {
    if (mode == "UNSIGNED-PAYLOAD") continue;  // Its length is HTTP's matter.
    Upload upload{.mode = mode, .body = "hello world", .chunk_bytes = 5};
    static std::size_t kept;
    upload.spoil = [](std::string wire) { return wire.substr(0, kept); };
    for (kept = 0;; ++kept) {
      const Outcome outcome = send(upload);
      if (outcome.error.empty()) break;
      ASSERT_LT(kept, 1000U) << mode;
    }
    upload.spoil = [](std::string wire) {
      EXPECT_EQ(wire.size(), kept);
      return wire;
    };
    EXPECT_EQ(send(upload).error, "") << mode;
  }
}

TEST(AwsChunked, RefusesBytesBehindTheEnd) {
  for (const auto& mode : modes) {
    if (mode == "UNSIGNED-PAYLOAD") continue;
    const Outcome outcome =
        send({.mode = mode, .spoil = [](std::string wire) { return wire + "x"; }});
    EXPECT_NE(outcome.error, "") << mode;
  }
}

TEST(AwsChunked, RefusesChunksMovedDroppedOrDoubled) {
  const auto drop = [](std::string wire) {
    const auto second = wire.find("fa0;", 1);  // 4,000 bytes each.
    const auto third = wire.find("\r\n", wire.find("7d7;"));
    return wire.substr(0, second) + wire.substr(wire.rfind("\r\n", third - 100) + 2);
  };
  const auto double_first = [](std::string wire) {
    const auto second = wire.find("fa0;", 1);
    return wire.substr(0, second) + wire;
  };
  for (const auto& mode : {modes[2], modes[3]}) {
    EXPECT_NE(send({.mode = mode, .spoil = drop}).error, "") << mode;
    EXPECT_NE(send({.mode = mode, .spoil = double_first}).error, "") << mode;
  }
}

TEST(AwsChunked, HoldsTheSenderToTheDecodedLength) {
  for (const auto& mode : {modes[2], modes[3], modes[4]}) {
    EXPECT_EQ(send({.mode = mode, .announce_more = 1}).error, "IncompleteBody") << mode;
    EXPECT_EQ(send({.mode = mode, .announce_more = -1}).error, "IncompleteBody") << mode;
    EXPECT_EQ(send({.mode = mode, .announce_more = -20'000}).error, "MissingContentLength") << mode;
  }
}

TEST(AwsChunked, HoldsTheSenderToTheAnnouncedTrailer) {
  for (const auto& mode : {modes[3], modes[4]}) {
    EXPECT_NE(send({.mode = mode, .trailer = "x-amz-checksum-sha1"}).error, "") << mode;
    EXPECT_NE(send({.mode = mode, .trailer = ""}).error, "") << mode;
  }
  const auto spoil = [](std::string wire) {
    wire[wire.find("crc32:") + 6] ^= 1;
    return wire;
  };
  EXPECT_EQ(send({.mode = modes[3], .spoil = spoil}).error, "SignatureDoesNotMatch");
}

TEST(AwsChunked, RefusesMalformedChunkHeads) {
  for (const char* head : {"g\r\n", "-5\r\n", "0x5\r\n", "5\n", "\r\n", "fffffffffffffffff\r\n"}) {
    http::TextBody inner(std::string(head) + "hello\r\n0\r\n\r\n");
    AwsChunkedBody body(inner, {.decoded_bytes = 5});
    EXPECT_FALSE(wait_for(http::read_all(body, 1000))) << head;
    EXPECT_FALSE(wait_for(body.read())) << "it stays refused";
  }
  http::TextBody endless(std::string(100'000, '1'));
  AwsChunkedBody body(endless, {.decoded_bytes = 5});
  EXPECT_FALSE(wait_for(http::read_all(body, 1000)));
}

TEST(AwsChunked, OnlyDecodesInTestMode) {
  for (const auto& mode : modes) {
    const Outcome outcome = send({.mode = mode, .bad_signature = true, .test_mode = true});
    EXPECT_EQ(outcome.error, "") << mode;
    EXPECT_EQ(outcome.body.size(), 10'007U) << mode;
  }
}

}  // namespace
}  // namespace tidemill::wire
