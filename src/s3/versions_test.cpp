#include "s3/versions.h"

#include "s3/schema.h"
#include "store/store_fixture_testing.h"

namespace tidemill::s3 {
namespace {

TEST(VersionId, is_32_characters_and_tells_its_sequencer) {
  SystemRandom random;
  for (const std::int64_t sequencer : {std::int64_t{0}, std::int64_t{1}, std::int64_t{63},
                                       std::int64_t{64}, std::int64_t{1} << 59}) {
    const auto id = make_version_id(sequencer, random);
    EXPECT_EQ(id.size(), 32u);
    EXPECT_EQ(sequencer_of(id), sequencer);
    EXPECT_NE(make_version_id(sequencer, random), id);
  }
}

TEST(VersionId, is_nothing_else) {
  for (const auto* text :
       {"", "null", "0123456789012345678901234567890", "012345678901234567890123456789012",
        "0123456789012345678901234567890/"}) {
    EXPECT_EQ(sequencer_of(text), std::nullopt) << text;
  }
}

class VersionsTest : public store::StoreFixture {
 protected:
  VersionsTest() : StoreFixture(migrations) {}

  SystemRandom random_;
};

TEST_F(VersionsTest, objects_from_before_are_null_versions) {
  start_over(std::span(migrations).first(1));
  ASSERT_TRUE(write([](store::Tx& tx) -> Status {
    TM_CHECK(
        tx.exec("INSERT INTO buckets (name, account, region, created_ms, eventbridge)"
                " VALUES ('b', '000000000000', 'us-east-1', 1, 1)"));
    TM_CHECK(
        tx.exec("INSERT INTO objects (bucket, key, body, size, etag, modified_ms, sequencer,"
                " checksum_kind, checksum, composite)"
                " VALUES (1, $1, 1, 3, 'e', 5, 7, 'CRC32', 'c', 0)",
                store::Blob{"k"}));
    return {};
  }));
  open_store();
  ASSERT_TRUE(write([](store::Tx& tx) -> Status {
    TM_TRY(const auto bucket, find_bucket(tx, "b"));
    EXPECT_EQ(bucket->versioning, Versioning::never);
    EXPECT_TRUE(bucket->eventbridge);
    TM_TRY(const auto found, find_version(tx, *bucket, "k", null_version));
    EXPECT_TRUE(found && found->current);
    EXPECT_EQ(found->object.sequencer, 7);
    EXPECT_EQ(shown_version(*bucket, found->object), std::nullopt);
    return {};
  }));
}

TEST_F(VersionsTest, a_chain_is_listed_newest_first_and_uncovered_one_by_one) {
  const auto made = [&](std::int64_t sequencer) {
    return Object{.key = "k",
                  .size = std::uint64_t(sequencer),
                  .etag = "e",
                  .sequencer = sequencer,
                  .version = make_version_id(sequencer, random_)};
  };
  const auto oldest = made(1), older = made(2), marker = made(3);
  ASSERT_TRUE(write([&](store::Tx& tx) -> Status {
    const Bucket bucket{.id = 1, .versioning = Versioning::enabled};
    TM_CHECK(save_object(tx, 1, oldest));
    TM_CHECK(retire_object(tx, 1, "k"));
    TM_CHECK(save_object(tx, 1, older));
    TM_CHECK(retire_object(tx, 1, "k"));
    TM_CHECK(drop_object(tx, 1, "k"));
    TM_CHECK(save_marker(tx, 1, marker));
    TM_TRY(const auto page, list_versions(tx, bucket, {}));
    EXPECT_EQ(page.versions.size(), 3u);
    EXPECT_TRUE(page.versions[0].marker && page.versions[0].latest);
    EXPECT_EQ(page.versions[1].object.version, older.version);
    EXPECT_FALSE(page.versions[1].latest);
    TM_CHECK(promote_newest(tx, 1, "k"));  // A marker is never promoted.
    TM_TRY(const auto hidden, find_object(tx, 1, "k"));
    EXPECT_FALSE(hidden);
    TM_TRY(const auto found, find_version(tx, bucket, "k", marker.version));
    EXPECT_TRUE(found && found->marker);
    TM_CHECK(drop_version(tx, 1, *found));
    TM_CHECK(promote_newest(tx, 1, "k"));
    TM_TRY(const auto uncovered, find_object(tx, 1, "k"));
    EXPECT_EQ(uncovered->version, older.version);
    EXPECT_EQ(uncovered->size, 2u);
    TM_TRY(const auto rest, list_versions(tx, bucket, {}));
    EXPECT_EQ(rest.versions.size(), 2u);
    EXPECT_TRUE(rest.versions[0].latest);
    EXPECT_FALSE(rest.versions[1].latest);
    return {};
  }));
}

}  // namespace
}  // namespace tidemill::s3
