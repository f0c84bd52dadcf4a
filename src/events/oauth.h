/// OAuth tokens by client credentials (RFC 6749, section 4.4): asking for one, and reading it.
/// Pure.
#pragma once

#include <string>

#include "events/connection.h"
#include "http/client.h"

namespace tidemill::events {

struct Token {
  std::string authorization;      ///< "Bearer …"
  std::optional<TimeMs> expires;  ///< Where the server says so.
  std::int64_t version = 0;       ///< Of the connection that it is for.

  /// It will do for a request that is made now.
  [[nodiscard]] bool holds(const Connection& connection, TimeMs now) const;
};

/// What the authorization endpoint is asked: grant_type, client_id and client_secret as a form (for
/// GET, in the query), and the OAuthHttpParameters, which may replace them.
[[nodiscard]] Result<http::Call> make_token_call(const Connection& connection);

/// Fails with access_denied where the server gave none, with the answer's beginning in the message
/// but none of the connection's secrets; as http::Client::call where there was no answer.
[[nodiscard]] Result<Token> read_token(const Connection& connection,
                                       const Result<http::Answer>& answer, TimeMs now);

}  // namespace tidemill::events
