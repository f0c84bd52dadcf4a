#include "pattern/witness.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/json.h"
#include "pattern/number.h"

namespace tidemill::pattern {
namespace {

/// What stands where a pattern leaves the choice.
constexpr std::string_view filler = "example";

/// The texts and numbers that the tests themselves suggest.
struct Ideas {
  std::vector<std::string> starts = {""}, ends = {""}, wholes = {std::string(filler)};
  std::vector<double> points;
  std::vector<std::string> digits;  ///< Numbers that only their own text equals.

  void add(const Text& t) { wholes.push_back(t.text); }
  void add(const SameAddress& t) { wholes.push_back(t.text); }
  void add(const Number& t) {
    if (t.value) {
      points.push_back(*t.value);
    } else {
      digits.push_back(t.text);
    }
  }
  void add(const Word&) {}
  void add(const Exists&) {}
  void add(const Prefix& t) { starts.push_back(t.text); }
  void add(const Suffix& t) { ends.push_back(t.text); }
  void add(const IgnoreCase& t) {
    auto& kind = t.where == IgnoreCase::Where::whole    ? wholes
                 : t.where == IgnoreCase::Where::prefix ? starts
                                                        : ends;
    kind.push_back(t.text);
  }
  void add(const Like& t) {
    const auto& pieces = t.wildcard.pieces();
    wholes.push_back(fmt::format("{}", fmt::join(pieces, filler)));
    wholes.push_back(fmt::format("{}", fmt::join(pieces, "")));
    if (pieces.size() > 1) {
      starts.push_back(pieces.front());
      ends.push_back(pieces.back());
    }
  }
  void add(const Range& t) {
    for (const auto* bound : {&t.bottom, &t.top}) {
      if (*bound) points.push_back((*bound)->value);
    }
  }
  void add(const InNetwork& t) {
    auto address = t.network.base;
    const std::size_t last = address.v6 ? 15 : 3;
    wholes.push_back(spelled(address));
    address.bytes[last] |= 1;
    wholes.push_back(spelled(address));
  }

 private:
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

Ideas ideas_of(std::span<const Alternative* const> all) {
  Ideas ideas;
  for (const auto* alternative : all) {
    for (const auto& condition : alternative->all) {
      for (const auto& test : condition.any) {
        std::visit([&ideas](const auto& t) { ideas.add(t); }, test);
      }
    }
  }
  return ideas;
}

bool all_hold(std::span<const Alternative* const> all, const Value& value) {
  return std::ranges::all_of(all, [&](const Alternative* one) { return one->holds(value); });
}

Value number_value(std::string_view text) {
  const auto number = comparable_number(text);
  return {.text = text,
          .number = number.value_or(0),
          .kind = Kind::number,
          .comparable = number.has_value()};
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

Witness find_value(std::span<const Alternative* const> all) {
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
  std::vector<const Condition*> conditions;
  for (const auto* alternative : all) {
    for (const auto& condition : alternative->all) conditions.push_back(&condition);
  }
  // Numbers and words were all tried; what is left are texts.
  return find_text(conditions);
}

}  // namespace tidemill::pattern
