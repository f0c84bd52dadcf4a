/// Who a key belongs to and what it may do. Decides from an immutable snapshot of the roles and
/// policies, which is replaced after each commit that changes them; so any thread may ask.
#pragma once

#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "iam/policy.h"
#include "store/store.h"
#include "wire/auth.h"

namespace tidemill::iam {

struct AuthorityOptions {
  std::string account = "000000000000";
  std::string admin_access_key_id;
  Secret admin_secret;
  Secret session_key;      ///< Signs session tokens and derives their secrets.
  bool test_mode = false;  ///< Everything is allowed.
};

/// A decision on a role that a service is to act as.
struct Decision {
  bool allowed = false;
  std::string code;  ///< EventBridge's: FAILED_TO_ASSUME_ROLE or NO_PERMISSIONS.
  std::string reason;
};

struct SessionCredentials {
  std::string access_key_id;
  Secret secret;
  std::string session_token;
  TimeMs expiration;
};

/// A role as decisions need it.
struct RoleFacts {
  std::string arn, id;
  Policy trust;
  std::vector<Policy> policies;
};

class Authority final : public wire::Keyring, public wire::Authorizer {
 public:
  explicit Authority(AuthorityOptions options);

  /// Reads all roles of `tx` into a new snapshot: at once at start, else when `tx` is committed.
  [[nodiscard]] Status load(store::Tx& tx);
  [[nodiscard]] Status refresh(store::Tx& tx);

  [[nodiscard]] Result<wire::Credential> find(std::string_view access_key_id,
                                              std::string_view session_token,
                                              TimeMs now) const override;
  [[nodiscard]] Status authorize(const Caller& caller, std::string_view action,
                                 std::string_view resource) const override;

  /// Whether `service` ("events.amazonaws.com") may act as the role, and the role do `action`.
  [[nodiscard]] Decision decide_role(std::string_view role_arn, std::string_view service,
                                     std::string_view action, std::string_view resource,
                                     const Conditions& conditions) const;

  /// Temporary keys of a role. Nothing is stored: the token says it all and is signed.
  [[nodiscard]] Result<SessionCredentials> session_for_role(std::string_view role_arn,
                                                            std::string_view session_name,
                                                            TimeMs expiration) const;

  [[nodiscard]] const AuthorityOptions& options() const noexcept { return options_; }

 private:
  using Snapshot = std::map<std::string, RoleFacts, std::less<>>;
  [[nodiscard]] Result<std::shared_ptr<const Snapshot>> read(store::Tx& tx) const;
  [[nodiscard]] Result<wire::Credential> find_session(std::string_view access_key_id,
                                                      std::string_view session_token,
                                                      TimeMs now) const;
  [[nodiscard]] std::string session_secret(std::string_view access_key_id) const;
  [[nodiscard]] std::string sign_token(std::string_view payload) const;
  [[nodiscard]] static Policy::Effect evaluate(const RoleFacts& role, const Question& question);

  const AuthorityOptions options_;
  std::atomic<std::shared_ptr<const Snapshot>> roles_;
};

}  // namespace tidemill::iam
