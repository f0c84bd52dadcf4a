#include "s3/usage.h"

#include <map>

#include "s3/object.h"
#include "s3/schema.h"
#include "store/store_fixture_testing.h"

namespace tidemill::s3 {
namespace {

constexpr TimeMs midnight{1'705'363'200'000};

class Told final : public Meter {
 public:
  void measure(const Measured& measured) noexcept override {
    ++times;
    values[std::string(measured.name)] = measured.value;
  }

  int times = 0;
  std::map<std::string, double> values;
};

class UsageTest : public store::StoreFixture {
 protected:
  UsageTest() : StoreFixture(migrations) {
    const auto made = write([](store::Tx& tx) {
      return tx.exec(
          "INSERT INTO buckets (name, account, region, created_ms, eventbridge)"
          " VALUES ('b', '000000000000', 'us-east-1', 1, 0)");
    });
    EXPECT_TRUE(made);
  }
  void put(const std::string& key, std::uint64_t size) {
    const auto saved = write(
        [&](store::Tx& tx) { return save_object(tx, 1, {.key = key, .size = size, .etag = "e"}); });
    ASSERT_TRUE(saved);
  }
  TimeMs measure(TimeMs at) {
    return write([&](store::Tx& tx) { return measure_usage(tx, at, told_); }).value();
  }
  bool is_due(TimeMs at) {
    return write([&](store::Tx& tx) { return is_usage_due(tx, at); }).value();
  }

  Told told_;
};

TEST_F(UsageTest, an_empty_bucket_has_no_metrics_before_its_first_object) {
  EXPECT_FALSE(is_due(noon));
  EXPECT_EQ(measure(noon), midnight);
  EXPECT_EQ(told_.times, 0);
  put("k", 5);
  EXPECT_TRUE(is_due(noon));
}

TEST_F(UsageTest, a_bucket_is_measured_once_a_day) {
  put("k", 5);
  measure(noon);
  EXPECT_EQ(told_.times, 2);
  EXPECT_EQ(told_.values,
            (std::map<std::string, double>{{"NumberOfObjects", 1}, {"BucketSizeBytes", 5}}));
  put("l", 2);
  EXPECT_FALSE(is_due({midnight.ms - 1}));
  measure({midnight.ms - 1});
  EXPECT_EQ(told_.times, 2);
  EXPECT_TRUE(is_due(midnight));
  measure(midnight);
  EXPECT_EQ(told_.values["NumberOfObjects"], 2);
  EXPECT_EQ(told_.values["BucketSizeBytes"], 7);
}

TEST_F(UsageTest, check_names_a_bucket_whose_count_is_wrong) {
  put("k", 5);
  put("k", 3);
  const auto check = [](store::Tx& tx) { return check_usage(tx); };
  EXPECT_EQ(write(check).value(), std::vector<std::string>());
  ASSERT_TRUE(write([](store::Tx& tx) { return tx.exec("UPDATE buckets SET bytes = bytes + 1"); }));
  EXPECT_EQ(write(check).value(),
            std::vector<std::string>{"bucket b is said to hold 1 objects, 4 bytes, and holds 1, "
                                     "3 bytes"});
}

/// A store of the version before, with an object, an older version, a marker and a part.
TEST(UsageSteps, what_a_store_held_before_is_counted_once) {
  char pattern[] = "/tmp/tidemill-usage-XXXXXX";
  const std::string directory = mkdtemp(pattern);
  const auto open = [&](std::size_t steps) {
    return store::open_sqlite({.path = directory + "/t.db"}, std::span(migrations).first(steps))
        .value();
  };
  ASSERT_TRUE(open(2)->write_now([](store::Tx& tx) -> Status {
    for (const auto* sql :
         {"INSERT INTO buckets (name, account, region, created_ms, eventbridge)"
          " VALUES ('b', 'a', 'r', 1, 0), ('empty', 'a', 'r', 1, 0)",
          "INSERT INTO objects (bucket, key, body, size, etag, modified_ms, sequencer,"
          " checksum_kind, checksum, composite) VALUES (1, X'6b', 1, 100, 'e', 5, 7, '', '', 0)",
          "INSERT INTO versions (bucket, key, rank, version, marker, body, size, etag, modified_ms,"
          " checksum_kind, checksum, composite) VALUES (1, X'6b', -6, 'v', 0, 2, 20, 'e', 5, '', "
          "'',"
          " 0), (1, X'6c', -5, 'm', 1, 0, 0, '', 5, '', '', 0)",
          "INSERT INTO uploads (upload_id, bucket, key, initiated_ms, initiator, sequencer,"
          " composite) VALUES ('u', 1, X'6b', 1, 'i', 1, 0)",
          "INSERT INTO upload_parts VALUES (1, 1, 3, 3, 'e', 'c', 1)"}) {
      TM_CHECK(tx.exec(sql));
    }
    return {};
  }));
  const auto usage = open(3)->write_now([](store::Tx& tx) { return usage_of_all(tx); });
  ASSERT_TRUE(usage);
  ASSERT_EQ(usage->size(), 2u);
  EXPECT_EQ(usage->front().objects, 4);
  EXPECT_EQ(usage->front().bytes, 123);
  EXPECT_EQ(usage->back().objects, 0);
  std::filesystem::remove_all(directory);
}

}  // namespace
}  // namespace tidemill::s3
