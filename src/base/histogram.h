/// Counts of values up to bounds that are set once, as Prometheus takes them. Any thread, no lock.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

namespace tidemill {

template <std::size_t N>
class Histogram {
 public:
  /// `bounds` from the least on; what is above the last counts in the sum and the count only.
  explicit constexpr Histogram(const std::array<double, N>& bounds) : bounds_(bounds) {}

  void observe(double value) noexcept {
    std::size_t at = 0;
    while (at < N && value > bounds_[at]) ++at;
    counts_[at].fetch_add(1, std::memory_order_relaxed);
    sum_.fetch_add(value, std::memory_order_relaxed);
  }

  struct Seen {
    std::array<std::uint64_t, N> up_to = {};  ///< Of values not above each bound.
    std::uint64_t count = 0;
    double sum = 0;
  };
  [[nodiscard]] Seen seen() const noexcept {
    Seen seen;
    for (std::size_t i = 0; i <= N; ++i) {
      seen.count += counts_[i].load(std::memory_order_relaxed);
      if (i < N) seen.up_to[i] = seen.count;
    }
    seen.sum = sum_.load(std::memory_order_relaxed);
    return seen;
  }
  [[nodiscard]] const std::array<double, N>& bounds() const noexcept { return bounds_; }

 private:
  const std::array<double, N> bounds_;
  std::array<std::atomic<std::uint64_t>, N + 1> counts_ = {};
  std::atomic<double> sum_ = 0;
};

}  // namespace tidemill
