/// Dashboards: kept as they are given, once their body is one. An account's, of all regions. What
/// changes them runs on the commit thread.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/time.h"
#include "metrics/alarm.h"
#include "store/store.h"

namespace tidemill::metrics {

struct Dashboard {
  std::string name, body;
  TimeMs modified;
};

struct DashboardKey {
  std::string account, name;
};
/// nullopt if `arn` is no dashboard's.
[[nodiscard]] std::optional<DashboardKey> dashboard_key(std::string_view arn);

/// Something about a body, at a place as a JSON pointer ("/widgets/0").
struct DashboardMessage {
  std::string path, message;
};

/// "arn:aws:cloudwatch::ACCOUNT:dashboard/NAME"
[[nodiscard]] std::string dashboard_arn(std::string_view account, std::string_view name);
/// Fails with InvalidParameterValueException.
[[nodiscard]] Status check_dashboard_name(std::string_view name);
/// What is doubtful about it. Fails with DashboardInvalidInputError if it can't be a dashboard's.
[[nodiscard]] Result<std::vector<DashboardMessage>> check_dashboard_body(std::string_view body);

/// The tags are those of a new one: one that is there already keeps its own.
[[nodiscard]] Status put_dashboard(store::Tx& tx, std::string_view account,
                                   const Dashboard& dashboard, const Tags& tags);
/// Fails with DashboardNotFoundError.
[[nodiscard]] Result<Dashboard> get_dashboard(store::Tx& tx, std::string_view account,
                                              std::string_view name);
struct DashboardQuery {
  std::string account, prefix;
  std::string after;  ///< The name at which the page before ended.
  int count = 0;
};
/// By name.
[[nodiscard]] Result<std::vector<Dashboard>> list_dashboards(store::Tx& tx,
                                                             const DashboardQuery& query);
/// Fails with DashboardNotFoundError if one of them isn't there; then none is deleted.
[[nodiscard]] Status delete_dashboards(store::Tx& tx, std::string_view account,
                                       std::span<const std::string> names);
/// Fails with ResourceNotFoundException.
[[nodiscard]] Status tag_dashboard(store::Tx& tx, const DashboardKey& key, const Tags& given);
[[nodiscard]] Status untag_dashboard(store::Tx& tx, const DashboardKey& key,
                                     std::span<const std::string> keys);
[[nodiscard]] Result<Tags> dashboard_tags(store::Tx& tx, const DashboardKey& key);
/// Test mode: forgets them all.
[[nodiscard]] Status reset_dashboards(store::Tx& tx);

}  // namespace tidemill::metrics
