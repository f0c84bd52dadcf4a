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

/// A role or a user as decisions need it.
struct PrincipalFacts {
  std::string arn, id;
  Policy trust;  ///< Of a role.
  std::vector<Policy> policies;
};

/// Whose session, and what it may do at most.
struct SessionOrder {
  std::string_view role_arn, name;
  TimeMs expiration;
  std::string_view policy = {};  ///< A document; empty: all that the role may.
};

class Authority final : public wire::Keyring, public wire::Authorizer {
 public:
  explicit Authority(AuthorityOptions options);

  /// Reads all roles and users of `tx` into a new snapshot: at once at start, else when `tx` is
  /// committed.
  [[nodiscard]] Status load(store::Tx& tx);
  [[nodiscard]] Status refresh(store::Tx& tx);

  [[nodiscard]] Result<wire::Credential> find(std::string_view access_key_id,
                                              std::string_view session_token,
                                              TimeMs now) const override;
  [[nodiscard]] Status authorize(const Caller& caller, std::string_view action,
                                 std::string_view resource) const override;

  /// As above for a resource with a policy of its own: that or the caller's own may allow it, each
  /// may deny it. A caller of another account than the resource's needs both.
  [[nodiscard]] Status authorize(const Caller& caller, std::string_view action,
                                 std::string_view resource, const Policy& policy) const;
  /// Whether the resource's own policy lets a service act on it, say for a rule that `conditions`
  /// name (aws:SourceArn).
  [[nodiscard]] bool service_may(std::string_view service, const Question& asked,
                                 const Policy& policy) const;

  /// Whether `service` ("events.amazonaws.com") may act as the role, and the role do `action`.
  [[nodiscard]] Decision decide_role(std::string_view role_arn, std::string_view service,
                                     std::string_view action, std::string_view resource,
                                     const Conditions& conditions) const;

  /// Whether `service` may act as the role. Fails with access_denied, naming both.
  [[nodiscard]] Status may_assume(std::string_view role_arn, std::string_view service) const;
  /// Whether `caller` may act as the role (sts:AssumeRole): the trust policy names it, or names
  /// its account and its own policies allow it. Gives the role's id.
  [[nodiscard]] Result<std::string> assume(const Caller& caller, std::string_view role_arn) const;

  /// Temporary keys of a role. Nothing is stored: the token says it all and is signed.
  [[nodiscard]] SessionCredentials session_for_role(const SessionOrder& order) const;

  [[nodiscard]] const AuthorityOptions& options() const noexcept { return options_; }

 private:
  struct KeyFacts {
    Secret secret;
    bool active = true;
    Caller identity;
  };
  struct Snapshot {
    std::map<std::string, PrincipalFacts, std::less<>> principals;  ///< By ARN.
    std::map<std::string, KeyFacts, std::less<>> keys;              ///< Users', by id.
  };
  [[nodiscard]] static Status read_roles(store::Tx& tx, Snapshot& snapshot);
  [[nodiscard]] static Status read_users(store::Tx& tx, Snapshot& snapshot);
  [[nodiscard]] static Result<std::shared_ptr<const Snapshot>> read(store::Tx& tx);
  [[nodiscard]] Result<wire::Credential> find_session(std::string_view access_key_id,
                                                      std::string_view session_token,
                                                      TimeMs now) const;
  [[nodiscard]] std::string session_secret(std::string_view access_key_id) const;
  [[nodiscard]] std::string sign_token(std::string_view payload) const;
  [[nodiscard]] static Policy::Effect evaluate(const PrincipalFacts& who, const Question& question);
  /// By the caller's own policies.
  [[nodiscard]] Result<Policy::Effect> evaluate(const Caller& caller, std::string_view action,
                                                std::string_view resource) const;

  const AuthorityOptions options_;
  std::atomic<std::shared_ptr<const Snapshot>> snapshot_;
};

}  // namespace tidemill::iam
