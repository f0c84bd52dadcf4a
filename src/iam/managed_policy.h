/// Managed policies: AWS's own, which are known by their ARN and can't be changed, and customers',
/// which have up to five versions. Functions over an open transaction.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "iam/entity.h"
#include "store/store.h"

namespace tidemill::iam {

struct ManagedPolicy {
  std::string account;  ///< "aws" for AWS's own.
  std::string name;
  std::string id;    ///< ANPA…
  std::string path;  ///< "/" or "/service-role/"
  std::optional<std::string> description;
  int default_version = 1, next_version = 2;
  TimeMs created, updated;

  [[nodiscard]] std::string arn() const {
    return "arn:aws:iam::" + account + ":policy" + path + name;
  }
  [[nodiscard]] Entity entity() const { return {account, "policy", name}; }
};

struct PolicyVersion {
  int number = 1;
  std::string document;
  TimeMs created;
};

/// AWS's policies that are known here, as documents of our own that allow what those do.
[[nodiscard]] std::vector<ManagedPolicy> aws_policies();

/// The document that counts now; nullopt if there is no such policy.
[[nodiscard]] Result<std::optional<std::string>> effective_document(store::Tx& tx,
                                                                    std::string_view arn);
/// Fails with NoSuchEntity. AWS's own as well.
[[nodiscard]] Result<ManagedPolicy> require_policy(store::Tx& tx, std::string_view arn);
/// The customer's, in the order of their names.
[[nodiscard]] Result<std::vector<ManagedPolicy>> customer_policies(store::Tx& tx,
                                                                   std::string_view account);
/// Its first version is `document`. Fails with EntityAlreadyExists or MalformedPolicyDocument.
[[nodiscard]] Status add_policy(store::Tx& tx, const ManagedPolicy& policy,
                                std::string_view document);
/// Fails with DeleteConflict while it is attached or has other versions than its default.
[[nodiscard]] Status remove_policy(store::Tx& tx, const ManagedPolicy& policy);

/// Newest first.
[[nodiscard]] Result<std::vector<PolicyVersion>> versions_of(store::Tx& tx,
                                                             const ManagedPolicy& policy);
/// "v3". Fails with NoSuchEntity.
[[nodiscard]] Result<PolicyVersion> require_version(store::Tx& tx, const ManagedPolicy& policy,
                                                    std::string_view id);
/// Fails with LimitExceeded above five versions.
[[nodiscard]] Result<PolicyVersion> add_version(store::Tx& tx, const ManagedPolicy& policy,
                                                std::string_view document, TimeMs now);
[[nodiscard]] Status set_default_version(store::Tx& tx, const ManagedPolicy& policy, int number);
/// Fails with DeleteConflict for the default version.
[[nodiscard]] Status remove_version(store::Tx& tx, const ManagedPolicy& policy, int number);

/// Who has it: roles and users.
[[nodiscard]] Result<std::vector<Entity>> attached_to(store::Tx& tx, std::string_view arn);

}  // namespace tidemill::iam
