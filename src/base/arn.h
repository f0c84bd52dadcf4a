/// Amazon Resource Names: arn:partition:service:region:account:resource.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tidemill {

/// Where a resource lives: every key of ours starts with these two.
struct Scope {
  std::string account;  ///< Twelve digits.
  std::string region;   ///< "us-east-1".
  bool operator==(const Scope&) const = default;
};

struct Arn {
  std::string partition, service, region, account;
  std::string resource;  ///< All after the fifth colon, e.g. "job/sales-etl-dev".

  /// nullopt unless `text` has six parts, the first is "arn" and service and resource aren't empty.
  static std::optional<Arn> parse(std::string_view text);
  [[nodiscard]] std::string text() const;
  bool operator==(const Arn&) const = default;
};

/// arn:aws:SERVICE:REGION:ACCOUNT:RESOURCE in `scope`.
[[nodiscard]] std::string make_arn(std::string_view service, const Scope& scope,
                                   std::string_view resource);

}  // namespace tidemill
