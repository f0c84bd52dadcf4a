#include "io/waiting_room.h"

#include <future>

#include <gtest/gtest.h>

#include "io/loops.h"

namespace tidemill::io {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Seat = std::unique_ptr<WaitingRoom::Seat>;

class WaitingRoomTest : public testing::Test {
 protected:
  /// Runs `visit(seat)` on loop `loop`, seated for `key`; its answer.
  std::future<bool> guest(std::int64_t key, std::function<Task<bool>(WaitingRoom::Seat&)> visit,
                          int loop = 0) {
    auto seated = std::make_shared<std::promise<void>>();
    auto answer = std::make_shared<std::promise<bool>>();
    auto future = answer->get_future();
    auto ready = seated->get_future();
    loops_.spawn(loop, [this, key, visit = std::move(visit), seated, answer] {
      return sit(&room_, key, visit, seated, answer);
    });
    ready.wait();
    return future;
  }
  static Task<void> sit(WaitingRoom* room, std::int64_t key,
                        std::function<Task<bool>(WaitingRoom::Seat&)> visit,
                        std::shared_ptr<std::promise<void>> seated,
                        std::shared_ptr<std::promise<bool>> answer) {
    const Seat seat = co_await room->enter(key);
    seated->set_value();
    answer->set_value(co_await visit(*seat));
  }
  static Task<bool> long_wait(WaitingRoom::Seat& seat) { return seat.wait_for(seconds(30)); }
  static Task<bool> no_wait() { co_return false; }
  static Task<bool> short_wait(WaitingRoom::Seat& seat) { return seat.wait_for(milliseconds(5)); }

  WaitingRoom room_;
  Loops loops_{2};
};

TEST_F(WaitingRoomTest, a_call_wakes_as_many_as_it_says) {
  auto first = guest(1, long_wait), second = guest(1, long_wait), other = guest(2, long_wait);
  room_.call(1, 1);
  EXPECT_TRUE(first.get());
  EXPECT_EQ(second.wait_for(milliseconds(0)), std::future_status::timeout);
  room_.call(1, 5);
  EXPECT_TRUE(second.get());
  EXPECT_EQ(other.wait_for(milliseconds(0)), std::future_status::timeout);
  room_.close();
  EXPECT_FALSE(other.get());
}

TEST_F(WaitingRoomTest, a_call_before_the_wait_counts) {
  std::promise<void> called;
  auto go = std::make_shared<std::future<void>>(called.get_future());
  auto answer = guest(1, [go](WaitingRoom::Seat& seat) {
    go->wait();
    return long_wait(seat);
  });
  room_.call(1, 1);
  called.set_value();
  EXPECT_TRUE(answer.get());
}

TEST_F(WaitingRoomTest, who_leaves_passes_an_unheard_call_on) {
  std::promise<void> called;
  auto go = std::make_shared<std::future<void>>(called.get_future());
  auto leaves = guest(1, [go](WaitingRoom::Seat&) {
    go->wait();
    return no_wait();
  });
  auto stays = guest(1, long_wait, 1);
  room_.call(1, 1);
  called.set_value();
  leaves.get();
  EXPECT_TRUE(stays.get());
}

TEST_F(WaitingRoomTest, a_wait_ends_by_itself) {
  EXPECT_FALSE(guest(1, short_wait).get());
  EXPECT_FALSE(room_.anyone(2));
}

}  // namespace
}  // namespace tidemill::io
