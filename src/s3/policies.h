/// The policies of buckets in the decision on a request: asked in front of the authority, which
/// weighs a bucket's policy against the caller's own. Owned by the server; decides on event loops.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "iam/authority.h"
#include "s3/parsed_setting.h"
#include "store/store.h"

namespace tidemill::s3 {

class BucketPolicies final : public wire::Authorizer {
 public:
  /// The name under which a bucket's policy is among its settings.
  static constexpr std::string_view setting = "policy";

  explicit BucketPolicies(const iam::Authority& authority);

  /// Of each bucket.
  [[nodiscard]] ParsedSetting<iam::Policy>& policies() { return policies_; }

  [[nodiscard]] Status authorize(const Caller& caller, std::string_view action,
                                 std::string_view resource) const override;

 private:
  const iam::Authority& authority_;
  ParsedSetting<iam::Policy> policies_;
};

}  // namespace tidemill::s3
