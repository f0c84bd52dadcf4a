/// Room on the disk that is kept for the time when there is no more: given up then, so that things
/// can still be deleted, and taken again once there is enough. Any thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>

namespace tidemill::server {

class Reserve {
 public:
  /// The room is that of the file at `path`; 0 bytes: nothing is kept.
  Reserve(std::string path, std::uint64_t bytes) : path_(std::move(path)), bytes_(bytes) {}

  /// At start: takes it, unless the program before gave it up and there is no room for it yet.
  void open();
  /// The disk is full. Whether there was something to give up.
  bool give_up();
  /// Takes it again if at least as much stays free beside it. Whether it is there.
  bool take();
  /// It was given up: only what makes room is to be done.
  [[nodiscard]] bool is_given_up() const noexcept { return is_given_up_; }

 private:
  [[nodiscard]] bool is_there() const;
  [[nodiscard]] bool make() const;

  const std::string path_;
  const std::uint64_t bytes_;
  std::mutex lock_;
  std::atomic<bool> is_given_up_ = false;
};

}  // namespace tidemill::server
