/// AWS's managed policies that a data platform attaches: what each allows, as the AWS Managed
/// Policy Reference describes it, written down in our own form.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace tidemill::iam {

struct AwsPolicy {
  std::string_view path, name;
  /// Allowances: blank-separated actions, and the resources that they hold for.
  struct Allowance {
    std::string_view actions, resources;
  };
  std::span<const Allowance> allows;

  /// As a policy document.
  [[nodiscard]] std::string document() const;
};

[[nodiscard]] std::span<const AwsPolicy> aws_policy_table() noexcept;

}  // namespace tidemill::iam
