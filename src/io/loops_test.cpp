#include "io/loops.h"

#include <future>

#include <gtest/gtest.h>

namespace tidemill::io {
namespace {

using namespace std::chrono_literals;

TEST(Loops, RunsPostedWorkOnTheNamedLoop) {
  Loops loops(2);
  std::promise<std::thread::id> first;
  std::promise<std::thread::id> again;
  std::promise<std::thread::id> other;
  loops.post(0, [&] { first.set_value(std::this_thread::get_id()); });
  loops.post(0, [&] { again.set_value(std::this_thread::get_id()); });
  loops.post(1, [&] { other.set_value(std::this_thread::get_id()); });
  const auto id = first.get_future().get();
  EXPECT_EQ(id, again.get_future().get());
  EXPECT_NE(id, other.get_future().get());
}

Task<void> sleep_and_tell(std::promise<bool>& slept) {
  const bool whole = co_await sleep_for(5ms);
  slept.set_value(whole);
}

TEST(Loops, LetsACoroutineSleep) {
  Loops loops(1);
  std::promise<bool> slept;
  loops.spawn(0, [&] { return sleep_and_tell(slept); });
  EXPECT_TRUE(slept.get_future().get());
}

TEST(Loops, AbandonsWhatStillWaits) {
  std::promise<bool> never;
  const auto begin = std::chrono::steady_clock::now();
  {
    Loops loops(1);
    loops.spawn(0, [] -> Task<void> { co_await sleep_for(1h); });
    loops.post(0, [&] { never.set_value(true); });
    never.get_future().wait();
  }
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 5s);
}

struct Answer {
  Result<int> value;
  bool same_thread = false;
};

Task<void> ask(Pool& pool, std::promise<Answer>& told) {
  const auto before = std::this_thread::get_id();
  auto work = [] -> Result<int> { return 42; };
  Answer answer{co_await pool.run(work)};
  answer.same_thread = before == std::this_thread::get_id();
  told.set_value(std::move(answer));
}

TEST(Pool, AnswersOnTheCallersLoop) {
  Loops loops(1);
  Pool pool(1, 4);
  std::promise<Answer> told;
  loops.spawn(0, [&] { return ask(pool, told); });
  const Answer answer = told.get_future().get();
  EXPECT_EQ(answer.value.value(), 42);
  EXPECT_TRUE(answer.same_thread);
}

Task<void> block(Pool& pool, std::shared_future<void> release, std::atomic<int>& refused) {
  auto work = [release] -> Result<int> {
    release.wait();
    return 1;
  };
  const auto answer = co_await pool.run(work);
  if (!answer && answer.error().code == Errc::throttled) ++refused;
}

TEST(Pool, RefusesWorkBeyondItsQueue) {
  Loops loops(1);
  Pool pool(1, 2);
  std::promise<void> release;
  std::atomic<int> refused = 0;
  const std::shared_future<void> released = release.get_future().share();
  for (int i = 0; i < 10; ++i) {
    loops.spawn(0, [&, released] { return block(pool, released, refused); });
  }
  while (refused < 7) std::this_thread::sleep_for(1ms);
  release.set_value();
  std::this_thread::sleep_for(5ms);
  EXPECT_GE(refused, 7);
  EXPECT_LE(refused, 8);
}

Task<void> boom() {
  co_await sleep_for(1ms);
  throw std::runtime_error("boom");
}

TEST(LoopsDeathTest, AbortsWhenACoroutineThrows) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(
      {
        Loops loops(1);
        loops.spawn(0, boom);
        std::this_thread::sleep_for(2s);
      },
      "escaped a coroutine: boom");
}

}  // namespace
}  // namespace tidemill::io
