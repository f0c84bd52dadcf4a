#include "base/gzip.h"

#include <gtest/gtest.h>

#include "base/encoding.h"

namespace tidemill {
namespace {

// printf 'hello hello hello' | gzip -n
const std::string packed = from_base64("H4sIAAAAAAAAA8tIzcnJV8hAkACAiPnlEQAAAA==").value();

TEST(GzipTest, unpacks) { EXPECT_EQ(gunzip(packed, 100).value(), "hello hello hello"); }

TEST(GzipTest, says_no_to_what_is_broken_cut_or_too_large) {
  EXPECT_EQ(gunzip("plain text", 100).error().code, Errc::invalid_argument);
  EXPECT_EQ(gunzip("", 100).error().code, Errc::invalid_argument);
  EXPECT_EQ(gunzip(packed.substr(0, packed.size() - 9), 100).error().code, Errc::invalid_argument);
  EXPECT_EQ(gunzip(packed, 16).error().code, Errc::too_large);
}

}  // namespace
}  // namespace tidemill
