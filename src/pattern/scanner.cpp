#include "pattern/scanner.h"

#include <algorithm>

#include "pattern/json_reader.h"

namespace tidemill::pattern {
namespace {

bool is_space(char c) noexcept { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; }

}  // namespace

void Scanner::scan(const PathTree& paths, std::string_view json, Names names) {
  begin(paths, json);
  plain_names_ = names == Names::plain;
  const auto* root = paths.root();
  if (root == nullptr || marks_.next() != '{') return;
  push(*root);
  while (!frames_.empty() && marks_.current() != '\0') {
    const char c = marks_.current();
    if (c == '}' || c == ']') {
      close();
      marks_.next();
      leave_if_done();
    } else if (frames_.back().array == none) {
      member();
    } else {
      const auto begin = marks_.offset() + 1;
      marks_.next();
      value(frames_.back().node, begin);
    }
  }
  while (!frames_.empty()) close();
}

void Scanner::begin(const PathTree& paths, std::string_view json) {
  paths_ = &paths;
  json_ = json;
  marks_.begin(json);
  ++scan_;
  step_ = 0;
  if (steps_of_ != paths.version()) steps_.clear();
  steps_of_ = paths.version();
  if (slots_.size() < paths.slots()) slots_.resize(paths.slots());
  values_.clear();
  gathered_.clear();
  found_.clear();
  frames_.clear();
  tree_.elements.assign(1, {});
  tree_.arrays.clear();
  unescaped_.clear();
}

/// From a brace or comma on: the next member that rules may ask about, and all in front of it.
void Scanner::member() {
  const auto& node = *frames_.back().node;
  for (;;) {
    const auto name_begin = marks_.offset() + 1;
    if (marks_.next() != ':') return;
    if (node.may_begin(first_of_name(name_begin))) return used_member(token(name_begin));
    char c = marks_.next();
    if (c == '{' || c == '[') {
      marks_.skip_to_end();
      c = marks_.next();
    }
    if (c != ',') return;
  }
}

/// What stands behind the quote of a name; a colon is known to be behind it.
char Scanner::first_of_name(std::size_t begin) const noexcept {
  if (json_[begin] == '"') return json_[begin + 1];
  const auto name = token(begin);
  return name.size() > 1 ? name[1] : '\\';
}

void Scanner::used_member(std::string_view name) {
  const auto begin = marks_.offset() + 1;
  const auto* node = target(unquoted(name));
  marks_.next();
  if (!value(node, begin) && node != nullptr) leave_if_done();
}

const PathNode* Scanner::target(std::string_view name) {
  if (!plain_names_ && has_byte(name, '.')) return dotted_target(name);
  auto& frame = frames_.back();
  const auto* node = child(*frame.node, name);
  if (node == nullptr) return nullptr;
  auto& slot = slots_[node->slot];
  if (slot.in_frame != frame.number) {
    slot.in_frame = frame.number;
    ++frame.seen;
  }
  return node;
}

/// Events are mostly like the one before: what was asked about next there is it here.
const PathNode* Scanner::child(const PathNode& node, std::string_view name) {
  if (step_ < steps_.size()) {
    const auto* guess = steps_[step_];
    if (guess->parent == node.slot && same_text(guess->name, name)) {
      ++step_;
      return guess;
    }
  }
  const auto* found = paths_->child(node, name);
  if (found == nullptr) return nullptr;
  if (step_ == steps_.size() && step_ < steps_max) steps_.push_back(found);
  if (step_ < steps_.size()) steps_[step_++] = found;
  return found;
}

const PathNode* Scanner::dotted_target(std::string_view name) const {
  const auto* node = frames_.back().node;
  for (bool more = true; more && node != nullptr;) {
    const auto dot = name.find('.');
    more = dot != name.npos;
    node = paths_->child(*node, name.substr(0, dot));
    if (more) name.remove_prefix(dot + 1);
  }
  return node;
}

/// Where every name stands once and means just itself, an object whose members were all seen has
/// nothing more to tell; nor has the event, if that goes for all objects around.
void Scanner::leave_if_done() {
  if (!plain_names_ || frames_.empty()) return;
  const auto& frame = frames_.back();
  if (frame.array == none && frame.seen == frame.node->children) leave();
}

void Scanner::leave() {
  const auto done = [](const Frame& frame) {
    return frame.array == none && frame.seen == frame.node->children;
  };
  while (!frames_.empty() && done(frames_.back())) {
    if (std::ranges::all_of(frames_, done)) return marks_.finish();
    if (marks_.current() != '}') marks_.skip_to_end();
    close();
    marks_.next();
  }
}

bool Scanner::value(const PathNode* node, std::size_t begin) {
  const char first = marks_.current();
  if (first != '{' && first != '[') {
    if (node != nullptr && node->clauses > 0) scalar(*node, token(begin));
    return false;
  }
  const bool array = first == '[';
  const bool wanted = node != nullptr && (node->children > 0 || (array && node->clauses > 0));
  if (wanted) {
    open(*node, array);
  } else {
    marks_.skip_to_end();
    marks_.next();
  }
  return wanted;
}

Scanner::Frame& Scanner::push(const PathNode& node) {
  // Filled in place, here and below: a copy would wait for its parts to be written.
  auto& frame = frames_.emplace_back();
  frame.node = &node;
  frame.number = ++frame_number_;
  frame.element = 0;
  frame.array = none;
  frame.seen = 0;
  frame.is_element = false;
  return frame;
}

void Scanner::open(const PathNode& node, bool array) {
  const auto outer_array = frames_.back().array;
  const auto outer_element = frames_.back().element;
  auto& inner = push(node);
  inner.element = outer_element;
  inner.is_element = outer_array != none;
  if (inner.is_element) {
    inner.element = static_cast<std::uint32_t>(tree_.elements.size());
    auto& element = tree_.elements.emplace_back();
    element.parent = outer_element;
    element.array = outer_array;
  }
  if (array) {
    inner.array = static_cast<std::uint32_t>(tree_.arrays.size());
    tree_.arrays.emplace_back().begin = static_cast<std::uint32_t>(tree_.elements.size());
  }
}

void Scanner::close() {
  const auto frame = frames_.back();
  const auto end = static_cast<std::uint32_t>(tree_.elements.size());
  if (frame.array != none) tree_.arrays[frame.array].end = end;
  if (frame.is_element) tree_.elements[frame.element].end = end;
  frames_.pop_back();
  if (frames_.empty()) tree_.elements[0].end = end;
}

std::string_view Scanner::token(std::size_t begin) const noexcept {
  auto end = marks_.offset();
  while (end > begin && is_space(json_[end - 1])) --end;
  while (begin < end && is_space(json_[begin])) ++begin;
  return json_.substr(begin, end - begin);
}

void Scanner::scalar(const PathNode& node, std::string_view token) {
  // Between the brackets of an empty array is nothing.
  if (token.empty()) return;
  switch (token.front()) {
    case '"': return add(node, Kind::string, unquoted(token));
    case 't': return add(node, Kind::true_value, token);
    case 'f': return add(node, Kind::false_value, token);
    case 'n': return add(node, Kind::null_value, token);
    default: return add(node, Kind::number, token);
  }
}

void Scanner::add(const PathNode& node, Kind kind, std::string_view text) {
  const auto index = static_cast<std::uint32_t>(values_.size());
  auto& found = values_.emplace_back();
  found.next = none;
  found.value.text = text;
  found.value.element = frames_.back().element;
  found.value.kind = kind;
  auto& slot = slots_[node.slot];
  if (slot.scan != scan_) {
    slot.scan = scan_;
    slot.first = index;
    slot.count = 0;
    slot.gathered = none;
    slot.unread_numbers = false;
    found_.push_back(&node);
  } else {
    values_[slot.last].next = index;
  }
  slot.last = index;
  ++slot.count;
  // Many are never asked for, since something else is looked at first.
  slot.unread_numbers |= kind == Kind::number && node.numeric_clauses > 0;
}

void Scanner::read_numbers(Slot& slot) noexcept {
  slot.unread_numbers = false;
  for (auto i = slot.first; i != none; i = values_[i].next) {
    auto& value = values_[i].value;
    if (value.kind == Kind::number) value.number = nearest_double(value.text);
  }
}

std::string_view Scanner::unquoted(std::string_view token) {
  if (marks_.escapes() && has_byte(token, '\\')) return unescaped(token);
  return token.size() < 2 ? std::string_view() : token.substr(1, token.size() - 2);
}

std::string_view Scanner::unescaped(std::string_view token) {
  const auto rest = json_.substr(std::size_t(token.data() - json_.data()));
  if (unescaped_.empty()) unescaped_.reserve(rest.size());
  JsonReader reader(rest);
  if (!reader.next()) return {};
  const auto text = reader.text();
  if (!text) return {};
  const auto start = unescaped_.size();
  unescaped_ += *text;
  return std::string_view(unescaped_).substr(start);
}

std::span<const Value> Scanner::values(std::uint32_t slot_number) {
  auto& slot = slots_[slot_number];
  if (slot.scan != scan_) return {};
  if (slot.unread_numbers) read_numbers(slot);
  if (slot.count == 1) return {&values_[slot.first].value, 1};
  if (slot.gathered == none) {
    // Spans of other paths are in use: what is gathered doesn't move.
    if (gathered_.capacity() < values_.size()) gathered_.reserve(values_.size());
    slot.gathered = static_cast<std::uint32_t>(gathered_.size());
    for (auto i = slot.first; i != none; i = values_[i].next) {
      gathered_.push_back(values_[i].value);
    }
    const auto own = std::span(gathered_).subspan(slot.gathered);
    if (!std::ranges::is_sorted(own, {}, &Value::element)) {
      std::ranges::sort(own, {}, &Value::element);
    }
  }
  return std::span(gathered_).subspan(slot.gathered, slot.count);
}

void Scanner::shrink() {
  constexpr std::size_t kept_bytes = 1 << 20;
  if (values_.capacity() * sizeof(Found) > kept_bytes) {
    values_ = {};
    gathered_ = {};
  }
  if (tree_.elements.capacity() * sizeof(Element) > kept_bytes) tree_ = {};
  if (frames_.capacity() * sizeof(Frame) > kept_bytes) frames_ = {};
  if (unescaped_.capacity() > kept_bytes) unescaped_ = {};
}

}  // namespace tidemill::pattern
