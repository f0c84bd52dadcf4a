#include "bench/warm_memory.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>

namespace tidemill::bench {
namespace {

constexpr std::size_t page_bytes = 4096, step_bytes = 4 << 20;

/// A quarter of what is free at most.
std::size_t affordable(std::size_t bytes) {
  return std::min(bytes, std::size_t(::sysconf(_SC_AVPHYS_PAGES)) * page_bytes / 4);
}

}  // namespace

WarmMemory::WarmMemory(std::size_t bytes) : size_(affordable(bytes) / step_bytes * step_bytes) {
  void* mapped = ::mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapped == MAP_FAILED) {
    size_ = 0;
    return;
  }
  data_ = static_cast<char*>(mapped);
  (void)::madvise(data_, size_, MADV_HUGEPAGE);
  for (std::size_t at = 0; at < size_; at += page_bytes) data_[at] = 1;
}

WarmMemory::~WarmMemory() {
  if (data_ != nullptr) ::munmap(data_, size_);
}

void WarmMemory::release(double part) noexcept {
  const auto wanted = std::size_t(double(size_) * std::clamp(part, 0.0, 1.0));
  for (; released_ + step_bytes <= wanted; released_ += step_bytes) {
    (void)::madvise(data_ + released_, step_bytes, MADV_DONTNEED);
  }
}

}  // namespace tidemill::bench
