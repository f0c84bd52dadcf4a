#include "io/waiting_room.h"

#include <algorithm>
#include <climits>
#include <list>
#include <mutex>
#include <unordered_map>

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>

#include "io/wake.h"

namespace tidemill::io {

struct WaitingRoom::Guest {
  Guest(std::int64_t k, const boost::asio::any_io_executor& e) : key(k), executor(e), wake(e) {}

  const std::int64_t key;
  const boost::asio::any_io_executor executor;
  Wake wake;            // On the guest's loop.
  bool called = false;  // Under the room's lock.
};

struct WaitingRoom::State {
  /// Under the lock.
  static void tell(const std::shared_ptr<Guest>& guest) {
    boost::asio::post(guest->executor, [guest] { guest->wake.notify(); });
  }

  void call(std::int64_t key, int count) {
    const std::lock_guard guard(lock);
    const auto found = guests.find(key);
    if (found == guests.end()) return;
    for (const auto& guest : found->second) {
      if (count <= 0) return;
      if (guest->called) continue;
      guest->called = true;
      tell(guest);
      --count;
    }
  }

  mutable std::mutex lock;
  std::unordered_map<std::int64_t, std::list<std::shared_ptr<Guest>>> guests;
  bool closed = false;
};

WaitingRoom::WaitingRoom() : state_(std::make_shared<State>()) {}
WaitingRoom::~WaitingRoom() { close(); }

Task<std::unique_ptr<WaitingRoom::Seat>> WaitingRoom::enter(std::int64_t key) {
  const auto state = state_;
  auto guest = std::make_shared<Guest>(key, co_await boost::asio::this_coro::executor);
  const std::lock_guard guard(state->lock);
  state->guests[key].push_back(guest);
  co_return std::make_unique<Seat>(state, std::move(guest));
}

void WaitingRoom::call(std::int64_t key, int count) { state_->call(key, count); }

void WaitingRoom::call_all() {
  std::vector<std::int64_t> keys;
  {
    const std::lock_guard guard(state_->lock);
    for (const auto& [key, guests] : state_->guests) keys.push_back(key);
  }
  for (const auto key : keys) state_->call(key, INT_MAX);
}

bool WaitingRoom::anyone(std::int64_t key) const {
  const std::lock_guard guard(state_->lock);
  return state_->guests.contains(key);
}

void WaitingRoom::close() {
  const std::lock_guard guard(state_->lock);
  state_->closed = true;
  for (const auto& [key, guests] : state_->guests) {
    for (const auto& guest : guests) State::tell(guest);
  }
}

WaitingRoom::Seat::Seat(std::shared_ptr<State> state, std::shared_ptr<Guest> guest)
    : state_(std::move(state)), guest_(std::move(guest)) {}

WaitingRoom::Seat::~Seat() {
  bool unheard = false;
  {
    const std::lock_guard guard(state_->lock);
    const auto found = state_->guests.find(guest_->key);
    found->second.remove(guest_);
    if (found->second.empty()) state_->guests.erase(found);
    unheard = guest_->called;
  }
  if (unheard) state_->call(guest_->key, 1);
}

Task<bool> WaitingRoom::Seat::wait_for(std::chrono::milliseconds time) {
  const auto until = std::chrono::steady_clock::now() + time;
  while (true) {
    {
      const std::lock_guard guard(state_->lock);
      if (state_->closed) co_return false;
      if (std::exchange(guest_->called, false)) co_return true;
    }
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
    if (left.count() <= 0) co_return false;
    co_await guest_->wake.wait_for(left);
  }
}

}  // namespace tidemill::io
