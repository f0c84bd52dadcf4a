/// The settings of buckets that requests need without asking the database. Owned by the server.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "iam/policy.h"
#include "s3/cors.h"
#include "s3/lifecycle.h"
#include "s3/parsed_setting.h"
#include "s3/request_filters.h"

namespace tidemill::s3 {

constexpr std::string_view policy_setting = "policy";

struct ParsedSettings {
  ParsedSettings();

  ParsedSetting<iam::Policy> policies;
  ParsedSetting<Lifecycle> lifecycles;
  ParsedSetting<Cors> cors;
  ParsedSetting<RequestFilters> metrics;

  /// Reads them of all buckets, at start.
  [[nodiscard]] Status load(store::Tx& tx);
  /// When `tx` is committed, the bucket has this for the setting `name`, or nothing. Fails as the
  /// parser does; does nothing for any other setting.
  [[nodiscard]] Status change(store::Tx& tx, const std::string& bucket, std::string_view name,
                              const std::optional<std::string>& text);
  /// When `tx` is committed, the bucket has none of them.
  [[nodiscard]] Status forget(store::Tx& tx, const std::string& bucket);
  /// Test mode: all are gone when `tx` is committed.
  void reset(store::Tx& tx);
};

}  // namespace tidemill::s3
