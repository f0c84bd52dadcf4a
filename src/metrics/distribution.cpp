#include "metrics/distribution.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>

namespace tidemill::metrics {
namespace {

constexpr double buckets_an_octave = 35;        // Each 2 % wider than the one before.
constexpr std::int64_t zeros_number = -40'000;  // Below that of the least number there is.

/// Bucket n holds what is above base^(n-1), up to base^n. That of 0 is minus infinity.
double bucket_of(double value) { return std::ceil(std::log2(value) * buckets_an_octave); }
/// The bucket of the next level that bucket `number` goes into.
double halved(double number) { return std::ceil(number / 2); }

/// Off by the same part of itself from both ends of the bucket.
double middle_of(double number, int level) {
  const double width = std::ldexp(1, level) / buckets_an_octave;
  return 2 * std::exp2(number * width) / (1 + std::exp2(width));
}

/// Gives equal neighbours one slot.
void join_equal(std::vector<Weighted>& slots) {
  std::size_t kept = 0;
  for (std::size_t i = 1; i < slots.size(); ++i) {
    if (slots[i].value == slots[kept].value) {
      slots[kept].count += slots[i].count;
    } else {
      slots[++kept] = slots[i];
    }
  }
  slots.resize(kept + 1);
}

void put_number(std::string& bytes, std::uint64_t number) {
  for (; number >= 0x80; number >>= 7) bytes += char(number | 0x80);
  bytes += char(number);
}

void put_double(std::string& bytes, double value) {
  char raw[sizeof value];
  std::memcpy(raw, &value, sizeof value);
  bytes.append(raw, sizeof raw);
}

/// A whole count as twice itself; another after a 1.
void put_count(std::string& bytes, double count) {
  constexpr double whole_max = 1LL << 53;
  if (count == std::floor(count) && count < whole_max) {
    put_number(bytes, std::uint64_t(count) * 2);
  } else {
    bytes += '\1';
    put_double(bytes, count);
  }
}

/// Reads what was put; after what isn't there any more, 0.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}
  [[nodiscard]] bool is_done() const { return bytes_.empty(); }
  [[nodiscard]] bool is_broken() const { return is_broken_; }

  std::uint64_t number() {
    std::uint64_t number = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      const auto byte = static_cast<unsigned char>(take(1)[0]);
      number |= std::uint64_t(byte & 0x7f) << shift;
      if (byte < 0x80) return number;
    }
    is_broken_ = true;
    return 0;
  }
  double real() {
    double value = 0;
    std::memcpy(&value, take(sizeof value).data(), sizeof value);
    return value;
  }
  double count() {
    const auto twice = number();
    return twice == 1 ? real() : double(twice / 2);
  }

 private:
  std::string_view take(std::size_t size) {
    static constexpr std::string_view nothing("\0\0\0\0\0\0\0\0", 8);
    if (bytes_.size() < size) {
      is_broken_ = true;
      bytes_ = {};
      return nothing;
    }
    const auto taken = bytes_.substr(0, size);
    bytes_.remove_prefix(size);
    return taken;
  }

  std::string_view bytes_;
  bool is_broken_ = false;
};

}  // namespace

void Distribution::add_slot(const Weighted& slot) {
  const auto at = std::ranges::lower_bound(slots_, slot.value, {}, &Weighted::value);
  if (at != slots_.end() && at->value == slot.value) {
    at->count += slot.count;
  } else {
    slots_.insert(at, slot);
    fit();
  }
}

void Distribution::add(double value, double count) {
  auto number = level_ == exact ? value : bucket_of(value);
  for (int level = 0; level < level_; ++level) number = halved(number);
  add_slot({number, count});
}

void Distribution::coarsen_to(int level) {
  for (; level_ < level; ++level_) {
    for (auto& slot : slots_) {
      slot.value = level_ == exact ? bucket_of(slot.value) : halved(slot.value);
    }
    if (!slots_.empty()) join_equal(slots_);
  }
}

void Distribution::fit() {
  if (level_ == exact && slots_.size() > exact_max) coarsen_to(0);
  while (slots_.size() > buckets_max) coarsen_to(level_ + 1);
}

void Distribution::merge(const Distribution& other) {
  if (other.level_ < level_) {
    auto coarser = other;
    coarser.coarsen_to(level_);
    return merge(coarser);
  }
  coarsen_to(other.level_);
  std::vector<Weighted> both;
  both.reserve(slots_.size() + other.slots_.size());
  std::ranges::merge(slots_, other.slots_, std::back_inserter(both), {}, &Weighted::value,
                     &Weighted::value);
  slots_ = std::move(both);
  if (!slots_.empty()) join_equal(slots_);
  fit();
}

std::vector<Weighted> Distribution::values() const {
  auto samples = slots_;
  if (level_ == exact) return samples;
  for (auto& sample : samples) sample.value = middle_of(sample.value, level_);
  return samples;
}

/// The level, then each slot's value (a bucket as the distance from the one before) and count.
std::string Distribution::encode() const {
  std::string bytes;
  put_number(bytes, std::uint64_t(level_ - exact));
  std::int64_t before = zeros_number;
  for (const auto& [value, count] : slots_) {
    if (level_ == exact) {
      put_double(bytes, value);
    } else {
      const auto number = std::isinf(value) ? zeros_number : std::int64_t(value);
      put_number(bytes, std::uint64_t(number - before));
      before = number;
    }
    put_count(bytes, count);
  }
  return bytes;
}

Distribution Distribution::decode(std::string_view bytes) {
  constexpr int levels_max = 32;
  Reader reader(bytes);
  Distribution read;
  read.level_ = int(std::min<std::uint64_t>(reader.number(), levels_max)) + exact;
  std::int64_t number = zeros_number;
  while (!reader.is_done()) {
    Weighted slot;
    if (read.level_ == exact) {
      slot.value = reader.real();
    } else {
      number += std::int64_t(reader.number());
      slot.value = number == zeros_number ? -INFINITY : double(number);
    }
    slot.count = reader.count();
    read.slots_.push_back(slot);
  }
  if (reader.is_broken()) return {};
  return read;
}

}  // namespace tidemill::metrics
