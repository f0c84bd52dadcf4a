#include "pattern/condition.h"

#include <cstring>

#include "pattern/fold.h"
#include "pattern/wildcard.h"

namespace tidemill::pattern {
namespace {

constexpr std::uint8_t flag_negated = 1, flag_condition = 2, flag_alternative = 4;
constexpr std::uint16_t has_bottom = 1, has_top = 2, bottom_open = 4, top_open = 8;

struct Head {
  Ask ask;
  std::uint8_t flags;
  std::uint16_t extra;
  std::uint32_t bytes;  ///< Of what follows.
};
static_assert(sizeof(Head) == 8);

template <class T>
T take(std::string_view& bytes) noexcept {
  T out;
  std::memcpy(&out, bytes.data(), sizeof out);
  bytes.remove_prefix(sizeof out);
  return out;
}

template <class T>
std::string_view bytes_of(const T& object) noexcept {
  return {reinterpret_cast<const char*>(&object), sizeof object};
}

struct RangeNumbers {
  double bottom, top;
  std::uint64_t bottom_bytes;
};

Bounds bounds_of(const RangeNumbers& numbers, std::uint16_t extra) noexcept {
  return {.bottom = numbers.bottom,
          .top = numbers.top,
          .has_bottom = (extra & has_bottom) != 0,
          .has_top = (extra & has_top) != 0,
          .bottom_open = (extra & bottom_open) != 0,
          .top_open = (extra & top_open) != 0};
}

bool within(const Bounds& b, double number) noexcept {
  if (b.has_bottom && (b.bottom_open ? number <= b.bottom : number < b.bottom)) return false;
  return !b.has_top || (b.top_open ? number < b.top : number <= b.top);
}

std::string_view take_folded(std::string_view& body) noexcept {
  const auto bytes = take<std::uint64_t>(body);
  const auto folded = body.substr(0, bytes);
  body.remove_prefix(bytes);
  return folded;
}

bool in_network(const Network& network, std::string_view text) noexcept {
  const auto address = parse_address(text);
  return address && network.contains(*address);
}

bool number_holds(const Head& head, std::string_view body, const Value& value) noexcept {
  if (value.kind != Kind::number) return false;
  // What is costly comes last: whether the number may be compared at all.
  switch (head.ask) {
    case Ask::number: return value.number == take<double>(body) && value.comparable();
    case Ask::range: {
      const auto bounds = bounds_of(take<RangeNumbers>(body), head.extra);
      return within(bounds, value.number) && value.comparable();
    }
    default: return value.text == body && !value.comparable();
  }
}

bool holds(const Head& head, std::string_view body, const Value& value) noexcept {
  switch (head.ask) {
    case Ask::anything: return true;
    case Ask::word: return value.kind == Kind(head.extra);
    case Ask::number:
    case Ask::range:
    case Ask::number_text: return number_holds(head, body, value);
    default: break;
  }
  if (value.kind != Kind::string) return false;
  const auto text = value.text;
  switch (head.ask) {
    case Ask::text: return same_text(text, body);
    case Ask::prefix: return text.starts_with(body);
    case Ask::suffix: return text.ends_with(body);
    case Ask::wildcard: return like(body, text);
    case Ask::ignore_case: return folded_equals(take_folded(body), text);
    case Ask::ignore_case_prefix: return folded_starts(take_folded(body), text);
    case Ask::ignore_case_suffix: return folded_ends(take_folded(body), text);
    case Ask::address: return parse_address(text) == take<Network>(body).base;
    default: return in_network(take<Network>(body), text);
  }
}

}  // namespace

Test ProgramReader::next() noexcept {
  const auto head = take<Head>(rest_);
  auto body = rest_.substr(0, head.bytes);
  rest_.remove_prefix(head.bytes);
  Test test{.ask = head.ask,
            .negated = (head.flags & flag_negated) != 0,
            .ends_condition = (head.flags & flag_condition) != 0,
            .ends_alternative = (head.flags & flag_alternative) != 0};
  switch (head.ask) {
    case Ask::number: test.number = take<double>(body); break;
    case Ask::word: test.kind = Kind(head.extra); break;
    case Ask::address:
    case Ask::network: test.network = take<Network>(body); break;
    case Ask::range: {
      const auto numbers = take<RangeNumbers>(body);
      test.bounds = bounds_of(numbers, head.extra);
      test.top_text = body.substr(numbers.bottom_bytes);
      body = body.substr(0, numbers.bottom_bytes);
      break;
    }
    case Ask::ignore_case:
    case Ask::ignore_case_prefix:
    case Ask::ignore_case_suffix: test.folded = take_folded(body); break;
    default: break;
  }
  test.text = body;
  return test;
}

void ProgramWriter::add(Ask ask, std::string_view numbers, std::string_view text,
                        std::uint16_t extra) {
  last_ = program_.size();
  const Head head{
      .ask = ask, .flags = 0, .extra = extra, .bytes = std::uint32_t(numbers.size() + text.size())};
  program_.append(bytes_of(head)).append(numbers).append(text);
}

void ProgramWriter::address(std::string_view text, const Address& address) {
  add(Ask::address, bytes_of(Network{.base = address}), text);
}

void ProgramWriter::number(std::string_view text, std::optional<double> value) {
  if (value) return add(Ask::number, bytes_of(*value), text);
  add(Ask::number_text, {}, text);
}

void ProgramWriter::word(Kind kind) {
  const auto* text = kind == Kind::null_value   ? "null"
                     : kind == Kind::true_value ? "true"
                                                : "false";
  add(Ask::word, {}, text, std::uint16_t(kind));
}

void ProgramWriter::ignore_case(Ask where, std::string_view text) {
  const auto folded = fold(text, where == Ask::ignore_case_suffix);
  std::string both = folded;
  both += text;
  add(where, bytes_of(std::uint64_t(folded.size())), both);
}

void ProgramWriter::range(const Bounds& bounds, std::string_view bottom, std::string_view top) {
  const RangeNumbers numbers{
      .bottom = bounds.bottom, .top = bounds.top, .bottom_bytes = bottom.size()};
  const auto extra = (bounds.has_bottom ? has_bottom : 0) | (bounds.has_top ? has_top : 0) |
                     (bounds.bottom_open ? bottom_open : 0) | (bounds.top_open ? top_open : 0);
  std::string both(bottom);
  both += top;
  add(Ask::range, bytes_of(numbers), both, std::uint16_t(extra));
}

void ProgramWriter::network(std::string_view text, const Network& network) {
  add(Ask::network, bytes_of(network), text);
}

void ProgramWriter::end_condition(bool negated) {
  auto& flags = program_[last_ + offsetof(Head, flags)];
  flags = char(flags | flag_condition | (negated ? flag_negated : 0));
}

void ProgramWriter::end_alternative() {
  auto& flags = program_[last_ + offsetof(Head, flags)];
  flags = char(flags | flag_alternative);
}

bool program_holds(std::string_view program, const Value& value) noexcept {
  bool all = true, one = false;
  while (!program.empty()) {
    const auto head = take<Head>(program);
    one = one || (all && holds(head, program.substr(0, head.bytes), value));
    program.remove_prefix(head.bytes);
    if ((head.flags & flag_condition) == 0) continue;
    all = all && one != ((head.flags & flag_negated) != 0);
    one = false;
    if ((head.flags & flag_alternative) == 0) continue;
    if (all) return true;
    all = true;
  }
  return false;
}

std::size_t count_alternatives(std::string_view program) noexcept {
  std::size_t count = 0;
  while (!program.empty()) {
    const auto head = take<Head>(program);
    program.remove_prefix(head.bytes);
    count += (head.flags & flag_alternative) != 0 ? 1 : 0;
  }
  return count;
}

}  // namespace tidemill::pattern
