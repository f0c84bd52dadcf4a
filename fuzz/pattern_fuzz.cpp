// Fuzzes patterns and events: the input is a pattern, a line break of its own ("\n--\n") and an
// event; without the break it is taken for both. Whatever they are, nothing may crash or hang, and
// the matcher, matches() and explain() must agree.
#include <cstdint>
#include <string_view>

#include "base/error.h"
#include "pattern/matcher.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tidemill::pattern;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  constexpr std::string_view border = "\n--\n";
  const auto middle = input.find(border);
  const auto text = input.substr(0, middle);
  const auto json = middle == input.npos ? input : input.substr(middle + border.size());

  const auto strict = Pattern::compile(text, {.strict_aws = true});
  const auto pattern = Pattern::compile(text);
  // What AWS takes, we take.
  TM_ASSERT(pattern.has_value() || !strict.has_value());
  if (!pattern) TM_ASSERT(!pattern.error().message.empty() && !pattern.error().hint.empty());
  const auto event = Event::parse(json);
  if (!pattern || !event) return 0;

  const bool matches = pattern->matches(*event);
  const auto why = pattern->explain(*event);
  TM_ASSERT(why.matched == matches);
  TM_ASSERT((why.distance == 0) == matches);
  Matcher matcher;
  matcher.add(RuleId(1), *pattern);
  TM_ASSERT(matcher.match(*event).empty() != matches);
  TM_ASSERT(matcher.remove(RuleId(1)) && matcher.candidates(*event) == 0);
  return 0;
}
