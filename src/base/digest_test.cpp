#include "base/digest.h"

#include <gtest/gtest.h>

#include "base/encoding.h"

namespace tidemill {
namespace {

std::string hex(DigestKind kind, std::string_view text) { return to_hex(digest(kind, text)); }

TEST(Digest, GivesThePublishedCheckValues) {
  const std::string_view check = "123456789";
  EXPECT_EQ(hex(DigestKind::md5, check), "25f9e794323b453885f5181f1b624d0b");
  EXPECT_EQ(hex(DigestKind::sha1, check), "f7c3bc1d808e04732adf679965ccc34ca7ae3441");
  EXPECT_EQ(hex(DigestKind::sha256, check),
            "15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225");
  EXPECT_EQ(hex(DigestKind::crc32, check), "cbf43926");
  EXPECT_EQ(hex(DigestKind::crc32c, check), "e3069283");
  EXPECT_EQ(hex(DigestKind::crc64nvme, check), "ae8b14860a799888");
}

TEST(Digest, OfNothingIsWhatTheStandardsSay) {
  EXPECT_EQ(sha256_hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(hex(DigestKind::md5, ""), "d41d8cd98f00b204e9800998ecf8427e");
  EXPECT_EQ(hex(DigestKind::crc32, ""), "00000000");
  EXPECT_EQ(hex(DigestKind::crc64nvme, ""), "0000000000000000");
}

TEST(Digest, DoesNotCareHowTheBytesAreCut) {
  std::string text;
  for (int i = 0; i < 5000; ++i) text += static_cast<char>(i * 7);
  for (const auto kind : {DigestKind::md5, DigestKind::sha1, DigestKind::sha256, DigestKind::crc32,
                          DigestKind::crc32c, DigestKind::crc64nvme}) {
    Digest pieces(kind);
    std::string_view rest = text;
    for (std::size_t size = 1; !rest.empty(); size = size % 37 + 3) {
      pieces.update(rest.substr(0, size));
      rest.remove_prefix(std::min(size, rest.size()));
    }
    EXPECT_EQ(to_hex(pieces.finish()), hex(kind, text));
    Digest bytewise(kind);
    for (const char c : text) bytewise.update({&c, 1});
    EXPECT_EQ(to_hex(bytewise.finish()), hex(kind, text));
  }
}

// RFC 4231 and RFC 2202.
TEST(Hmac, GivesTheRfcsValues) {
  EXPECT_EQ(to_hex(hmac_sha256("Jefe", "what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(to_hex(hmac_sha256(std::string(131, '\xaa'),
                               "Test Using Larger Than Block-Size Key - Hash Key First")),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
  EXPECT_EQ(to_hex(hmac_sha1("Jefe", "what do ya want for nothing?")),
            "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
}

TEST(EqualConstantTime, Compares) {
  EXPECT_TRUE(equal_constant_time("", ""));
  EXPECT_TRUE(equal_constant_time("abc", "abc"));
  EXPECT_FALSE(equal_constant_time("abc", "abd"));
  EXPECT_FALSE(equal_constant_time("abc", "ab"));
}

}  // namespace
}  // namespace tidemill
