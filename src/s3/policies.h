/// The policies of buckets in the decision on a request: asked in front of the authority, which
/// weighs a bucket's policy against the caller's own. Owned by the server; decides on event loops.
#pragma once

#include <string_view>

#include "iam/authority.h"
#include "s3/parsed_setting.h"

namespace tidemill::s3 {

class BucketPolicies final : public wire::Authorizer {
 public:
  /// `policies` of all buckets. Both outlive it.
  BucketPolicies(const iam::Authority& authority, const ParsedSetting<iam::Policy>& policies)
      : authority_(authority), policies_(policies) {}

  [[nodiscard]] Status authorize(const Caller& caller, std::string_view action,
                                 std::string_view resource) const override;

 private:
  const iam::Authority& authority_;
  const ParsedSetting<iam::Policy>& policies_;
};

}  // namespace tidemill::s3
