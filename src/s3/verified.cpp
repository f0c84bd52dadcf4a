#include "s3/verified.h"

namespace tidemill::s3 {

bool Verified::holds(const std::string& file, std::uint64_t first, std::uint64_t last) const {
  const std::lock_guard lock(lock_);
  const auto found = blocks_.find(file);
  if (found == blocks_.end() || found->second.size() <= last) return false;
  for (auto i = first; i <= last; ++i) {
    if (!found->second[i]) return false;
  }
  return true;
}

void Verified::add(const std::string& file, std::uint64_t first, std::uint64_t last) {
  const std::lock_guard lock(lock_);
  if (count_ > blocks_max) {
    blocks_.clear();
    count_ = 0;
  }
  auto& blocks = blocks_[file];
  if (blocks.size() <= last) {
    count_ += last + 1 - blocks.size();
    blocks.resize(last + 1);
  }
  for (auto i = first; i <= last; ++i) blocks[i] = true;
}

void Verified::remove(const std::string& file) {
  const std::lock_guard lock(lock_);
  const auto found = blocks_.find(file);
  if (found == blocks_.end()) return;
  count_ -= found->second.size();
  blocks_.erase(found);
}

}  // namespace tidemill::s3
