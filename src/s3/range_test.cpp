#include "s3/range.h"

#include <gtest/gtest.h>

namespace tidemill::s3 {
namespace {

/// Of an object of ten bytes: "first-last", "all" or the error's name.
std::string of_ten(const std::string& header) {
  const auto range = parse_range(header, 10);
  if (!range) return range.error().name;
  if (!*range) return "all";
  return std::to_string((*range)->first) + "-" +
         std::to_string((*range)->first + (*range)->length - 1);
}

TEST(Range, MeansWhatAwsMeans) {
  const std::pair<const char*, const char*> cases[] = {
      {"bytes=0-8", "0-8"},
      {"bytes=1-1", "1-1"},
      {"bytes=0-0", "0-0"},
      {"bytes=1-", "1-9"},
      {"bytes=-2", "8-9"},
      {"bytes=-15", "0-9"},
      {"bytes=0-100", "0-9"},
      {"bytes=9-", "9-9"},
      {"bytes=1-0", "all"},
      {"bytes=-1-", "all"},
      {"bytes=0--1", "all"},
      {"bytes=-", "all"},
      {"bytes=0-1,3-4", "all"},
      {"lines=0-1", "all"},
      {"nonsense", "all"},
      {"bytes=-0", "InvalidRange"},
      {"bytes=100-200", "InvalidRange"},
      {"bytes=10-", "InvalidRange"},
  };
  for (const auto& [header, expected] : cases) EXPECT_EQ(of_ten(header), expected) << header;
}

TEST(Range, BeyondAllNumbersGivesNothing) {
  const auto range = parse_range("bytes=99999999999999999999-", 10);
  EXPECT_TRUE(!range || !*range);
}

TEST(Range, OfAnEmptyObjectIsNever) {
  for (const auto* header : {"bytes=0-0", "bytes=0-", "bytes=-1"}) {
    const auto range = parse_range(header, 0);
    EXPECT_TRUE(!range || !*range) << header;
  }
}

TEST(CopyRange, TakesOneFormOnly) {
  EXPECT_EQ(parse_copy_range("bytes=2-5", 10).value(), (ByteRange{2, 4}));
  for (const auto* header :
       {"bytes=-", "bytes=-2", "bytes=1-", "bytes=1-0", "bytes=0--1", "bytes=0-1,3-4", "2-5", ""}) {
    const auto range = parse_copy_range(header, 10);
    ASSERT_FALSE(range) << header;
    EXPECT_EQ(range.error().name, "InvalidArgument") << header;
  }
  EXPECT_EQ(parse_copy_range("bytes=5-10", 10).error().message,
            "Range specified is not valid for source object of size: 10");
  EXPECT_EQ(parse_copy_range("bytes=20-30", 10).error().name, "InvalidRequest");
}

}  // namespace
}  // namespace tidemill::s3
