/// Tables of the data catalog, as the store keeps them. A change that names the version it was
/// made from takes effect only if that is still the newest: two writers of a table (Iceberg's
/// commits) can't overwrite each other. Functions take the open transaction.
/// (AWS: "Table API" of Glue.)
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "glue/catalog/database.h"
#include "glue/catalog/expression.h"

namespace tidemill::glue::catalog {

struct Table {
  std::int64_t id = 0, database_id = 0;
  std::string name;  ///< Folded.
  std::int64_t version = 0;
  json::object definition;  ///< AWS's TableInput.
  json::array indexes;      ///< AWS's PartitionIndexes.
  std::string created_by;   ///< An ARN.
  TimeMs created, updated;

  [[nodiscard]] std::vector<PartitionKey> partition_keys() const;
};

/// arn:aws:glue:REGION:ACCOUNT:table/DATABASE/NAME.
[[nodiscard]] std::string table_arn(const Scope& scope, std::string_view database,
                                    std::string_view name);

[[nodiscard]] Result<std::optional<Table>> find_table(store::Tx& tx, const Database& database,
                                                      std::string_view name);
/// As find_table, or EntityNotFoundException.
[[nodiscard]] Result<Table> require_table(store::Tx& tx, const Database& database,
                                          std::string_view name);
/// In the order of their names, those after `after`, until `take` says no.
[[nodiscard]] Status each_table(store::Tx& tx, const Database& database, std::string_view after,
                                const std::function<bool(Table)>& take);
/// Fails with AlreadyExistsException.
[[nodiscard]] Status add_table(store::Tx& tx, const Table& table);

struct TableChange {
  json::object definition;              ///< The whole TableInput.
  std::optional<std::int64_t> version;  ///< That it was made from; nullopt: whatever it is.
  bool skip_archive = false;
  TimeMs at;
};
/// False where that is what the table is already: an answer was lost, and the client asks again.
/// Fails with ConcurrentModificationException.
[[nodiscard]] Result<bool> update_table(store::Tx& tx, const Table& table,
                                        const TableChange& change);
[[nodiscard]] Status remove_table(store::Tx& tx, const Table& table);

/// The table as it was in that version; nullopt where it isn't kept: the newest 100 are.
[[nodiscard]] Result<std::optional<Table>> find_version(store::Tx& tx, const Table& table,
                                                        std::int64_t version);
/// The newest first, `table` itself above all, those before `before` (nullopt: all).
[[nodiscard]] Result<std::vector<Table>> versions_of(store::Tx& tx, const Table& table,
                                                     std::optional<std::int64_t> before, int count);

}  // namespace tidemill::glue::catalog
