#include "logs/names.h"

#include <charconv>

#include <fmt/format.h>

#include "base/encoding.h"

namespace tidemill::logs {
namespace {

constexpr std::string_view group_resource = "log-group:";
// An event id and a read token: "3", then 19, 17 and 19 digits.
constexpr std::size_t at_digits = 19, filler_digits = 17, seq_digits = 19;

std::optional<std::int64_t> whole_number(std::string_view digits) {
  std::int64_t number = 0;
  const auto* end = digits.data() + digits.size();
  const auto [stop, code] = std::from_chars(digits.data(), end, number);
  if (code != std::errc() || stop != end || number < 0) return std::nullopt;
  return number;
}

std::string position_digits(Position position, std::int64_t filler) {
  return fmt::format("3{:0{}}{:0{}}{:0{}}", position.at_ms, at_digits, filler, filler_digits,
                     position.seq, seq_digits);
}

/// How many bytes the UTF-8 character at the front of `text` has; 0 if it is malformed.
std::size_t character_size(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text[0]);
  const std::size_t size = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  return text.size() >= size && is_utf8(text.substr(0, size)) ? size : 0;
}

}  // namespace

std::unexpected<Error> invalid_parameter(std::string message) {
  return fail(Errc::invalid_argument, "InvalidParameterException", std::move(message));
}

std::unexpected<Error> no_such_group() {
  return fail(Errc::not_found, "ResourceNotFoundException",
              "The specified log group does not exist.");
}

std::unexpected<Error> no_such_stream() {
  return fail(Errc::not_found, "ResourceNotFoundException",
              "The specified log stream does not exist.");
}

std::unexpected<Error> bad_token() {
  return invalid_parameter("The specified nextToken is invalid.");
}

std::string group_arn(const GroupKey& group) {
  return make_arn("logs", group.scope, std::string(group_resource) + group.name);
}

std::string stream_arn(const StreamKey& stream) {
  return fmt::format("{}:log-stream:{}", group_arn(stream.group), stream.name);
}

Result<GroupKey> group_of_arn(std::string_view text) {
  const auto arn = Arn::parse(text);
  if (!arn || arn->service != "logs" || !arn->resource.starts_with(group_resource)) {
    return invalid_parameter(fmt::format("The specified resource ARN is invalid: {}", text));
  }
  std::string_view name = arn->resource;
  name.remove_prefix(group_resource.size());
  if (name.ends_with(":*")) name.remove_suffix(2);
  if (name.empty() || name.find(':') != name.npos) {
    return invalid_parameter(fmt::format("The specified resource ARN is invalid: {}", text));
  }
  return GroupKey{{arn->account, arn->region}, std::string(name)};
}

Result<GroupKey> group_of_identifier(const Scope& scope, std::string_view identifier) {
  if (identifier.starts_with("arn:")) return group_of_arn(identifier);
  return GroupKey{scope, std::string(identifier)};
}

std::string event_id(const StoredEvent& event) {
  return position_digits(event.position, event.ingested.ms);
}

std::string sequence_token(std::int64_t seq) { return fmt::format("49{:054}", seq); }

std::string read_token(const ReadToken& token) {
  return fmt::format("{}/{}/s", token.forward ? 'f' : 'b', position_digits(token.position, 0));
}

Result<ReadToken> parse_read_token(std::string_view text) {
  constexpr std::size_t size = 3 + at_digits + filler_digits + seq_digits + 2;
  const bool shaped = text.size() == size && (text.starts_with("f/3") || text.starts_with("b/3")) &&
                      text.ends_with("/s");
  if (!shaped) return bad_token();
  const auto at = whole_number(text.substr(3, at_digits));
  const auto seq = whole_number(text.substr(3 + at_digits + filler_digits, seq_digits));
  if (!at || !seq) return bad_token();
  return ReadToken{text[0] == 'f', {*at, *seq}};
}

std::string filter_token(Position position) {
  return list_token(fmt::format("{}.{}", position.at_ms, position.seq));
}

Result<Position> parse_filter_token(std::string_view text) {
  TM_TRY(const auto inside, parse_list_token(text));
  const auto dot = inside.find('.');
  if (dot == inside.npos) return bad_token();
  const auto at = whole_number(std::string_view(inside).substr(0, dot));
  const auto seq = whole_number(std::string_view(inside).substr(dot + 1));
  if (!at || !seq) return bad_token();
  return Position{*at, *seq};
}

std::string list_token(std::string_view last) { return to_base64(fmt::format("1:{}", last)); }

Result<std::string> parse_list_token(std::string_view text) {
  auto inside = from_base64(text);
  if (!inside || !inside->starts_with("1:")) return bad_token();
  return inside->substr(2);
}

std::string clean_utf8(std::string_view text) {
  if (is_utf8(text)) return std::string(text);
  std::string clean;
  while (!text.empty()) {
    const auto size = character_size(text);
    clean += size > 0 ? text.substr(0, size) : std::string_view("\xef\xbf\xbd");
    text.remove_prefix(std::max<std::size_t>(size, 1));
  }
  return clean;
}

}  // namespace tidemill::logs
