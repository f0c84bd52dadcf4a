#include "pattern/witness.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/json.h"
#include "pattern/number.h"
#include "pattern/wildcard.h"

namespace tidemill::pattern {
namespace {

/// What stands where a pattern leaves the choice.
constexpr std::string_view filler = "example";

/// The texts and numbers that the tests themselves suggest.
struct Ideas {
  std::vector<std::string> starts = {""}, ends = {""}, wholes = {std::string(filler)};
  std::vector<double> points;
  std::vector<std::string> digits;  ///< Numbers that only their own text equals.

  void add(const Test& t) {
    switch (t.ask) {
      case Ask::text:
      case Ask::address:
      case Ask::ignore_case: wholes.emplace_back(t.text); break;
      case Ask::number: points.push_back(t.number); break;
      case Ask::number_text: digits.emplace_back(t.text); break;
      case Ask::prefix:
      case Ask::ignore_case_prefix: starts.emplace_back(t.text); break;
      case Ask::suffix:
      case Ask::ignore_case_suffix: ends.emplace_back(t.text); break;
      case Ask::wildcard: add_wildcard(pieces_of(t.text)); break;
      case Ask::range: add_range(t.bounds); break;
      case Ask::network: add_network(t.network); break;
      case Ask::word:
      case Ask::anything: break;
    }
  }

 private:
  void add_wildcard(const std::vector<std::string_view>& pieces) {
    wholes.push_back(fmt::format("{}", fmt::join(pieces, filler)));
    wholes.push_back(fmt::format("{}", fmt::join(pieces, "")));
    if (pieces.size() > 1) {
      starts.emplace_back(pieces.front());
      ends.emplace_back(pieces.back());
    }
  }
  void add_range(const Bounds& bounds) {
    if (bounds.has_bottom) points.push_back(bounds.bottom);
    if (bounds.has_top) points.push_back(bounds.top);
  }
  void add_network(const Network& network) {
    auto address = network.base;
    const std::size_t last = address.v6 ? 15 : 3;
    wholes.push_back(spelled(address));
    address.bytes[last] |= 1;
    wholes.push_back(spelled(address));
  }
  static std::string spelled(const Address& address) {
    const auto& b = address.bytes;
    if (!address.v6) return fmt::format("{}.{}.{}.{}", b[0], b[1], b[2], b[3]);
    std::string out;
    for (std::size_t i = 0; i < b.size(); i += 2) {
      out += fmt::format("{}{:x}", i == 0 ? "" : ":", b[i] * 256 + b[i + 1]);
    }
    return out;
  }
};

Ideas ideas_of(std::span<const AskedAlternative* const> all) {
  Ideas ideas;
  for (const auto* alternative : all) {
    for (const auto& condition : alternative->all) {
      for (const auto& test : condition.any) ideas.add(test);
    }
  }
  return ideas;
}

bool all_hold(std::span<const AskedAlternative* const> all, const Value& value) {
  return std::ranges::all_of(all, [&](const AskedAlternative* one) { return one->holds(value); });
}

Value number_value(std::string_view text) {
  return {.text = text, .number = nearest_double(text), .kind = Kind::number};
}

/// The points cut the line into pieces in which all numbers fare alike; one of each is tried.
std::vector<std::string> numbers_to_try(Ideas ideas) {
  auto& points = ideas.points;
  std::ranges::sort(points);
  points.erase(std::unique(points.begin(), points.end()), points.end());
  std::vector<double> tried = points;
  for (std::size_t i = 0; i + 1 < points.size(); ++i) {
    const double low = points[i], high = points[i + 1];
    const double whole = std::floor(low) + 1;
    tried.push_back(whole < high ? whole : low + (high - low) / 2);
  }
  if (!points.empty()) {
    tried.push_back(std::floor(points.front()) - 1);
    tried.push_back(std::ceil(points.back()) + 1);
  }
  tried.push_back(1);
  auto out = std::move(ideas.digits);
  for (const double number : tried) out.push_back(fmt::format("{}", number));
  return out;
}

/// The most texts that are put together from starts and ends.
constexpr std::size_t ideas_max = 64;

std::vector<std::string> texts_to_try(Ideas ideas) {
  auto out = std::move(ideas.wholes);
  auto& starts = ideas.starts;
  auto& ends = ideas.ends;
  // Long ones first: they are likelier to satisfy the shorter as well.
  std::ranges::sort(starts, std::ranges::greater(), &std::string::size);
  std::ranges::sort(ends, std::ranges::greater(), &std::string::size);
  starts.resize(std::min(starts.size(), ideas_max));
  ends.resize(std::min(ends.size(), ideas_max));
  for (const auto& start : starts) {
    for (const auto& end : ends) out.push_back(fmt::format("{}{}{}", start, filler, end));
  }
  return out;
}

}  // namespace

Witness find_value(std::span<const AskedAlternative* const> all) {
  const auto ideas = ideas_of(all);
  for (const auto& text : texts_to_try(ideas)) {
    const Value value{.text = text, .kind = Kind::string};
    if (all_hold(all, value)) return {Verdict::possible, json::quote(text)};
  }
  for (const auto& text : numbers_to_try(ideas)) {
    if (all_hold(all, number_value(text))) return {Verdict::possible, text};
  }
  const std::pair<Kind, std::string_view> words[] = {
      {Kind::true_value, "true"}, {Kind::false_value, "false"}, {Kind::null_value, "null"}};
  for (const auto& [kind, text] : words) {
    if (all_hold(all, {.text = text, .kind = kind})) return {Verdict::possible, std::string(text)};
  }
  std::vector<const AskedCondition*> conditions;
  for (const auto* alternative : all) {
    for (const auto& condition : alternative->all) conditions.push_back(&condition);
  }
  // Numbers and words were all tried; what is left are texts.
  return find_text(conditions);
}

}  // namespace tidemill::pattern
