/// Reads from an event's bytes what rules ask about, in one pass: nothing is built for the rest.
/// Internal to pattern/. A scanner's memory is used again for the next event; one thread each.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pattern/event_data.h"
#include "pattern/json_marks.h"
#include "pattern/matcher.h"
#include "pattern/path_tree.h"

namespace tidemill::pattern {

class Scanner {
 public:
  /// Reads `json`, which must stay until the next scan. Of text that isn't valid JSON it sees what
  /// it can make out; it never reads beyond it.
  void scan(const PathTree& paths, std::string_view json, Names names);

  /// The paths that have values, in the order in which they were met.
  [[nodiscard]] std::span<const PathNode* const> found() const noexcept { return found_; }

  [[nodiscard]] std::size_t count(std::uint32_t slot) const noexcept {
    return slots_[slot].scan == scan_ ? slots_[slot].count : 0;
  }
  /// The first value at a path that has one.
  [[gnu::always_inline, nodiscard]] const Value& first(std::uint32_t slot) noexcept {
    if (slots_[slot].unread_numbers) [[unlikely]]
      read_numbers(slots_[slot]);
    return values_[slots_[slot].first].value;
  }
  /// All values at a path, ordered by element.
  [[nodiscard]] std::span<const Value> values(std::uint32_t slot);

  [[nodiscard]] const ElementTree& tree() const noexcept { return tree_; }

  /// Gives back what only a large event needed.
  void shrink();

 private:
  static constexpr std::uint32_t none = EventData::none;

  struct Slot {
    std::uint64_t scan = 0;      ///< The scan that the rest is of.
    std::uint64_t in_frame = 0;  ///< The frame whose members it was last seen among.
    std::uint32_t first = 0, last = 0, count = 0;
    std::uint32_t gathered = none;  ///< Where its values begin in gathered_.
    bool unread_numbers = false;    ///< Whether numbers are texts as yet.
  };
  struct Found {
    Value value;
    std::uint32_t next;
  };
  /// An object or array that is being read.
  struct Frame {
    const PathNode* node;
    std::uint64_t number;
    std::uint32_t element;  ///< The innermost around what is inside.
    std::uint32_t array;    ///< none in an object.
    std::uint32_t seen;     ///< How many of the node's children were among the members.
    bool is_element;        ///< Whether it opened `element` itself.
  };

  void begin(const PathTree& paths, std::string_view json);
  [[gnu::always_inline]] void member();
  [[gnu::always_inline]] void used_member(std::string_view name);
  [[gnu::always_inline, nodiscard]] char first_of_name(std::size_t begin) const noexcept;
  /// What stands from `begin` to the current mark, or begins with it; true if it was opened.
  [[gnu::always_inline]] bool value(const PathNode* node, std::size_t begin);
  [[gnu::always_inline]] Frame& push(const PathNode& node);
  [[gnu::always_inline]] void open(const PathNode& node, bool array);
  [[gnu::always_inline]] void close();
  [[gnu::always_inline]] void leave_if_done();
  void leave();
  /// What a name in the current object leads to; nullptr if no rule asks about it.
  [[gnu::always_inline]] const PathNode* target(std::string_view name);
  [[gnu::always_inline]] const PathNode* child(const PathNode& node, std::string_view name);
  [[nodiscard]] const PathNode* dotted_target(std::string_view name) const;
  [[gnu::always_inline]] void scalar(const PathNode& node, std::string_view token);
  [[gnu::always_inline]] void add(const PathNode& node, Kind kind, std::string_view text);
  /// From `begin` to the current mark, without white space around it.
  [[gnu::always_inline, nodiscard]] std::string_view token(std::size_t begin) const noexcept;
  /// What stands between the quotes of a string's token.
  [[gnu::always_inline]] std::string_view unquoted(std::string_view token);
  std::string_view unescaped(std::string_view token);
  void read_numbers(Slot& slot) noexcept;

  const PathTree* paths_ = nullptr;
  std::string_view json_;
  JsonMarks marks_;
  bool plain_names_ = false;
  static constexpr std::size_t steps_max = 64;
  std::vector<const PathNode*> steps_;  ///< That the last event took, in this tree of paths.
  std::uint64_t steps_of_ = 0;          ///< Its version.
  std::size_t step_ = 0;
  std::uint64_t scan_ = 0, frame_number_ = 0;
  std::vector<Slot> slots_;
  std::vector<Found> values_;
  std::vector<Value> gathered_;
  std::vector<const PathNode*> found_;
  std::vector<Frame> frames_;
  ElementTree tree_;
  std::string unescaped_;  ///< Room for all of the event, so that views into it stay.
};

}  // namespace tidemill::pattern
