/// How the values of a period are spread: what percentiles are computed from. Pure.
///
/// Up to 32 different values are kept as they are. More are counted in buckets that grow by 2 %, so
/// that each is known to 1 %; where they would take more than 1,024 buckets (over nine powers of
/// ten, all of them taken), pairs of buckets become one, which doubles both. Any two distributions
/// can be merged, in any order. (The way of DDSketch, Masson et al. 2019, and UDDSketch.)
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace tidemill::metrics {

/// So many values that are equal, or lie in one bucket.
struct Weighted {
  double value = 0, count = 0;
};

class Distribution {
 public:
  static constexpr std::size_t exact_max = 32, buckets_max = 1024;

  /// `value` is at least 0, `count` more than 0.
  void add(double value, double count);
  void merge(const Distribution& other);
  void clear() { *this = {}; }

  [[nodiscard]] bool empty() const { return slots_.empty(); }
  /// Different values or buckets: what it takes of memory, 16 bytes each.
  [[nodiscard]] std::size_t size() const { return slots_.size(); }
  /// By value. A bucket's is the one that is off by as little as can be for any value in it.
  [[nodiscard]] std::vector<Weighted> values() const;

  /// As it is stored: some bytes a bucket, nine a value.
  [[nodiscard]] std::string encode() const;
  /// What isn't whole gives an empty one.
  [[nodiscard]] static Distribution decode(std::string_view bytes);

 private:
  void add_slot(const Weighted& slot);
  void coarsen_to(int level);
  void fit();

  static constexpr int exact = -1;
  int level_ = exact;            // How often pairs of buckets became one.
  std::vector<Weighted> slots_;  // By value; a bucket's number stands for its value.
};

}  // namespace tidemill::metrics
