#include "s3/policies.h"

namespace tidemill::s3 {
namespace {

constexpr std::string_view arn_prefix = "arn:aws:s3:::";

Result<std::shared_ptr<const iam::Policy>> parse(std::string_view document) {
  TM_TRY(auto policy, iam::Policy::parse(document, iam::Policy::Kind::resource));
  return std::make_shared<const iam::Policy>(std::move(policy));
}

}  // namespace

Status BucketPolicies::load(store::Tx& tx) {
  Policies all;
  Status parsed;
  const auto take = [&](const store::Row& row) {
    auto policy = parse(row.bytes(1));
    if (!policy) {
      parsed = std::unexpected(policy.error());
      return false;
    }
    all.emplace(row.text(0), *std::move(policy));
    return true;
  };
  TM_CHECK(
      tx.each("SELECT b.name, s.value FROM bucket_settings s JOIN buckets b ON b.id = s.bucket"
              " WHERE s.name = $1",
              take, setting));
  TM_CHECK(parsed);
  snapshot_.store(std::make_shared<const Policies>(std::move(all)));
  return {};
}

Status BucketPolicies::change(store::Tx& tx, const std::string& bucket,
                              const std::optional<std::string>& document) {
  std::shared_ptr<const iam::Policy> policy;
  if (document) {
    TM_TRY(policy, parse(*document));
  }
  // Commits are one after another, on one thread.
  tx.on_commit([this, bucket, policy = std::move(policy)] {
    const auto before = snapshot_.load();
    if (!policy && !before->contains(bucket)) return;
    auto after = *before;
    if (policy) {
      after.insert_or_assign(bucket, policy);
    } else {
      after.erase(bucket);
    }
    snapshot_.store(std::make_shared<const Policies>(std::move(after)));
  });
  return {};
}

void BucketPolicies::reset(store::Tx& tx) {
  tx.on_commit([this] { snapshot_.store(std::make_shared<const Policies>()); });
}

Status BucketPolicies::authorize(const Caller& caller, std::string_view action,
                                 std::string_view resource) const {
  if (!resource.starts_with(arn_prefix)) return authority_.authorize(caller, action, resource);
  const auto policies = snapshot_.load();
  const auto rest = resource.substr(arn_prefix.size());
  const auto found =
      policies->empty() ? policies->end() : policies->find(rest.substr(0, rest.find('/')));
  if (found == policies->end()) return authority_.authorize(caller, action, resource);
  return authority_.authorize(caller, action, resource, *found->second);
}

}  // namespace tidemill::s3
