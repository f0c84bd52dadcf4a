/// The paths that some rule asks about, as a tree of steps. Internal to pattern/; its writer is the
/// rule index, its readers are the scanner and the matcher.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "pattern/hash.h"
#include "pattern/shared_map.h"

namespace tidemill::pattern {

/// Under what of a value at a path branches are filed.
enum class KeyKind : std::uint8_t {
  text,         ///< The whole string.
  lower,        ///< The string in small letters.
  address,      ///< The IP address that it spells.
  number,       ///< The number.
  number_text,  ///< The text of a number that is not comparable.
  word,         ///< true, false or null.
  present,      ///< That there is a value.
  prefix,       ///< The string's first bytes; by length, as in the next two.
  suffix,       ///< Its last bytes.
  inside,       ///< A few bytes anywhere in it.
};

/// One step of a path.
struct PathNode : Shared {
  static void destroy(PathNode* node) { delete node; }

  /// How many branches are filed here under keys of one kind and length.
  struct Filed {
    KeyKind kind;
    std::uint8_t length;  ///< In bytes; 0 unless the kind is by length.
    std::uint32_t count;
  };

  std::uint32_t slot = 0;    ///< Its number; given again once the path is gone.
  std::uint32_t parent = 0;  ///< The slot of the step above.
  std::uint32_t clauses = 0, numeric_clauses = 0;  ///< That ask about this path.
  std::uint32_t children = 0;
  std::uint64_t child_mask = 0;  ///< Of child_marks that are not 0.
  std::string name;
  std::vector<Filed> filed;
  std::vector<std::uint32_t> child_marks;  ///< How many children have each mark.

  void add_child(std::string_view step);
  void remove_child(std::string_view step);

  /// Whether a name whose JSON begins so, behind its quote, may lead to a child; false of most that
  /// don't. In front of a dot is an empty step.
  [[nodiscard]] bool may_begin(char c) const noexcept {
    return (child_mask >> mark(c) & 1) != 0 || c == '\\' || c == '.';
  }

  static unsigned mark(char c) noexcept { return static_cast<unsigned char>(c) % 64; }
  static unsigned mark(std::string_view name) noexcept {
    return mark(name.empty() ? '"' : name.front());
  }
};

class PathTree {
 public:
  explicit PathTree(std::uint64_t seed) : seed_(seed) {}

  [[nodiscard]] const PathNode* root() const noexcept { return nodes_.find(0); }

  /// The step `name` below `node`; nullptr if no rule uses it.
  [[nodiscard]] const PathNode* child(const PathNode& node, std::string_view name) const noexcept {
    const bool possible = (node.child_mask >> PathNode::mark(name) & 1) != 0;
    return possible ? look_up(node.slot, name) : nullptr;
  }

  /// Different for any two trees unless they share all nodes.
  [[nodiscard]] std::uint64_t version() const noexcept { return version_; }

  /// What a writer keeps between changes.
  struct Edit {
    std::uint32_t number = 1;  ///< See shared.h.
    std::vector<std::uint32_t> free_slots;
  };

  /// The node at a path with dots between its steps, for changing; made if missing.
  PathNode& edit(std::string_view path, Edit& edit);

  /// Forgets the end of `path` as far as nobody asks about it any more.
  void trim(std::string_view path, Edit& edit);

  /// One more than the largest slot ever given.
  [[nodiscard]] std::uint32_t slots() const noexcept { return slots_; }

 private:
  /// The key in nodes_ of a step that is there, or where it belongs.
  [[nodiscard]] std::uint64_t key(std::uint32_t parent, std::string_view name) const noexcept;
  [[nodiscard]] const PathNode* look_up(std::uint32_t parent, std::string_view name) const noexcept;

  std::uint64_t seed_;
  SharedMap<PathNode> nodes_;
  std::uint32_t slots_ = 0;
  std::uint64_t version_ = 0;
};

}  // namespace tidemill::pattern
