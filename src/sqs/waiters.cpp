#include "sqs/waiters.h"

#include <vector>

namespace tidemill::sqs {

Waiters::Waiters(io::Loops& loops, const Clock& clock)
    : clock_(clock), alarm_(loops, 0, clock, [this] { ring(); }) {}

void Waiters::visible(std::int64_t queue, TimeMs at, int count) {
  // Who comes later sees in its own transaction what is there and when the next one is due.
  if (!room_.anyone(queue)) return;
  if (at <= clock_.now()) return room_.call(queue, count);
  {
    const std::lock_guard guard(lock_);
    due_.emplace(at, queue);
  }
  alarm_.set(at);
}

void Waiters::ring() {
  std::vector<std::int64_t> queues;
  std::optional<TimeMs> next;
  {
    const std::lock_guard guard(lock_);
    const auto now = clock_.now();
    while (!due_.empty() && due_.begin()->first <= now) {
      queues.push_back(due_.begin()->second);
      due_.erase(due_.begin());
    }
    if (!due_.empty()) next = due_.begin()->first;
  }
  // One each: who takes all that it asked for has the next one called.
  for (const auto queue : queues) room_.call(queue, 1);
  if (next) alarm_.set(*next);
}

}  // namespace tidemill::sqs
