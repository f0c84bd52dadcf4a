#include "s3/range.h"

#include <charconv>

#include <fmt/format.h>

#include "base/encoding.h"

namespace tidemill::s3 {
namespace {

constexpr std::string_view unit = "bytes=";

/// Digits only; saturates where there are too many.
std::optional<std::uint64_t> parse_number(std::string_view text) {
  std::uint64_t number = 0;
  if (text.empty() || text.find_first_not_of("0123456789") != text.npos) return std::nullopt;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() ? number : UINT64_MAX;
}

std::unexpected<Error> not_satisfiable(const std::string& header, std::uint64_t size) {
  return std::unexpected(
      Error{.code = Errc::range_not_satisfiable,
            .message = "The requested range is not satisfiable",
            .name = "InvalidRange",
            .details = {{"RangeRequested", header}, {"ActualObjectSize", std::to_string(size)}}});
}

std::unexpected<Error> bad_copy_range(const std::string& header, std::string message) {
  return std::unexpected(
      Error{.code = Errc::invalid_argument,
            .message = std::move(message),
            .name = "InvalidArgument",
            .details = {{"ArgumentName", "x-amz-copy-source-range"}, {"ArgumentValue", header}}});
}

}  // namespace

Result<std::optional<ByteRange>> parse_range(const std::string& header, std::uint64_t size) {
  auto text = trim(header);
  if (text.size() < unit.size() || !iequals(text.substr(0, unit.size()), unit)) return std::nullopt;
  text.remove_prefix(unit.size());
  const auto dash = text.find('-');
  if (dash == text.npos) return std::nullopt;
  const auto before = trim(text.substr(0, dash));
  const auto after = trim(text.substr(dash + 1));
  const auto last = parse_number(after);
  if (!after.empty() && !last) return std::nullopt;
  if (before.empty()) {  // The last so many bytes.
    if (!last) return std::nullopt;
    if (*last == 0 || size == 0) return not_satisfiable(header, size);
    const auto length = std::min(*last, size);
    return ByteRange{size - length, length};
  }
  const auto first = parse_number(before);
  if (!first || (last && *last < *first)) return std::nullopt;
  if (*first >= size) return not_satisfiable(header, size);
  const auto end = last ? std::min(*last, size - 1) : size - 1;
  return ByteRange{*first, end - *first + 1};
}

Result<ByteRange> parse_copy_range(const std::string& header, std::uint64_t size) {
  const std::string_view text = header;
  const auto dash = text.find('-');
  std::optional<std::uint64_t> first;
  std::optional<std::uint64_t> last;
  if (text.starts_with(unit) && dash != text.npos) {
    first = parse_number(text.substr(unit.size(), dash - unit.size()));
    last = parse_number(text.substr(dash + 1));
  }
  if (!first || !last || *last < *first) {
    return bad_copy_range(
        header,
        "The x-amz-copy-source-range value must be of the form bytes=first-last where first and "
        "last are the zero-based offsets of the first and last bytes to copy");
  }
  if (*first >= size) {
    return fail(Errc::invalid_argument, "InvalidRequest",
                "The specified copy range is invalid for the source object size");
  }
  if (*last >= size) {
    return bad_copy_range(
        header, fmt::format("Range specified is not valid for source object of size: {}", size));
  }
  return ByteRange{*first, *last - *first + 1};
}

}  // namespace tidemill::s3
