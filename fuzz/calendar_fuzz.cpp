// Fuzzes schedule expressions and time zones. The first line is an expression, read by all three
// readers; the rest a TZif file. Whatever they are, nothing may crash or hang, a proposal must
// hold, and the next instants must follow each other.
#include <cstdint>
#include <string_view>

#include "base/error.h"
#include "calendar/describe.h"
#include "calendar/next.h"
#include "calendar/proposal.h"

namespace tidemill::calendar {
namespace {

constexpr std::int64_t end_ms = 7'289'654'400'000;  // 2201

void follow(const Timing& timing, TimeMs from) {
  auto at = from;
  std::vector<Skipped> skipped;
  for (int i = 0; i < 20; ++i) {
    const auto next = next_fire(timing, at, &skipped);
    if (!next) break;
    TM_ASSERT(at < *next);
    at = *next;
  }
  for (const auto& s : skipped) (void)skipped_text(*timing.zone, s);
}

void read(std::string_view text, const ZoneRef& zone) {
  for (const auto dialect : {Dialect::rule, Dialect::scheduler, Dialect::trigger}) {
    const auto expression = parse_expression(text, dialect);
    if (!expression) {
      const auto proposal = propose(text, dialect);
      TM_ASSERT(proposal.empty() || read_expression(proposal, dialect).has_value());
      continue;
    }
    for (const bool opt_in : {false, true}) {
      const Timing timing{
          .expression = *expression, .zone = zone, .dst = {opt_in, opt_in}, .base = {0}};
      for (const std::int64_t from : {std::int64_t{-1}, std::int64_t{1'767'225'600'000}, end_ms}) {
        follow(timing, {from});
      }
    }
  }
}

}  // namespace
}  // namespace tidemill::calendar

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tidemill::calendar;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const auto line = std::min(input.find('\n'), input.size());
  auto zone = utc();
  if (line < input.size()) {
    if (auto read = Zone::parse("fuzz", input.substr(line + 1))) {
      zone = std::make_shared<const Zone>(*std::move(read));
    }
  }
  read(input.substr(0, line), zone);
  return 0;
}
