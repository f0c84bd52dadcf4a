#include "pattern/keys.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

#include "pattern/fold.h"
#include "pattern/wildcard.h"

namespace tidemill::pattern {
namespace {

template <std::size_t N>
std::string bytes_of(const std::array<char, N>& key) {
  return {key.data(), key.size()};
}

Key affix_key(KeyKind kind, std::string_view text) {
  const auto length = std::min(text.size(), key_length_max);
  if (length == 0) return {};
  const auto from = kind == KeyKind::suffix ? text.size() - length : 0;
  return {kind, static_cast<std::uint8_t>(length), std::string(text.substr(from, length))};
}

/// Parts of a text that occurs anywhere: few lengths, so that a value needs few look-ups.
void add_inside(std::vector<Key>& out, std::string_view text) {
  constexpr std::size_t parts_max = 8;
  const auto length = std::min<std::size_t>(std::bit_floor(text.size()), 8);
  if (length == 0) return;
  const auto places = std::min(text.size() - length + 1, parts_max);
  for (std::size_t at = 0; at < places; ++at) {
    out.push_back(
        {KeyKind::inside, static_cast<std::uint8_t>(length), std::string(text.substr(at, length))});
  }
}

void add_wildcard(std::vector<Key>& out, std::string_view encoded) {
  const auto pieces = pieces_of(encoded);
  if (pieces.size() == 1) {
    out.push_back({KeyKind::text, 0, std::string(pieces[0])});
    return;
  }
  out.push_back(affix_key(KeyKind::prefix, pieces.front()));
  out.push_back(affix_key(KeyKind::suffix, pieces.back()));
  for (std::size_t i = 1; i + 1 < pieces.size(); ++i) add_inside(out, pieces[i]);
}

void add_test(std::vector<Key>& out, const Test& test) {
  switch (test.ask) {
    case Ask::text: out.push_back({KeyKind::text, 0, std::string(test.text)}); break;
    case Ask::address:
      out.push_back({KeyKind::address, 0, bytes_of(address_key(test.network.base))});
      break;
    case Ask::number: out.push_back({KeyKind::number, 0, bytes_of(number_key(test.number))}); break;
    case Ask::number_text: out.push_back({KeyKind::number_text, 0, std::string(test.text)}); break;
    case Ask::word: out.push_back({KeyKind::word, 0, std::string(1, char(test.kind))}); break;
    case Ask::prefix: out.push_back(affix_key(KeyKind::prefix, test.text)); break;
    case Ask::suffix: out.push_back(affix_key(KeyKind::suffix, test.text)); break;
    case Ask::wildcard: add_wildcard(out, test.text); break;
    case Ask::ignore_case: {
      auto lower = ascii_lower(test.text);
      const bool ascii = lower.size() == test.text.size();
      out.push_back(ascii ? Key{KeyKind::lower, 0, std::move(lower)} : Key{});
      break;
    }
    default: out.emplace_back(); break;
  }
}

/// The last bytes of what a string begins with tell more strings apart than the first.
QuickCheck check_prefix(std::string_view text) {
  text = text.substr(0, 255);
  const auto length = std::min<std::size_t>(text.size(), 8);
  const auto offset = text.size() - length;
  return {.bytes = first_bytes(text.substr(offset)),
          .of = QuickCheck::Of::start,
          .length = static_cast<std::uint8_t>(length),
          .offset = static_cast<std::uint8_t>(offset)};
}

QuickCheck check_suffix(std::string_view text) {
  const auto length = std::min<std::size_t>(text.size(), 8);
  return {.bytes = last_bytes(text),
          .of = QuickCheck::Of::end,
          .length = static_cast<std::uint8_t>(length)};
}

/// Floats say enough if they are no narrower than what they stand for.
QuickCheck check_range(const Bounds& bounds) {
  constexpr auto far = std::numeric_limits<float>::infinity();
  auto bottom = bounds.has_bottom ? static_cast<float>(bounds.bottom) : -far;
  auto top = bounds.has_top ? static_cast<float>(bounds.top) : far;
  if (bounds.has_bottom && bottom > bounds.bottom) bottom = std::nextafter(bottom, -far);
  if (bounds.has_top && top < bounds.top) top = std::nextafter(top, far);
  return {.bytes = std::bit_cast<std::uint64_t>(std::array{bottom, top}),
          .of = QuickCheck::Of::range,
          .length = sizeof(std::uint64_t)};
}

Bounds only(double number) {
  return {.bottom = number, .top = number, .has_bottom = true, .has_top = true};
}

}  // namespace

std::vector<std::vector<Key>> keys_of(std::string_view program) {
  std::vector<std::vector<Key>> out(1);
  for (ProgramReader reader(program); !reader.done();) {
    const auto test = reader.next();
    // A condition with several tests is a negated one.
    if (test.ends_condition && !test.negated) add_test(out.back(), test);
    if (!test.ends_alternative) continue;
    if (out.back().empty()) out.back().emplace_back();
    if (!reader.done()) out.emplace_back();
  }
  return out;
}

QuickCheck quick_check_of(std::string_view program) {
  QuickCheck best;
  const auto consider = [&best](const QuickCheck& check) {
    if (check.length > best.length) best = check;
  };
  for (ProgramReader reader(program); !reader.done();) {
    const auto test = reader.next();
    if (test.ends_alternative && !reader.done()) return {};
    if (!test.ends_condition || test.negated) continue;
    if (test.ask == Ask::prefix) consider(check_prefix(test.text));
    if (test.ask == Ask::text || test.ask == Ask::suffix) consider(check_suffix(test.text));
    if (test.ask == Ask::range) consider(check_range(test.bounds));
    if (test.ask == Ask::number) consider(check_range(only(test.number)));
    if (test.ask == Ask::wildcard) {
      const auto pieces = pieces_of(test.text);
      consider(check_prefix(pieces.front()));
      consider(check_suffix(pieces.back()));
    }
  }
  return best;
}

std::array<char, 17> address_key(const Address& address) noexcept {
  std::array<char, 17> out{address.v6 ? '6' : '4'};
  static_assert(sizeof address.bytes + 1 == out.size());
  std::memcpy(out.data() + 1, address.bytes.data(), address.bytes.size());
  return out;
}

std::array<char, sizeof(double)> number_key(double value) noexcept {
  return std::bit_cast<std::array<char, sizeof value>>(value == 0 ? 0.0 : value);
}

}  // namespace tidemill::pattern
