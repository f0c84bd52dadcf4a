/// An event as patterns see it: for each path the scalars found there, each with the array elements
/// it lies in. Internal to pattern/; immutable once built.
///
/// Paths are a tree of steps, split at dots too, for {"a.b": 1} is {"a": {"b": 1}} in this
/// language. Array elements that are objects or arrays are a tree as well, numbered in reading
/// order: the elements inside element e are those in (e, end), the elements of one array follow
/// each other.
#pragma once

#include <bit>
#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pattern/hash.h"
#include "pattern/number.h"
#include "pattern/pattern.h"

namespace tidemill::pattern {

enum class Kind : std::uint8_t { string, number, true_value, false_value, null_value };

struct Value {
  std::string_view text;      ///< Unescaped; of a number, its text.
  double number = 0;          ///< Of a number: the nearest double, NaN if there is none.
  std::uint32_t element = 0;  ///< The innermost element it lies in; 0: none.
  Kind kind = Kind::string;

  /// Whether `number` stands for all that the text says (see number.h).
  [[nodiscard]] bool comparable() const noexcept { return pattern::comparable(text, number); }
};

/// Elements [begin, end) are those of one array, with all that is inside them.
struct ArrayRange {
  std::uint32_t begin = 0, end = 0;
};

/// Element 0 is the event itself.
struct Element {
  std::uint32_t parent = 0;
  std::uint32_t array = 0;
  std::uint32_t end = 0;  ///< One past the last element inside.
};

struct ElementTree {
  std::vector<Element> elements;
  std::vector<ArrayRange> arrays;
};

struct EventData : ElementTree {
  static constexpr std::uint32_t none = ~std::uint32_t{0};

  struct Node {
    std::uint32_t parent = 0;
    std::string_view step;
    std::uint32_t first = 0, count = 0;  ///< Its values, ordered by element.
  };

  /// The node below `parent` (0: the event) by the step's name, or none.
  [[nodiscard]] std::uint32_t child(std::uint32_t parent, std::string_view step) const noexcept;

  /// The values at a path of steps with dots between; empty if nothing is there (an empty array or
  /// object isn't).
  [[nodiscard]] std::span<const Value> at(std::string_view path) const noexcept;

  [[nodiscard]] std::span<const Value> values_of(std::uint32_t node) const noexcept {
    return {values.data() + nodes[node].first, nodes[node].count};
  }

  /// The address stands in for a random seed: who writes events can't know it, so can't collide.
  [[nodiscard]] std::uint64_t hash(std::uint32_t parent, std::string_view step) const noexcept {
    return hash_text(std::bit_cast<std::uintptr_t>(this), parent, step);
  }

  std::string json;
  std::deque<std::string> unescaped;
  std::vector<Node> nodes;
  std::vector<std::uint32_t> table;  ///< Open addressing: node + 1, or 0.
  std::vector<Value> values;         ///< By node.
};

}  // namespace tidemill::pattern
