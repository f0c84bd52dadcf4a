#include "s3/policies.h"

namespace tidemill::s3 {
namespace {

constexpr std::string_view arn_prefix = "arn:aws:s3:::";

}  // namespace

Status BucketPolicies::authorize(const Caller& caller, std::string_view action,
                                 std::string_view resource) const {
  if (!resource.starts_with(arn_prefix)) return authority_.authorize(caller, action, resource);
  const auto rest = resource.substr(arn_prefix.size());
  const auto policy = policies_.find(rest.substr(0, rest.find('/')));
  if (!policy) return authority_.authorize(caller, action, resource);
  return authority_.authorize(caller, action, resource, *policy);
}

}  // namespace tidemill::s3
