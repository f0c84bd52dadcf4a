// Fuzzes patterns and events: the input is some patterns and an event, with a line break of its own
// ("\n--\n") between; one text alone is taken for both. Whatever they are, nothing may crash or
// hang, and the matcher, matches() and explain() must agree, before and after rules go.
#include <algorithm>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "pattern/matcher.h"

namespace tidemill::pattern {
namespace {

std::vector<std::string_view> split(std::string_view input) {
  constexpr std::string_view border = "\n--\n";
  constexpr std::size_t parts_max = 8;
  std::vector<std::string_view> parts;
  while (parts.size() + 1 < parts_max) {
    const auto middle = input.find(border);
    if (middle == input.npos) break;
    parts.push_back(input.substr(0, middle));
    input.remove_prefix(middle + border.size());
  }
  parts.push_back(input);
  if (parts.size() == 1) parts.push_back(input);
  return parts;
}

Result<Pattern> compile(std::string_view text) {
  const auto strict = Pattern::compile(text, {.strict_aws = true});
  auto pattern = Pattern::compile(text);
  // What AWS takes, we take.
  TM_ASSERT(pattern.has_value() || !strict.has_value());
  if (!pattern) TM_ASSERT(!pattern.error().message.empty() && !pattern.error().hint.empty());
  return pattern;
}

bool matches(const Pattern& pattern, const Event& event) {
  const bool matches = pattern.matches(event);
  const auto why = pattern.explain(event);
  TM_ASSERT(why.matched == matches);
  TM_ASSERT((why.distance == 0) == matches);
  return matches;
}

void fuzz(std::string_view input) {
  const auto parts = split(input);
  const auto json = parts.back();
  Matcher matcher;
  std::vector<Pattern> patterns;
  for (const auto text : std::span(parts).first(parts.size() - 1)) {
    auto pattern = compile(text);
    if (!pattern) continue;
    matcher.add(RuleId(patterns.size()), *pattern);
    patterns.push_back(*std::move(pattern));
  }
  std::vector<RuleId> ignored;
  matcher.match(json, Names::any, ignored);
  matcher.match(json, Names::plain, ignored);
  const auto event = Event::parse(json);
  if (!event) return;

  std::vector<RuleId> expected;
  for (std::size_t i = 0; i < patterns.size(); ++i) {
    if (matches(patterns[i], *event)) expected.push_back(RuleId(i));
  }
  TM_ASSERT(matcher.match(*event) == expected);
  const auto before = matcher.snapshot();
  for (std::size_t i = 0; i < patterns.size(); ++i) {
    TM_ASSERT(matcher.remove(RuleId(i)));
    auto left = expected;
    std::erase_if(left, [i](RuleId id) { return id <= RuleId(i); });
    TM_ASSERT(matcher.match(*event) == left);
  }
  TM_ASSERT(matcher.candidates(*event) == 0);
  TM_ASSERT(before.match(*event) == expected);
}

}  // namespace
}  // namespace tidemill::pattern

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  tidemill::pattern::fuzz({reinterpret_cast<const char*>(data), size});
  return 0;
}
