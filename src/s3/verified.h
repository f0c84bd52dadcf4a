/// Which blocks of stored files have been compared with their checksums since the program began, so
/// that each is compared once and not at every read. Thread-safe; bounded.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

namespace tidemill::s3 {

class Verified {
 public:
  /// Blocks remembered in all; beyond it everything is compared anew.
  static constexpr std::size_t blocks_max = 4 << 20;

  [[nodiscard]] bool holds(const std::string& file, std::uint64_t first, std::uint64_t last) const;
  void add(const std::string& file, std::uint64_t first, std::uint64_t last);
  void remove(const std::string& file);

 private:
  mutable std::mutex lock_;
  std::unordered_map<std::string, std::vector<bool>> blocks_;
  std::size_t count_ = 0;
};

}  // namespace tidemill::s3
