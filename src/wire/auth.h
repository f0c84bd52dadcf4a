/// What the wire asks of the identity service: the secret behind an access key, and the decision on
/// a request. Implemented by iam::Authority; called on event loops, so both only look at snapshots.
#pragma once

#include <string>
#include <string_view>

#include "base/caller.h"
#include "base/error.h"
#include "base/log.h"

namespace tidemill::wire {

struct Credential {
  Secret secret;
  /// kind, scope.account, arn, user_id, role_arn and access_key_id are filled in.
  Caller identity;
};

class Keyring {
 public:
  virtual ~Keyring() = default;
  /// Fails with access_denied, named InvalidAccessKeyId (unknown or inactive), InvalidToken
  /// (session token wrong or missing) or ExpiredToken.
  [[nodiscard]] virtual Result<Credential> find(std::string_view access_key_id,
                                                std::string_view session_token,
                                                TimeMs now) const = 0;
};

class Authorizer {
 public:
  virtual ~Authorizer() = default;
  /// Fails with access_denied; the message names caller, action, resource and reason as AWS does.
  [[nodiscard]] virtual Status authorize(const Caller& caller, std::string_view action,
                                         std::string_view resource) const = 0;
};

}  // namespace tidemill::wire
