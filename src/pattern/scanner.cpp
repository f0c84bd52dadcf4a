#include "pattern/scanner.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "pattern/json_reader.h"
#include "pattern/number.h"

namespace tidemill::pattern {
namespace {

constexpr std::size_t block = 16;
using Block = unsigned char __attribute__((ext_vector_type(block)));
using Mask = std::uint16_t;

/// What is behind the end reads as zeros, which nothing here looks for.
Block load(const char* at, const char* end) noexcept {
  Block bytes = {};
  if (end - at >= std::ptrdiff_t(block)) {
    std::memcpy(&bytes, at, block);
  } else {
    std::memcpy(&bytes, at, std::size_t(end - at));
  }
  return bytes;
}

template <class Comparison>
Mask mask_of(Comparison lanes) noexcept {
  using Bits = bool __attribute__((ext_vector_type(block)));
  return std::bit_cast<Mask>(__builtin_convertvector(lanes, Bits));
}

bool is_space(char c) noexcept { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; }

/// A string's end and what is in it.
struct Quoted {
  const char* close;  ///< The closing quote, or the end of the text.
  bool escaped = false, dotted = false;
};

/// `at` is behind the opening quote.
Quoted read_quoted(const char* at, const char* end) noexcept {
  Quoted out{end};
  while (at < end) {
    const auto bytes = load(at, end);
    const auto quotes = mask_of(bytes == '"');
    const auto slashes = mask_of(bytes == '\\');
    const auto dots = mask_of(bytes == '.');
    const auto stop = std::countr_zero(std::uint32_t(quotes | slashes) | 0x10000U);
    out.dotted = out.dotted || std::countr_zero(std::uint32_t(dots) | 0x10000U) < stop;
    at += stop;
    if (stop == int{block}) continue;
    if (*at == '"') {
      out.close = at;
      return out;
    }
    out.escaped = true;
    at += 2;
  }
  return out;
}

}  // namespace

void Scanner::scan(const PathTree& paths, std::string_view json, Names names) {
  begin(paths, json);
  plain_names_ = names == Names::plain;
  const auto* root = paths.root();
  while (at_ < end_ && is_space(*at_)) ++at_;
  if (root == nullptr || at_ == end_ || *at_ != '{') return;
  ++at_;
  frames_.push_back({root, ++frame_number_, 0, none, 0, false});
  while (!frames_.empty() && at_ < end_) {
    if (plain_names_ && leave_if_done()) continue;
    const char c = *at_;
    if (c == ',' || is_space(c)) {
      ++at_;
    } else if (c == '}' || c == ']') {
      ++at_;
      close();
    } else if (frames_.back().array != none) {
      value(frames_.back().node);
    } else if (c == '"') {
      member();
    } else {
      return;
    }
  }
  while (!frames_.empty()) close();
}

void Scanner::begin(const PathTree& paths, std::string_view json) {
  paths_ = &paths;
  at_ = json.data();
  end_ = at_ + json.size();
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
bool Scanner::leave_if_done() {
  const auto done = [](const Frame& frame) {
    return frame.array == none && frame.seen == frame.node->children;
  };
  if (!done(frames_.back())) return false;
  if (std::ranges::all_of(frames_, done)) {
    at_ = end_;
  } else {
    skip_container();
    close();
  }
  return true;
}

void Scanner::member() {
  const char* quote = at_++;
  const auto quoted = read_quoted(at_, end_);
  std::string_view name(at_, std::size_t(quoted.close - at_));
  bool dotted = quoted.dotted;
  if (quoted.escaped) {
    name = unescaped(quote);
    dotted = name.contains('.');
  }
  at_ = std::min(quoted.close + 1, end_);
  while (at_ < end_ && (*at_ == ':' || is_space(*at_))) ++at_;
  if (at_ < end_) value(target(name, dotted));
}

const PathNode* Scanner::target(std::string_view name, bool dotted) {
  auto& frame = frames_.back();
  const auto* node = frame.node;
  if (dotted) {
    for (bool more = true; more && node != nullptr;) {
      const auto dot = name.find('.');
      more = dot != name.npos;
      node = paths_->child(*node, name.substr(0, dot));
      if (more) name.remove_prefix(dot + 1);
    }
    return node;
  }
  node = paths_->child(*node, name);
  if (node != nullptr && slots_[node->slot].in_frame != frame.number) {
    slots_[node->slot].in_frame = frame.number;
    ++frame.seen;
  }
  return node;
}

void Scanner::value(const PathNode* node) {
  switch (*at_) {
    case '"': return string_value(node);
    case '{':
    case '[': {
      const bool array = *at_++ == '[';
      const bool wanted = node != nullptr && (node->children > 0 || (array && node->clauses > 0));
      return wanted ? open(*node, array) : skip_container();
    }
    default: return scalar_value(node);
  }
}

void Scanner::open(const PathNode& node, bool array) {
  const auto outer = frames_.back();
  Frame inner{&node, ++frame_number_, outer.element, none, 0, outer.array != none};
  if (inner.is_element) {
    inner.element = static_cast<std::uint32_t>(tree_.elements.size());
    tree_.elements.push_back({.parent = outer.element, .array = outer.array});
  }
  if (array) {
    inner.array = static_cast<std::uint32_t>(tree_.arrays.size());
    tree_.arrays.push_back({.begin = static_cast<std::uint32_t>(tree_.elements.size())});
  }
  frames_.push_back(inner);
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
  const char* quote = at_++;
  const auto quoted = read_quoted(at_, end_);
  const std::string_view text(at_, std::size_t(quoted.close - at_));
  at_ = std::min(quoted.close + 1, end_);
  if (node == nullptr || node->clauses == 0) return;
  add(*node, Kind::string, quoted.escaped ? unescaped(quote) : text);
}

void Scanner::scalar_value(const PathNode* node) {
  const char* begin = at_;
  while (at_ < end_ && *at_ != ',' && *at_ != '}' && *at_ != ']' && !is_space(*at_)) ++at_;
  if (at_ == begin) ++at_;  // Nothing that JSON knows.
  if (node == nullptr || node->clauses == 0) return;
  const auto kind = *begin == 't'   ? Kind::true_value
                    : *begin == 'f' ? Kind::false_value
                    : *begin == 'n' ? Kind::null_value
                                    : Kind::number;
  add(*node, kind, {begin, std::size_t(at_ - begin)});
}

void Scanner::add(const PathNode& node, Kind kind, std::string_view text) {
  auto& slot = slots_[node.slot];
  const auto index = static_cast<std::uint32_t>(values_.size());
  Value value{.text = text, .element = frames_.back().element, .kind = kind};
  if (kind == Kind::number && node.numeric_clauses > 0) {
    const auto number = comparable_number(text);
    value.comparable = number.has_value();
    value.number = number.value_or(0);
  }
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
  values_.push_back({value, none});
}

std::string_view Scanner::unescaped(const char* quote) {
  if (unescaped_.empty()) unescaped_.reserve(std::size_t(end_ - quote));
  JsonReader reader({quote, std::size_t(end_ - quote)});
  if (!reader.next()) return {};
  const auto text = reader.text();
  if (!text) return {};
  const auto start = unescaped_.size();
  unescaped_ += *text;
  return std::string_view(unescaped_).substr(start);
}

/// From inside an object or array to behind its end.
void Scanner::skip_container() {
  for (std::size_t depth = 1; at_ < end_;) {
    const auto bytes = load(at_, end_);
    const auto quotes = mask_of(bytes == '"');
    const auto folded = bytes | static_cast<unsigned char>(0x20);
    const auto opens = mask_of(folded == '{');
    auto marks = Mask(quotes | opens | mask_of(folded == '}'));
    const char* next = std::min(at_ + block, end_);
    for (; marks != 0; marks = Mask(marks & (marks - 1))) {
      const auto bit = std::countr_zero(marks);
      if ((quotes >> bit & 1) != 0) {
        next = std::min(read_quoted(at_ + bit + 1, end_).close + 1, end_);
        break;
      }
      depth += (opens >> bit & 1) != 0 ? 1 : std::size_t(-1);
      if (depth == 0) {
        at_ += bit + 1;
        return;
      }
    }
    at_ = next;
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
