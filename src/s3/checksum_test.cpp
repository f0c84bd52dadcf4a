#include "s3/checksum.h"

#include <gtest/gtest.h>

#include "base/encoding.h"

namespace tidemill::s3 {
namespace {

constexpr DigestKind kinds[] = {DigestKind::crc32, DigestKind::crc32c, DigestKind::crc64nvme,
                                DigestKind::sha1, DigestKind::sha256};

Hasher::Sums sums_of(DigestKind kind, const std::vector<std::string>& pieces) {
  Hasher hasher(kind);
  for (const auto& piece : pieces) hasher.update(piece);
  return hasher.finish();
}

TEST(Checksum, HasTheCheckValuesOfItsStandard) {
  // "123456789": the check values of the CRC catalogue; RFC 3174 and FIPS 180-4 for the digests.
  const std::pair<DigestKind, const char*> known[] = {
      {DigestKind::crc32, "cbf43926"},
      {DigestKind::crc32c, "e3069283"},
      {DigestKind::crc64nvme, "ae8b14860a799888"},
      {DigestKind::sha1, "f7c3bc1d808e04732adf679965ccc34ca7ae3441"},
      {DigestKind::sha256, "15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225"}};
  for (const auto& [kind, expected] : known) {
    const auto sums = sums_of(kind, {"1234", "", "56789"});
    EXPECT_EQ(to_hex(sums.checksum), expected) << checksum_name(kind);
    EXPECT_EQ(to_hex(sums.md5), "25f9e794323b453885f5181f1b624d0b");
    EXPECT_EQ(sums.size, 9);
  }
}

TEST(Checksum, DoesNotDependOnHowTheBytesCome) {
  std::string bytes;
  for (int i = 0; i < 3'000'000; ++i) bytes += char(i * 7 + i / 255);
  for (const auto kind : kinds) {
    const auto whole = sums_of(kind, {bytes});
    const auto pieces =
        sums_of(kind, {bytes.substr(0, 1), bytes.substr(1, 1'048'576), bytes.substr(1'048'577)});
    EXPECT_EQ(whole.checksum, pieces.checksum) << checksum_name(kind);
    EXPECT_EQ(whole.crcs, pieces.crcs);
    EXPECT_EQ(whole.crcs.size(), 3 * 4) << "one for each MiB that was begun";
  }
}

TEST(Checksum, OfPartsTogetherIsThatOfTheWhole) {
  const std::string first(5 << 20, 'a'), second("the rest");
  for (const auto kind : {DigestKind::crc32, DigestKind::crc32c, DigestKind::crc64nvme}) {
    const auto whole = sums_of(kind, {first, second});
    const auto joined = assemble_checksum(kind, false,
                                          {{sums_of(kind, {first}).checksum, first.size()},
                                           {sums_of(kind, {second}).checksum, second.size()}});
    EXPECT_EQ(joined.value, to_base64(whole.checksum)) << checksum_name(kind);
    EXPECT_FALSE(joined.composite);
  }
}

TEST(Checksum, CompositeIsTheDigestOfTheDigests) {
  for (const auto kind : kinds) {
    if (kind == DigestKind::crc64nvme) continue;  // Never composite.
    const auto a = sums_of(kind, {"a"}).checksum, b = sums_of(kind, {"b"}).checksum;
    const auto composite = assemble_checksum(kind, true, {{a, 1}, {b, 1}});
    EXPECT_EQ(composite.value, to_base64(sums_of(kind, {a + b}).checksum) + "-2");
    EXPECT_TRUE(composite.composite);
  }
}

TEST(Etag, OfPartsIsTheMd5OfTheirMd5s) {
  const auto a = sums_of(DigestKind::crc32, {"a"}).md5, b = sums_of(DigestKind::crc32, {"b"}).md5;
  const auto expected = to_hex(sums_of(DigestKind::crc32, {a + b}).md5) + "-2";
  EXPECT_EQ(assemble_etag({a, b}), expected);
}

TEST(Claim, IsRefusedWhereItDoesNotHold) {
  for (const auto kind : kinds) {
    const auto sums = sums_of(kind, {"x"});
    const auto other = to_base64(sums_of(kind, {"y"}).checksum);
    EXPECT_TRUE(check_claim({.kind = kind, .value = to_base64(sums.checksum)}, sums, kind));
    EXPECT_EQ(check_claim({.kind = kind, .value = other}, sums, kind).error().name, "BadDigest");
    EXPECT_TRUE(check_checksum_form(kind, other));
    EXPECT_EQ(check_checksum_form(kind, "AA").error().name, "InvalidRequest");
    EXPECT_EQ(check_checksum_form(kind, "not base64!").error().name, "InvalidRequest");
  }
  const auto sums = sums_of(DigestKind::crc32, {"x"});
  EXPECT_TRUE(check_claim({.md5 = sums.md5}, sums, DigestKind::crc32));
  EXPECT_EQ(check_claim({.md5 = std::string(16, '\0')}, sums, DigestKind::crc32).error().message,
            "The Content-MD5 you specified did not match what we received.");
  EXPECT_EQ(parse_content_md5("AAAA").error().name, "InvalidDigest");
}

TEST(UploadChecksum, IsCompositeUnlessTheKindAllowsBetter) {
  EXPECT_FALSE(choose_upload_checksum(std::nullopt, std::nullopt)->kind);
  EXPECT_TRUE(choose_upload_checksum("SHA256", std::nullopt)->composite);
  EXPECT_TRUE(choose_upload_checksum("CRC32", std::nullopt)->composite);
  EXPECT_FALSE(choose_upload_checksum("CRC64NVME", std::nullopt)->composite);
  EXPECT_FALSE(choose_upload_checksum("CRC32", "FULL_OBJECT")->composite);
  EXPECT_EQ(choose_upload_checksum("SHA1", "FULL_OBJECT").error().name, "InvalidRequest");
  EXPECT_EQ(choose_upload_checksum("CRC64NVME", "COMPOSITE").error().name, "InvalidRequest");
  EXPECT_EQ(choose_upload_checksum(std::nullopt, "COMPOSITE").error().name, "InvalidRequest");
  EXPECT_FALSE(choose_upload_checksum("MD4", std::nullopt));
}

}  // namespace
}  // namespace tidemill::s3
