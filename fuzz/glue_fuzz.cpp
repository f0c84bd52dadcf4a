// Fuzzes the expressions of GetPartitions: the first line is the expression, the second and third
// are the values of a number's and a text's partition key. Whatever they are, nothing may crash or
// hang, what is refused has AWS's name, and NOT turns an answer over or leaves it unknown.
#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "glue/catalog/expression.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tidemill;
  using namespace tidemill::glue::catalog;
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  const auto line = [&rest] {
    const auto end = std::min(rest.find('\n'), rest.size());
    const std::string taken(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
    return taken;
  };
  const auto text = line();
  const std::array<std::string, 2> values = {line(), line()};
  const std::array<PartitionKey, 2> keys = {{{"year", "int"}, {"region", "string"}}};

  const auto expression = Expression::parse(text, keys);
  if (!expression) {
    TM_ASSERT(aws_name(expression.error()) == "InvalidInputException");
    TM_ASSERT(!expression.error().message.empty());
    return 0;
  }
  const bool matches = expression->matches(values);
  const auto turned = Expression::parse("NOT (" + text + ")", keys);
  TM_ASSERT(!turned || !(matches && turned->matches(values)));
  return 0;
}
