#include "base/seal.h"

#include <gtest/gtest.h>

namespace tidemill {
namespace {

class SealerTest : public testing::Test {
 protected:
  Sealer with_key(char digit) {
    return Sealer::make(Secret(std::string(64, digit)), random_).value();
  }

  SystemRandom random_;
  Sealer sealer_ = with_key('a');
};

TEST_F(SealerTest, OpensWhatItSealed) {
  for (const std::string text : {std::string(), std::string("s3cret"), std::string(100'000, 'x')}) {
    EXPECT_EQ(sealer_.open(sealer_.seal(text, "here"), "here").value(), text);
  }
}

TEST_F(SealerTest, ShowsNothingOfTheTextAndNeverTheSameTwice) {
  const std::string text = "hunter2-hunter2-hunter2";
  const auto sealed = sealer_.seal(text, "here");
  EXPECT_EQ(sealed.find("hunter2"), std::string::npos);
  EXPECT_EQ(sealed.size(), text.size() + 1 + 12 + 16);
  EXPECT_NE(sealed, sealer_.seal(text, "here"));
}

TEST_F(SealerTest, RefusesWhatBelongsToAnotherPlaceOrKey) {
  const auto sealed = sealer_.seal("s3cret", "here");
  EXPECT_EQ(sealer_.open(sealed, "there").error().code, Errc::corrupt);
  EXPECT_EQ(with_key('b').open(sealed, "here").error().code, Errc::corrupt);
}

TEST_F(SealerTest, RefusesWhatWasChangedInAnyByte) {
  const auto sealed = sealer_.seal("s3cret", "here");
  for (std::size_t i = 0; i < sealed.size(); ++i) {
    auto changed = sealed;
    changed[i] = char(changed[i] ^ 1);
    EXPECT_FALSE(sealer_.open(changed, "here")) << i;
  }
  for (std::size_t size = 0; size < sealed.size(); ++size) {
    EXPECT_FALSE(sealer_.open(sealed.substr(0, size), "here")) << size;
  }
}

TEST_F(SealerTest, NeedsAKeyOf64HexDigits) {
  EXPECT_EQ(Sealer::make(Secret("abc"), random_).error().code, Errc::corrupt);
  EXPECT_EQ(Sealer::make(Secret(std::string(64, 'g')), random_).error().code, Errc::corrupt);
}

}  // namespace
}  // namespace tidemill
