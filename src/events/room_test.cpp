#include "events/room.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tidemill::events {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class RoomTest : public testing::Test {
 protected:
  std::unique_ptr<Room::Slot> take(const std::string& destination, std::size_t bytes = 1) {
    return room->take(destination, bytes);
  }

  std::vector<std::string> freed;
  const std::shared_ptr<Room> room = std::make_shared<Room>(
      Room::Limits{.of_destination = 4, .of_all = 6, .bytes = 100},
      [this](const std::string& destination) { freed.push_back(destination); });
};

TEST_F(RoomTest, HoldsSoManyOfADestination) {
  std::vector<std::unique_ptr<Room::Slot>> held;
  for (int i = 0; i < 4; ++i) held.push_back(take("a"));
  EXPECT_EQ(take("a"), nullptr);
  EXPECT_NE(take("b"), nullptr);
}

TEST_F(RoomTest, CallsWhoWasTurnedAwayOnceHalfOfItIsFree) {
  std::vector<std::unique_ptr<Room::Slot>> held;
  for (int i = 0; i < 4; ++i) held.push_back(take("a"));
  EXPECT_EQ(take("a"), nullptr);
  held.pop_back();
  EXPECT_THAT(freed, IsEmpty());
  held.pop_back();
  EXPECT_THAT(freed, ElementsAre("a"));
  held.clear();
  EXPECT_THAT(freed, ElementsAre("a")) << "once is enough";
}

TEST_F(RoomTest, CallsWhoHadNoneItselfBecauseOthersHadAll) {
  std::vector<std::unique_ptr<Room::Slot>> held;
  for (const auto* name : {"a", "a", "a", "b", "b", "b"}) held.push_back(take(name));
  EXPECT_EQ(take("c"), nullptr);
  held.clear();
  EXPECT_THAT(freed, ElementsAre("c"));
}

TEST_F(RoomTest, CountsBytesButLetsOneLargeDeliveryThrough) {
  {
    const auto large = take("a", 1000);
    EXPECT_NE(large, nullptr);
    EXPECT_EQ(take("b", 1), nullptr);
  }
  EXPECT_THAT(freed, ElementsAre("b"));
  EXPECT_NE(take("b", 1), nullptr);
}

TEST_F(RoomTest, CallsNobodyOnceItIsClosed) {
  auto all = take("a", 100);
  EXPECT_EQ(take("b"), nullptr);
  room->close();
  all.reset();
  EXPECT_THAT(freed, IsEmpty());
}

}  // namespace
}  // namespace tidemill::events
