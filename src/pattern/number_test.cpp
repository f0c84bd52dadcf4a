#include "pattern/number.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <random>
#include <string>

namespace tidemill::pattern {
namespace {

std::string digits(std::mt19937& random, std::size_t count) {
  std::string out;
  for (std::size_t i = 0; i < count; ++i) out += static_cast<char>('0' + random() % 10);
  return out;
}

TEST(Number, IsTheNearestDoubleHoweverManyDigits) {
  std::mt19937 random(7);
  for (int i = 0; i < 200'000; ++i) {
    auto text = (random() % 2 == 0 ? "-" : "") + digits(random, 1 + random() % 12);
    if (random() % 4 != 0) text += "." + digits(random, 1 + random() % 12);
    if (random() % 16 == 0) text += "e-7";
    ASSERT_EQ(nearest_double(text), std::strtod(text.c_str(), nullptr)) << text;
  }
}

TEST(Number, HalfwayBetweenTwoDoublesIsTheEvenOne) {
  std::mt19937_64 random(8);
  constexpr std::uint64_t first = std::uint64_t{1} << 53;
  for (int i = 0; i < 50'000; ++i) {
    const auto below = (first + random() % first) * 4;
    for (const auto number : {below + 1, below + 2, below + 3, below + 6}) {
      const auto text = std::to_string(number);
      ASSERT_EQ(nearest_double(text), std::strtod(text.c_str(), nullptr)) << text;
    }
  }
  EXPECT_EQ(nearest_double("900719925474099.3"), 900719925474099.25);
  EXPECT_EQ(nearest_double("9007199254740993"), 9007199254740992.0);
  EXPECT_EQ(nearest_double("0.1000000000000000055"), 0.1);
}

TEST(Number, ZeroIsZeroHoweverItIsWritten) {
  for (const auto* text :
       {"0", "-0", "0.0", "-0.000000000000000000", "0e9", "0.00000000000e-400"}) {
    EXPECT_EQ(nearest_double(text), 0) << text;
  }
}

}  // namespace
}  // namespace tidemill::pattern
