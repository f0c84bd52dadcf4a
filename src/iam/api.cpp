#include "iam/api.h"

namespace tidemill::iam {

void Api::register_with(wire::Router& router) {
  register_roles(router);
  register_users(router);
  register_groups(router);
  register_profiles(router);
  register_policies(router);
  register_sts(router);
}

}  // namespace tidemill::iam
