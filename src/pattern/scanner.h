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
  [[nodiscard]] const Value& first(std::uint32_t slot) const noexcept {
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
  [[nodiscard]] bool more() const noexcept { return mark_ < marks_.size(); }
  /// The character of the mark so many behind the current one.
  [[nodiscard]] char at(std::size_t ahead) const noexcept { return json_[marks_[mark_ + ahead]]; }
  void skip_unused();
  void member();
  void value(const PathNode* node);
  Frame& push(const PathNode& node);
  void open(const PathNode& node, bool array);
  void close();
  void skip_to_end(std::size_t depth);
  void leave_if_done();
  /// What a name in the current object leads to; nullptr if no rule asks about it.
  const PathNode* target(std::string_view name);
  [[nodiscard]] const PathNode* dotted_target(std::string_view name) const;
  void scalar(const PathNode& node);
  void add(const PathNode& node, Kind kind, std::string_view text);
  /// From the current mark to the next, without the white space in front of that.
  [[nodiscard]] std::string_view token() const noexcept;
  /// What stands between the quotes of a string's token.
  std::string_view unquoted(std::string_view token);

  const PathTree* paths_ = nullptr;
  std::string_view json_;
  JsonMarks reader_;
  std::span<const std::uint32_t> marks_;
  std::size_t mark_ = 0;  ///< The current one.
  bool plain_names_ = false;
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
