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
  if (root == nullptr) return;
  masks_.begin(json);
  skip_space();
  if (at_ == json_.size() || json_[at_] != '{') return;
  ++at_;
  push(*root);
  while (!frames_.empty() && at_ < json_.size()) {
    const char c = json_[at_];
    if (c == '"' && frames_.back().array == none) {
      member();
    } else if (c == ',' || is_space(c)) {
      ++at_;
    } else if (c == '}' || c == ']') {
      ++at_;
      close();
      leave_if_done();
    } else if (frames_.back().array != none) {
      value(frames_.back().node);
    } else {
      return;
    }
  }
  while (!frames_.empty()) close();
}

void Scanner::skip_space() noexcept {
  while (at_ < json_.size() && is_space(json_[at_])) ++at_;
}

void Scanner::begin(const PathTree& paths, std::string_view json) {
  paths_ = &paths;
  json_ = json;
  at_ = 0;
  ++scan_;
  if (slots_.size() < paths.slots()) slots_.resize(paths.slots());
  values_.clear();
  gathered_.clear();
  found_.clear();
  frames_.clear();
  tree_.elements.assign(1, {});
  tree_.arrays.clear();
  unescaped_.clear();
}

/// Where every name stands once and means just itself, an object whose members were all seen has
/// nothing more to tell; nor has the event, if that goes for all objects around.
void Scanner::leave_if_done() {
  if (!plain_names_) return;
  const auto done = [](const Frame& frame) {
    return frame.array == none && frame.seen == frame.node->children;
  };
  while (!frames_.empty() && done(frames_.back())) {
    if (std::ranges::all_of(frames_, done)) {
      at_ = json_.size();
      return;
    }
    skip_container();
    close();
  }
}

Scanner::Quoted Scanner::quoted(std::size_t quote) noexcept {
  auto at = masks_.next_stop(quote + 1);
  if (at >= json_.size() || json_[at] == '"') return {at, false};
  while (at < json_.size() && json_[at] == '\\') {
    at = masks_.next_stop(std::min(at + 2, json_.size()));
  }
  return {at, true};
}

void Scanner::member() {
  const auto quote = at_;
  const auto [close, escaped] = quoted(quote);
  auto name = json_.substr(quote + 1, close - quote - 1);
  if (escaped) name = unescaped(quote);
  const bool dotted = escaped ? name.contains('.') : masks_.has_dot(quote, close);
  at_ = close + 1;
  if (at_ < json_.size() && json_[at_] == ':') ++at_;
  if (at_ >= json_.size()) return;
  if (json_[at_] == ':' || is_space(json_[at_])) {  // Not as compact as most events.
    skip_space();
    if (at_ < json_.size() && json_[at_] == ':') ++at_;
    skip_space();
    if (at_ >= json_.size()) return;
  }
  const auto* node = dotted ? dotted_target(name) : target(name);
  const char first = json_[at_];
  if (node == nullptr && first == '"') {
    at_ = quoted(at_).close + 1;
    return;
  }
  value(node);
  if (node != nullptr && first != '{' && first != '[') leave_if_done();
}

const PathNode* Scanner::target(std::string_view name) {
  auto& frame = frames_.back();
  const auto* node = paths_->child(*frame.node, name);
  if (node == nullptr) return nullptr;
  auto& slot = slots_[node->slot];
  if (slot.in_frame != frame.number) {
    slot.in_frame = frame.number;
    ++frame.seen;
  }
  return node;
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

void Scanner::value(const PathNode* node) {
  switch (json_[at_]) {
    case '"': return string_value(node);
    case '{':
    case '[': {
      const bool array = json_[at_++] == '[';
      const bool wanted = node != nullptr && (node->children > 0 || (array && node->clauses > 0));
      return wanted ? open(*node, array) : skip_container();
    }
    default: return scalar_value(node);
  }
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

void Scanner::string_value(const PathNode* node) {
  const auto quote = at_;
  const auto [close, escaped] = quoted(quote);
  at_ = close + 1;
  if (node == nullptr || node->clauses == 0) return;
  const auto text = json_.substr(quote + 1, close - quote - 1);
  add(*node, Kind::string, escaped ? unescaped(quote) : text);
}

void Scanner::scalar_value(const PathNode* node) {
  const auto begin = at_;
  at_ = std::max(masks_.next_end(begin), begin + 1);
  if (node == nullptr || node->clauses == 0) return;
  const char first = json_[begin];
  const auto kind = first == 't'   ? Kind::true_value
                    : first == 'f' ? Kind::false_value
                    : first == 'n' ? Kind::null_value
                                   : Kind::number;
  add(*node, kind, json_.substr(begin, at_ - begin));
}

void Scanner::add(const PathNode& node, Kind kind, std::string_view text) {
  const auto index = static_cast<std::uint32_t>(values_.size());
  auto& found = values_.emplace_back();
  found.next = none;
  found.value.text = text;
  found.value.element = frames_.back().element;
  found.value.kind = kind;
  if (kind == Kind::number && node.numeric_clauses > 0) found.value.number = nearest_double(text);
  auto& slot = slots_[node.slot];
  if (slot.scan != scan_) {
    slot.scan = scan_;
    slot.first = index;
    slot.count = 0;
    slot.gathered = none;
    found_.push_back(&node);
  } else {
    values_[slot.last].next = index;
  }
  slot.last = index;
  ++slot.count;
}

std::string_view Scanner::unescaped(std::size_t quote) {
  if (unescaped_.empty()) unescaped_.reserve(json_.size() - quote);
  JsonReader reader(json_.substr(quote));
  if (!reader.next()) return {};
  const auto text = reader.text();
  if (!text) return {};
  const auto start = unescaped_.size();
  unescaped_ += *text;
  return std::string_view(unescaped_).substr(start);
}

/// From inside an object or array to behind its end.
void Scanner::skip_container() {
  for (std::size_t depth = 1; depth > 0 && at_ < json_.size();) {
    at_ = masks_.next_mark(at_);
    if (at_ >= json_.size()) return;
    const char c = json_[at_];
    if (c == '"') at_ = quoted(at_).close;
    if (c == '{' || c == '[') ++depth;
    if (c == '}' || c == ']') --depth;
    ++at_;
  }
}

std::span<const Value> Scanner::values(std::uint32_t slot_number) {
  auto& slot = slots_[slot_number];
  if (slot.scan != scan_) return {};
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
