#include "schedule/loader.h"

#include <utility>

namespace tidemill::schedule {

void Loader::add(const TimerRow& row) {
  if (read_ == reading_.size()) reading_.emplace_back();
  reading_[read_] = row;
  if (++read_ == chunk) hand_over();
}

void Loader::hand_over() {
  wait();
  std::swap(reading_, compiling_);
  compiled_ =
      std::async(std::launch::async, [this, count = std::exchange(read_, 0)] { compile(count); });
}

void Loader::compile(std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    const auto& row = compiling_[i];
    auto timer = timers_.compile(row);
    if (!timer) {
      failures_.push_back({row.id, std::move(timer).error()});
    } else if (timer->due != INT64_MAX) {
      timers_.put(row.id, *timer);
    }
  }
}

std::vector<Loader::Failure> Loader::finish() {
  wait();
  std::swap(reading_, compiling_);
  compile(std::exchange(read_, 0));  // There is nothing left to read meanwhile.
  return std::move(failures_);
}

}  // namespace tidemill::schedule
