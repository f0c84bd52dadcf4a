/// The policies of buckets in the decision on a request: asked in front of the authority, which
/// weighs a bucket's policy against the caller's own. Owned by the server; decides on event loops
/// from a snapshot that is replaced after each commit that changes one.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "iam/authority.h"
#include "store/store.h"

namespace tidemill::s3 {

class BucketPolicies final : public wire::Authorizer {
 public:
  /// The name under which a bucket's policy is among its settings.
  static constexpr std::string_view setting = "policy";

  explicit BucketPolicies(const iam::Authority& authority) : authority_(authority) {}

  /// Reads all of them, at start.
  [[nodiscard]] Status load(store::Tx& tx);
  /// When `tx` is committed, the bucket has this policy, or none. Fails as Policy::parse does.
  [[nodiscard]] Status change(store::Tx& tx, const std::string& bucket,
                              const std::optional<std::string>& document);
  /// Test mode: all are gone when `tx` is committed.
  void reset(store::Tx& tx);

  [[nodiscard]] Status authorize(const Caller& caller, std::string_view action,
                                 std::string_view resource) const override;

 private:
  using Policies = std::map<std::string, std::shared_ptr<const iam::Policy>, std::less<>>;

  const iam::Authority& authority_;
  std::atomic<std::shared_ptr<const Policies>> snapshot_ = std::make_shared<const Policies>();
};

}  // namespace tidemill::s3
