/// Databases of the data catalog, as the store keeps them. Functions take the open transaction.
/// (AWS: "Database API" of Glue.)
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/arn.h"
#include "base/json.h"
#include "base/time.h"
#include "store/store.h"

namespace tidemill::glue::catalog {

/// As AWS stores the names of databases and tables: in lower case (ASCII).
[[nodiscard]] std::string folded(std::string_view name);

struct Database {
  std::int64_t id = 0;
  Scope scope;
  std::string name;         ///< Folded.
  json::object definition;  ///< AWS's DatabaseInput.
  TimeMs created;

  [[nodiscard]] std::string arn() const;
};

/// arn:aws:glue:REGION:ACCOUNT:database/NAME.
[[nodiscard]] std::string database_arn(const Scope& scope, std::string_view name);

[[nodiscard]] Result<std::optional<Database>> find_database(store::Tx& tx, const Scope& scope,
                                                            std::string_view name);
/// As find_database, or EntityNotFoundException.
[[nodiscard]] Result<Database> require_database(store::Tx& tx, const Scope& scope,
                                                std::string_view name);
/// In the order of their names, those after `after`.
[[nodiscard]] Result<std::vector<Database>> list_databases(store::Tx& tx, const Scope& scope,
                                                           std::string_view after, int count);
/// Fails with AlreadyExistsException.
[[nodiscard]] Status add_database(store::Tx& tx, const Database& database);
/// Replaces its definition.
[[nodiscard]] Status update_database(store::Tx& tx, const Database& database);
/// With its tables, their partitions and its tags.
[[nodiscard]] Status remove_database(store::Tx& tx, const Database& database);
[[nodiscard]] Status reset(store::Tx& tx);

}  // namespace tidemill::glue::catalog
