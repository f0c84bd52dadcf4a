/// API destinations: HTTP endpoints as targets of rules, kept as rows. Functions take the open
/// transaction. (AWS: "API destinations as targets in Amazon EventBridge".)
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/arn.h"
#include "base/time.h"
#include "store/store.h"

namespace tidemill::events {

struct ApiDestination {
  static constexpr int rate_max = 300;  ///< Also the default. Invocations a second.

  std::int64_t id = 0;
  Scope scope;
  std::string name, uuid;
  std::optional<std::string> description;
  std::string connection_arn;
  std::string endpoint;  ///< May have "*" in its path, for PathParameterValues.
  std::string method;
  int rate = rate_max;
  TimeMs created, modified;

  [[nodiscard]] std::string arn() const;
};

[[nodiscard]] Result<std::optional<ApiDestination>> find_api_destination(store::Tx& tx,
                                                                         const Scope& scope,
                                                                         std::string_view name);
/// By its whole ARN.
[[nodiscard]] Result<std::optional<ApiDestination>> find_api_destination(store::Tx& tx,
                                                                         std::string_view arn);
/// In the order of their names.
[[nodiscard]] Result<std::vector<ApiDestination>> list_api_destinations(store::Tx& tx,
                                                                        const Scope& scope);
/// Fails with already_exists.
[[nodiscard]] Status insert_api_destination(store::Tx& tx, const ApiDestination& destination);
[[nodiscard]] Status update_api_destination(store::Tx& tx, const ApiDestination& destination);
[[nodiscard]] Status remove_api_destination(store::Tx& tx, const ApiDestination& destination);

}  // namespace tidemill::events
