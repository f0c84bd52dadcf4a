#include "sqs/handle.h"

#include <array>
#include <charconv>

#include <fmt/format.h>

#include "base/encoding.h"
#include "sqs/errors.h"

namespace tidemill::sqs {
namespace {

constexpr std::string_view mark = "tm1";

}  // namespace

std::string text_of(const Handle& handle) {
  return to_base64(
      fmt::format("{}:{}:{}:{}:{}", mark, handle.queue, handle.box, handle.seq, handle.receipt));
}

Result<Handle> parse_handle(std::string_view text) {
  const auto decoded = from_base64(text);
  std::string_view rest = decoded ? std::string_view(*decoded) : std::string_view();
  if (!rest.starts_with(mark)) return invalid_handle(text);
  rest.remove_prefix(mark.size());
  Handle handle;
  for (auto* number : {&handle.queue, &handle.box, &handle.seq, &handle.receipt}) {
    if (!rest.starts_with(':')) return invalid_handle(text);
    const auto [stop, code] = std::from_chars(rest.data() + 1, rest.data() + rest.size(), *number);
    if (code != std::errc()) return invalid_handle(text);
    rest.remove_prefix(std::size_t(stop - rest.data()));
  }
  if (!rest.empty()) return invalid_handle(text);
  return handle;
}

}  // namespace tidemill::sqs
