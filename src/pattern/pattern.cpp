#include "pattern/pattern.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <array>

#include "pattern/compile.h"
#include "pattern/search.h"

namespace tidemill::pattern {
namespace {

struct Advice {
  std::string_view about;  ///< Part of AWS's message.
  std::string_view hint;
};

/// The first that fits is given.
constexpr std::array advices = {
    Advice{"Only one key allowed",
           "AWS takes one matcher in each {...}; for a prefix and a suffix at once write "
           "{\"wildcard\": \"sales/*.csv\"} (Tidemill takes several, except exists, as AND unless "
           "strict)"},
    Advice{"must be an object or an array", "put the value in an array: \"source\": [\"aws.s3\"]"},
    Advice{"Empty arrays", "list what may stand there, or ask [{\"exists\": true}]"},
    Advice{"Empty objects", "name at least one field, e.g. {\"source\": [\"aws.s3\"]}"},
    Advice{"Filter is not an object", "a pattern is a JSON object: {\"source\": [\"aws.s3\"]}"},
    Advice{"Unrecognized match type",
           "the matchers are prefix, suffix, equals-ignore-case, wildcard, anything-but, numeric, "
           "exists and cidr, in small letters"},
    Advice{"anything-but",
           "write {\"anything-but\": \"a\"}, {\"anything-but\": [\"a\", \"b\"]} or "
           "{\"anything-but\": {\"prefix\": \"a\"}} (or suffix, equals-ignore-case, "
           "wildcard), strings or numbers only"},
    Advice{"anything but", "a list in anything-but holds only strings or only numbers"},
    Advice{"Null prefix/suffix", "in anything-but a prefix or suffix may not be empty"},
    Advice{"match pattern must be a string",
           "give one string; for several write one matcher for each: [{\"prefix\": \"a\"}, "
           "{\"prefix\": \"b\"}]"},
    Advice{"exists match pattern",
           "write {\"exists\": true} or {\"exists\": false}, without quotes"},
    Advice{"Cannot compare number",
           "the number has more digits than a double holds; give at most 15"},
    Advice{"Bottom must be less than top", "the lower bound comes first: [\">=\", 1, \"<\", 10]"},
    Advice{"numeri",
           "write [\"=\", 5], [\"<\", 10] or [\">=\", 1, \"<\", 10], the numbers without "
           "quotes"},
    Advice{"Consecutive wildcard", "one * already stands for any number of characters"},
    Advice{"Invalid escape character", "in a wildcard \\\\ goes only before * and \\\\ itself"},
    Advice{"too complex", "fewer * in one wildcard, or a prefix or suffix matcher"},
    Advice{"CIDR", "write an address, a slash and the number of fixed bits: 10.0.0.0/8"},
    Advice{"mask bits", "for one single address give the address itself, without a mask"},
    Advice{"IP address", "write digits: 10.0.0.0/8 or 2001:db8::/32"},
    Advice{"$or", "write \"$or\": [{...}, {...}] with at least two objects"},
    Advice{"Match value must be",
           "inside a field's array stand plain values or matchers, e.g. "
           "[\"a\", {\"prefix\": \"b\"}]"},
    Advice{"name not found", "name a matcher: {\"prefix\": \"a\"}"},
    Advice{"Unsupported prefix",
           "write {\"prefix\": \"a\"} or {\"prefix\": {\"equals-ignore-case\": "
           "\"a\"}}"},
    Advice{"Unsupported suffix",
           "write {\"suffix\": \"a\"} or {\"suffix\": {\"equals-ignore-case\": "
           "\"a\"}}"},
    Advice{"", "the pattern is not valid JSON at the place named"},
};

std::unexpected<Error> refuse(std::string_view text, const Fault& fault) {
  auto message = "Event pattern is not valid. Reason: " + fault.message;
  if (fault.placed) message += "\n at " + source_place(text, fault.offset);
  const auto* advice = std::ranges::find_if(
      advices, [&](const Advice& a) { return fault.message.contains(a.about); });
  return std::unexpected(Error{.code = Errc::invalid_argument,
                               .message = printable(std::move(message)),
                               .name = "InvalidEventPatternException",
                               .hint = std::string(advice->hint)});
}

}  // namespace

Result<Pattern> Pattern::compile(std::string_view text, Options options) {
  if (text.size() > bytes_max) {
    return refuse(text, {.message = fmt::format("The pattern has {} bytes, the most is {}",
                                                text.size(), bytes_max),
                         .placed = false});
  }
  if (!simdjson::validate_utf8(text.data(), text.size())) {
    return refuse("", {.message = "Invalid UTF-8 start byte", .placed = false});
  }
  auto data = compile_pattern(text, options);
  if (!data) return refuse(text, data.error());
  return Pattern(std::make_shared<const PatternData>(*std::move(data)));
}

bool Pattern::matches(const Event& event) const {
  return std::ranges::any_of(data_->branches, [&](const Branch& branch) {
    return branch_holds(*data_, branch, event.data());
  });
}

bool Pattern::has_wildcard() const {
  for (const auto& clause : data_->clauses) {
    for (ProgramReader reader(clause.program); !reader.done();) {
      if (reader.next().ask == Ask::wildcard) return true;
    }
  }
  return false;
}

}  // namespace tidemill::pattern
