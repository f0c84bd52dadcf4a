/// The names, ARNs, ids and page tokens of CloudWatch Logs. Pure.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "logs/records.h"

namespace tidemill::logs {

/// InvalidParameterException with AWS's text.
[[nodiscard]] std::unexpected<Error> invalid_parameter(std::string message);
[[nodiscard]] std::unexpected<Error> no_such_group();
[[nodiscard]] std::unexpected<Error> no_such_stream();
[[nodiscard]] std::unexpected<Error> bad_token();

/// "arn:…:log-group:NAME", without the ":*" that AWS shows at the end of some.
[[nodiscard]] std::string group_arn(const GroupKey& group);
/// "arn:…:log-group:NAME:log-stream:STREAM".
[[nodiscard]] std::string stream_arn(const StreamKey& stream);
/// The group that an ARN (with or without ":*") names.
[[nodiscard]] Result<GroupKey> group_of_arn(std::string_view arn);
/// The group that a name or an ARN means for a caller in `scope`.
[[nodiscard]] Result<GroupKey> group_of_identifier(const Scope& scope, std::string_view identifier);

/// 56 digits, in the order of the events.
[[nodiscard]] std::string event_id(const StoredEvent& event);
/// PutLogEvents' nextSequenceToken (which nobody has to send back any more).
[[nodiscard]] std::string sequence_token(std::int64_t seq);

/// GetLogEvents' tokens, "f/…" and "b/…": from where to go on, forward or backward.
struct ReadToken {
  bool forward = true;
  Position position;
};
[[nodiscard]] std::string read_token(const ReadToken& token);
[[nodiscard]] Result<ReadToken> parse_read_token(std::string_view text);

/// FilterLogEvents' token: the last position that was looked at.
[[nodiscard]] std::string filter_token(Position position);
[[nodiscard]] Result<Position> parse_filter_token(std::string_view text);

/// A token that names where a listing stopped.
[[nodiscard]] std::string list_token(std::string_view last);
[[nodiscard]] Result<std::string> parse_list_token(std::string_view text);

/// `text` with every malformed byte of its UTF-8 replaced by U+FFFD.
[[nodiscard]] std::string clean_utf8(std::string_view text);

}  // namespace tidemill::logs
