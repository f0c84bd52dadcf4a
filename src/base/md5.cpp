#include "base/md5.h"

#include <algorithm>
#include <condition_variable>
#include <cstring>
#include <deque>
#include <mutex>
#include <thread>

#include "base/md5_lanes.h"

namespace tidemill {
namespace {

/// From here on a piece is worth a place beside others.
constexpr std::size_t shared_blocks_min = 64 * 1024 / Md5::block_bytes;
/// After so many blocks those who came meanwhile join.
constexpr std::size_t turn_blocks = 256;

/// Takes pieces of all threads. Whoever finds nobody at work works, for all that wait, until its
/// own piece is done.
class Mill {
 public:
  void add(Md5::State& state, const char* data, std::size_t count) {
    Piece piece{&state, data, count};
    std::unique_lock lock(mutex_);
    waiting_.push_back(&piece);
    while (piece.left > 0) {
      if (busy_) {
        changed_.wait(lock);
        continue;
      }
      busy_ = true;
      if (waiting_.size() == 1) {
        // With more threads than cores, those that are about to come get to run first.
        lock.unlock();
        std::this_thread::yield();
        lock.lock();
      }
      while (piece.left > 0) turn(lock);
      busy_ = false;
      changed_.notify_all();
    }
  }

 private:
  struct Piece {
    Md5::State* state;
    const char* at;
    std::size_t left;  ///< Blocks.
  };

  /// Some blocks of those that have waited longest.
  void turn(std::unique_lock<std::mutex>& lock) {
    const auto taken = std::min(waiting_.size(), md5_lanes);
    std::array<Piece*, md5_lanes> pieces{};
    std::copy_n(waiting_.begin(), taken, pieces.begin());
    lock.unlock();
    auto count = turn_blocks;
    for (std::size_t i = 0; i < taken; ++i) count = std::min(count, pieces[i]->left);
    if (taken == 1) {
      md5_blocks(*pieces[0]->state, pieces[0]->at, count);
    } else {
      std::array<Md5Lane, md5_lanes> lanes;
      for (std::size_t i = 0; i < taken; ++i) lanes[i] = {pieces[i]->state, pieces[i]->at};
      md5_blocks_beside(lanes, count);
    }
    lock.lock();
    for (std::size_t i = 0; i < taken; ++i) {
      pieces[i]->at += count * Md5::block_bytes;
      pieces[i]->left -= count;
    }
    const auto is_done = [](const Piece* piece) { return piece->left == 0; };
    if (std::erase_if(waiting_, is_done) > 0) changed_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Piece*> waiting_;  ///< With those being worked at, in the order of arrival.
  bool busy_ = false;
};

Mill& mill() {
  static Mill one;
  return one;
}

}  // namespace

void Md5::add_blocks(const char* data, std::size_t count) noexcept {
  if (count >= shared_blocks_min && md5_has_lanes()) {
    mill().add(state_, data, count);
  } else if (count > 0) {
    md5_blocks(state_, data, count);
  }
}

void Md5::update(std::string_view bytes) noexcept {
  const std::size_t before = size_ % block_bytes;
  size_ += bytes.size();
  if (before > 0) {
    const auto taken = bytes.substr(0, block_bytes - before);
    std::memcpy(rest_.data() + before, taken.data(), taken.size());
    if (before + taken.size() < block_bytes) return;
    add_blocks(rest_.data(), 1);
    bytes.remove_prefix(taken.size());
  }
  const std::size_t blocks = bytes.size() / block_bytes;
  add_blocks(bytes.data(), blocks);
  bytes.remove_prefix(blocks * block_bytes);
  if (!bytes.empty()) std::memcpy(rest_.data(), bytes.data(), bytes.size());
}

std::string Md5::finish() noexcept {
  const std::uint64_t bits = size_ * 8;
  std::array<char, block_bytes> padding{};
  padding[0] = char(0x80);
  const std::size_t filled = size_ % block_bytes;
  update({padding.data(), (filled < 56 ? 56 : 120) - filled});
  update({reinterpret_cast<const char*>(&bits), sizeof bits});
  return {reinterpret_cast<const char*>(state_.data()), sizeof state_};
}

}  // namespace tidemill
