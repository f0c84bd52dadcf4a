/// Memory that is there already. A virtual machine may give what is free back to its host, so that
/// whoever uses it next (a server's page cache) waits for the host: no figure of that server's.
/// This touches memory beforehand and frees it bit by bit while a load runs. One thread.
#pragma once

#include <cstddef>
#include <cstdint>

namespace tidemill::bench {

class WarmMemory {
 public:
  explicit WarmMemory(std::size_t bytes);
  ~WarmMemory();
  WarmMemory(const WarmMemory&) = delete;
  WarmMemory& operator=(const WarmMemory&) = delete;

  /// Frees so much that all is free when `part` (0 to 1) of the load is over.
  void release(double part) noexcept;

 private:
  char* data_ = nullptr;
  std::size_t size_ = 0, released_ = 0;
};

}  // namespace tidemill::bench
