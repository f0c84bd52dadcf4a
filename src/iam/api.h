/// IAM's and STS's operations: each maps a request to the roles of this folder. Made once by the
/// server; called on event loops.
#pragma once

#include "base/caller.h"
#include "base/random.h"
#include "iam/authority.h"
#include "iam/role.h"
#include "wire/gen/iam.h"
#include "wire/gen/sts.h"
#include "wire/router.h"

namespace tidemill::iam {

namespace w = wire::iam;
namespace ws = wire::sts;

class Api {
 public:
  Api(store::Store& store, Authority& authority, const Clock& clock, Random& random)
      : store_(store), authority_(authority), clock_(clock), random_(random) {}

  void register_with(wire::Router& router);

  Task<Result<w::CreateRoleResponse>> create_role(const Caller& caller,
                                                  w::CreateRoleRequest request);
  Task<Result<w::GetRoleResponse>> get_role(const Caller& caller, w::GetRoleRequest request);
  Task<Result<w::ListRolesResponse>> list_roles(const Caller& caller, w::ListRolesRequest request);
  Task<Result<wire::Empty>> delete_role(const Caller& caller, w::DeleteRoleRequest request);
  Task<Result<wire::Empty>> update_trust(const Caller& caller,
                                         w::UpdateAssumeRolePolicyRequest request);

  Task<Result<wire::Empty>> put_policy(const Caller& caller, w::PutRolePolicyRequest request);
  Task<Result<w::GetRolePolicyResponse>> get_policy(const Caller& caller,
                                                    w::GetRolePolicyRequest request);
  Task<Result<w::ListRolePoliciesResponse>> list_policies(const Caller& caller,
                                                          w::ListRolePoliciesRequest request);
  Task<Result<wire::Empty>> delete_policy(const Caller& caller, w::DeleteRolePolicyRequest request);

  Task<Result<ws::GetCallerIdentityResponse>> who_am_i(const Caller& caller,
                                                       ws::GetCallerIdentityRequest request);

 private:
  /// Runs `change` on the role in a write, and refreshes what decisions are made from.
  template <class Change>
  Task<Result<wire::Empty>> change_role(const Caller& caller, const std::string& name,
                                        Change change);

  store::Store& store_;
  Authority& authority_;
  const Clock& clock_;
  Random& random_;
};

}  // namespace tidemill::iam
