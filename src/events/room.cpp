#include "events/room.h"

#include <vector>

namespace tidemill::events {

Room::Slot::Slot(std::shared_ptr<Room> room, std::string destination, std::size_t bytes)
    : room_(std::move(room)), destination_(std::move(destination)), bytes_(bytes) {}

Room::Slot::~Slot() { room_->give_back(destination_, bytes_); }

Room::Room(Limits limits, std::function<void(const std::string&)> freed)
    : limits_(limits), freed_(std::move(freed)) {}

std::unique_ptr<Room::Slot> Room::take(const std::string& destination, std::size_t bytes) {
  const std::lock_guard lock(mutex_);
  const auto found = counts_.find(destination);
  const auto count = found == counts_.end() ? 0 : found->second;
  // The largest delivery alone must have room, or it would never go.
  const bool is_full = count >= limits_.of_destination || all_ >= limits_.of_all ||
                       (all_ > 0 && bytes_ + bytes > limits_.bytes);
  if (is_full) {
    turned_away_.insert(destination);
    return nullptr;
  }
  ++counts_[destination];
  ++all_;
  bytes_ += bytes;
  return std::make_unique<Slot>(shared_from_this(), destination, bytes);
}

void Room::close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
}

/// Half empty, so that those who wait come in many at a time.
bool Room::is_roomy(const std::string& destination) const {
  const auto found = counts_.find(destination);
  const auto count = found == counts_.end() ? 0 : found->second;
  return count <= limits_.of_destination / 2 && all_ <= limits_.of_all / 2 &&
         bytes_ <= limits_.bytes / 2;
}

std::vector<std::string> Room::take_called() {
  std::vector<std::string> called;
  if (closed_) return called;
  for (auto one = turned_away_.begin(); one != turned_away_.end();) {
    if (is_roomy(*one)) {
      called.push_back(*one);
      one = turned_away_.erase(one);
    } else {
      ++one;
    }
  }
  return called;
}

void Room::give_back(const std::string& destination, std::size_t bytes) {
  std::vector<std::string> called;
  {
    const std::lock_guard lock(mutex_);
    const auto count = counts_.find(destination);
    if (--count->second == 0) counts_.erase(count);
    --all_;
    bytes_ -= bytes;
    called = take_called();
  }
  for (const auto& one : called) freed_(one);
}

}  // namespace tidemill::events
