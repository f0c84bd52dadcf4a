/// The rules of a matcher and where their branches are filed. Internal to pattern/. A copy shares
/// all of it and is immutable; the one that changes is the writer's (matcher.cpp).
///
/// Each branch is filed under what one of its clauses asks of a value (a "key": this string at that
/// path, a string that begins so, ...), once for each alternative of that clause. An event is only
/// compared with what is filed under a key that one of its values has.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <new>
#include <span>
#include <string_view>
#include <vector>

#include "pattern/condition.h"
#include "pattern/matcher.h"
#include "pattern/path_tree.h"

namespace tidemill::pattern {

/// An object with `count` T right behind it, so that reading them is no further jump in memory.
template <class Head, class T>
struct Trailing {
  static Head* make(std::size_t count) {
    static_assert(sizeof(Head) % alignof(T) == 0);
    return new (::operator new(sizeof(Head) + count * sizeof(T))) Head();
  }
  static void release(Head* head, std::size_t constructed) {
    std::destroy_n(items(head), constructed);
    head->~Head();
    ::operator delete(head);
  }
  static T* items(const Head* head) { return reinterpret_cast<T*>(const_cast<Head*>(head) + 1); }
};

/// A clause that the rules which have it share. Behind it: the program, the path, a NUL, then the
/// clause's JSON, which has no NUL.
struct SharedClause : Shared {
  using Bytes = Trailing<SharedClause, char>;
  static void destroy(SharedClause* clause) { Bytes::release(clause, 0); }
  static Ref<SharedClause> make(const Clause& clause, std::string_view identity);

  std::uint32_t program_bytes = 0, identity_bytes = 0;
  bool absent = false;

  [[nodiscard]] std::string_view program() const noexcept {
    return {Bytes::items(this), program_bytes};
  }
  /// What makes two clauses the same: path and JSON.
  [[nodiscard]] std::string_view identity() const noexcept {
    return {Bytes::items(this) + program_bytes, identity_bytes};
  }
  [[nodiscard]] std::string_view path() const noexcept {
    return identity().substr(0, identity().rfind('\0'));
  }
};

/// Behind it: the clauses of all its branches.
struct RuleData : Shared {
  /// A clause of a branch.
  struct Part {
    std::uint32_t slot;  ///< Of its path.
    Ref<SharedClause> clause;
  };
  /// Where a branch is filed.
  struct Place {
    std::uint64_t hash;
    std::uint32_t part;  ///< Whose path it is.
    KeyKind kind;
    std::uint8_t length;
  };
  using Parts = Trailing<RuleData, Part>;
  static void destroy(RuleData* rule) { Parts::release(rule, rule->part_count); }

  RuleId id = {};
  std::uint32_t branch_count = 0, part_count = 0;
  std::unique_ptr<std::uint32_t[]> ends;  ///< Of the branches but the last, among the parts.
  std::vector<Place> places;

  [[nodiscard]] std::span<const Part> parts() const noexcept {
    return {Parts::items(this), part_count};
  }
  [[nodiscard]] std::span<const Part> branch(std::uint32_t index) const noexcept {
    const auto begin = index == 0 ? 0 : ends[index - 1];
    const auto end = index + 1 == branch_count ? part_count : ends[index];
    return parts().subspan(begin, end - begin);
  }
};

/// A look at values of the event before a branch is compared in full.
struct QuickCheck {
  enum class Of : std::uint8_t {
    nothing,
    start,  ///< A string has `bytes` from `offset` on.
    end,    ///< It ends with them.
    range,  ///< A number lies between two floats, the lower in the lower half of `bytes`.
  };
  std::uint64_t bytes = 0;
  std::uint32_t slot = 0;  ///< Where the value must be.
  Of of = Of::nothing;
  std::uint8_t length = 0;  ///< How many of `bytes` count.
  std::uint8_t offset = 0;
};

struct Candidate {
  const RuleData* rule;
  QuickCheck check;
  std::uint32_t branch;
};

/// What is filed under one key. Behind it: the first candidates.
struct Postings : Shared {
  using First = Trailing<Postings, Candidate>;
  static void destroy(Postings* postings) { First::release(postings, postings->count); }
  static constexpr std::size_t chunk_max = 128;

  struct Chunk : Shared {
    static void destroy(Chunk* chunk) { delete chunk; }
    std::vector<Candidate> candidates;
  };

  std::uint32_t count = 0, capacity = 0;  ///< Of the first; at most chunk_max.
  std::vector<Ref<Chunk>> more;           ///< So that a change copies little of much.
  std::size_t size = 0;

  [[nodiscard]] std::span<Candidate> first() const noexcept { return {First::items(this), count}; }
};

/// Changes what `at` holds, which is nothing once it is empty.
void add_candidate(Ref<Postings>& at, const Candidate& candidate, std::uint32_t edit);
void remove_rule(Ref<Postings>& at, const RuleData* rule, std::uint32_t edit);

/// Which few bytes occur in any `inside` key, so that most places of a text need no look-up.
struct InsideFilter : Shared {
  static void destroy(InsideFilter* filter) { delete filter; }
  static constexpr std::size_t size = std::size_t{1} << 15;
  static constexpr std::uint8_t many = 255;  ///< No longer counted.
  std::array<std::uint8_t, size> counts = {};
  std::size_t keys = 0;
  [[nodiscard]] bool may_have(std::uint64_t hash) const noexcept {
    return counts[hash % size] != 0;
  }
};

struct RuleIndex {
  explicit RuleIndex(std::uint64_t seed_given) : seed(seed_given), paths(seed_given) {}

  [[nodiscard]] std::uint64_t key(std::uint32_t slot, KeyKind kind, std::uint8_t length,
                                  std::string_view bytes) const noexcept {
    const auto tag = std::uint64_t{slot} << 16 | std::uint64_t(kind) << 8 | length;
    return hash_text(seed, tag, bytes);
  }

  std::uint64_t seed;
  PathTree paths;
  SharedMap<Postings> filed;
  SharedMap<RuleData> rules;
  Ref<Postings> always;  ///< Branches that no value is needed for.
  Ref<InsideFilter> inside;
  std::size_t size = 0;
};

}  // namespace tidemill::pattern
