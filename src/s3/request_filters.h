/// A bucket's metrics configurations, as its requests are counted by them. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/arn.h"
#include "s3/object.h"

namespace tidemill::s3 {

struct RequestFilter {
  std::string id;      ///< The dimension FilterId.
  std::string prefix;  ///< Of the request's key.
  Texts tags;          ///< All of them are the object's.

  /// An empty key: the request is about the bucket.
  [[nodiscard]] bool takes(std::string_view key) const {
    return key.starts_with(prefix) && (!key.empty() || tags.empty());
  }
  [[nodiscard]] bool takes_tags(const Texts& given) const;
};

struct RequestFilters {
  Scope scope;  ///< The bucket's: where its metrics are.
  std::vector<RequestFilter> all;

  /// Of the setting's text: ListBucketMetricsConfigurations' answer as JSON, with the bucket's
  /// Account and Region.
  [[nodiscard]] static Result<RequestFilters> parse(std::string_view text);
};

constexpr std::string_view metrics_setting = "metrics";

/// "GetRequests" and its like, for what a request is; empty: only AllRequests counts it.
[[nodiscard]] std::string_view request_metric(std::string_view method, std::string_view operation,
                                              bool has_key);

}  // namespace tidemill::s3
