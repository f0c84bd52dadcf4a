// Fuzzes filter patterns of CloudWatch Logs: the first line is the pattern, the rest the message.
// Whatever they are, nothing may crash or hang, and what was refused is told in AWS's words.
#include <cstdint>
#include <string_view>

#include "logs/filter_pattern.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tidemill;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const auto middle = input.find('\n');
  const auto text = input.substr(0, middle);
  const auto message = middle == input.npos ? input : input.substr(middle + 1);

  const auto pattern = logs::FilterPattern::compile(text);
  if (!pattern) {
    TM_ASSERT(aws_name(pattern.error()) == "InvalidParameterException");
    TM_ASSERT(!pattern.error().message.empty());
    return 0;
  }
  const bool matches = pattern->matches(message);
  TM_ASSERT(matches == pattern->matches(message));
  TM_ASSERT(matches || !pattern->matches_all());
  return 0;
}
