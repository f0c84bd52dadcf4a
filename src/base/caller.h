/// Who asks: the verified identity behind a request, as the handlers and the policy engine see it.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "base/arn.h"
#include "base/error.h"
#include "base/time.h"

namespace tidemill {

/// Made by wire's authentication only, for a request whose signature held; immutable after.
struct Caller {
  enum class Kind { root, user, role_session, service, anonymous };
  Kind kind = Kind::anonymous;
  Scope scope;           ///< The caller's account and the region of the credential scope.
  std::string arn;       ///< "arn:aws:iam::000000000000:user/ann", ":root", or an assumed role's.
  std::string user_id;   ///< "AIDA…", "AROA…:session", or the account id for root.
  std::string role_arn;  ///< Of a role session: the role itself.
  std::string session_policy;  ///< Of a role session: what it may do at most; may be empty.
  std::string access_key_id;
  std::string source_ip;
  std::string request_id;
  std::string endpoint;  ///< As the client addressed us: "http://127.0.0.1:4566".
  TimeMs time;           ///< When the request was received.
  /// Whether the client has hung up meanwhile; empty where nobody can tell.
  std::function<bool()> is_gone;
  /// Policy condition keys of this request ("aws:SourceIp", "s3:prefix", …), lower-cased names.
  std::map<std::string, std::string> conditions;
};

/// Whether the caller may hand the role to the service that asks (iam:PassRole).
using PassRole = std::function<Status(const Caller&, std::string_view role_arn)>;

}  // namespace tidemill
