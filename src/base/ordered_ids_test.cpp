#include "base/ordered_ids.h"

#include <gtest/gtest.h>

namespace tidemill {
namespace {

TEST(OrderedIds, ThoseOfOneMillisecondAreInOrderAndVersion7) {
  SystemRandom random;
  OrderedIds ids(random);
  const TimeMs at{1'893'499'200'000};
  auto before = ids.next(at);
  for (int i = 0; i < 10'000; ++i) {
    const auto id = ids.next(at);
    ASSERT_LT(before, id);
    ASSERT_EQ(id.size(), 36u);
    ASSERT_EQ(id[14], '7');
    ASSERT_EQ(id[19], '8');
    before = id;
  }
  EXPECT_LT(before, ids.next({at.ms + 1}));
}

}  // namespace
}  // namespace tidemill
