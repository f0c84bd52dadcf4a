/// The policies of event buses: what PutPermission and RemovePermission write, and their part in
/// the decision on a request or a delivery, beside the policies of who asks.
/// (AWS: "Permissions for event buses in Amazon EventBridge".)
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "events/rule.h"
#include "events/target.h"
#include "iam/authority.h"
#include "store/parsed.h"

namespace tidemill::events {

inline constexpr std::size_t bus_policy_bytes_max = 10'240;  // AWS: 10 KB.

/// What PutPermission adds to a policy, where it isn't given a whole one.
struct Permission {
  std::string_view statement_id, action, principal;  ///< "*" or an account.
  struct Condition {
    std::string_view type, key, value;
  };
  std::optional<Condition> condition = {};
};

/// `policy` (may be empty) with that statement, in the place of one of the same id.
[[nodiscard]] std::string with_permission(std::string_view policy, const BusKey& bus,
                                          const Permission& permission);
/// Fails with AWS's ValidationException for what is no policy, or the policy of another bus; with
/// PolicyLengthExceededException.
[[nodiscard]] Status check_bus_policy(std::string_view policy, const BusKey& bus);

/// Owned by the server. Decides on event loops and, for deliveries, on the commit thread; what is
/// changed there counts from the commit on.
class BusPolicies final : public wire::Authorizer {
 public:
  /// `next` decides on what isn't a bus's. Both outlive it.
  BusPolicies(const iam::Authority& authority, const wire::Authorizer& next);

  /// At start.
  [[nodiscard]] Status load(store::Tx& tx);
  /// The bus has this policy from now on, or none. One that check_bus_policy takes.
  [[nodiscard]] Status save(store::Tx& tx, const BusKey& bus,
                            const std::optional<std::string>& policy);
  /// Test mode: none is left.
  [[nodiscard]] Status reset(store::Tx& tx);

  /// Of a bus, and of the rules on it.
  [[nodiscard]] Status authorize(const Caller& caller, std::string_view action,
                                 std::string_view resource) const override;

  /// Whether a bus takes what a rule or a schedule sends it: nullopt where its policy says nothing
  /// to that.
  [[nodiscard]] std::optional<RoleDecision> decide(const Delivery& delivery) const;

 private:
  const iam::Authority& authority_;
  const wire::Authorizer& next_;
  store::Parsed<iam::Policy> policies_;  ///< By the buses' ARNs.
};

/// As text, by the buses' ARNs; nullopt where the bus has none.
[[nodiscard]] Result<std::optional<std::string>> find_bus_policy(store::Tx& tx, const BusKey& bus);

}  // namespace tidemill::events
