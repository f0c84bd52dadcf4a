#include "glue/catalog/table.h"

#include <fmt/format.h>

#include "glue/refusal.h"

namespace tidemill::glue::catalog {
namespace {

/// Versions that are kept of a table beside the newest.
constexpr int versions_max = 100;

constexpr std::string_view columns =
    "id, database_id, name, version, definition, indexes, created_by, created_ms, updated_ms";

Table read_table(const store::Row& row) {
  auto definition = json::parse_object(row.bytes(4));
  const auto indexes = json::parse(row.bytes(5));
  TM_ASSERT(definition.has_value() && indexes.has_value());
  return {.id = row.integer(0),
          .database_id = row.integer(1),
          .name = row.text(2),
          .version = row.integer(3),
          .definition = *std::move(definition),
          .indexes = indexes->as_array(),
          .created_by = row.text(6),
          .created = {row.integer(7)},
          .updated = {row.integer(8)}};
}

/// What `table` was: a row of catalog_table_versions.
Table read_version(const Table& table, const store::Row& row) {
  auto definition = json::parse_object(row.bytes(1));
  TM_ASSERT(definition.has_value());
  auto version = table;
  version.version = row.integer(0);
  version.definition = *std::move(definition);
  version.updated = {row.integer(2)};
  return version;
}

/// The pointer of an Iceberg table; empty for other tables.
std::string_view pointer_of(const json::object& definition, std::string_view name) {
  const auto* parameters = definition.if_contains("Parameters");
  if (parameters == nullptr) return {};
  const auto& map = parameters->as_object();
  if (folded(json::text_or_empty(map, "table_type")) != "iceberg") return {};
  return json::text_or_empty(map, name);
}

/// Whether `change` was made from the table as it is. Iceberg's clients tell by the metadata file
/// that they replace, also those that send no version.
bool is_current(const Table& table, const TableChange& change) {
  if (change.version && *change.version != table.version) return false;
  const auto now = pointer_of(table.definition, "metadata_location");
  const auto replaced = pointer_of(change.definition, "previous_metadata_location");
  return now.empty() || replaced.empty() || now == replaced;
}

}  // namespace

std::vector<PartitionKey> Table::partition_keys() const {
  std::vector<PartitionKey> keys;
  const auto* given = definition.if_contains("PartitionKeys");
  if (given == nullptr) return keys;
  for (const auto& key : given->as_array()) {
    keys.push_back({std::string(json::text_or_empty(key.as_object(), "Name")),
                    std::string(json::text_or_empty(key.as_object(), "Type"))});
  }
  return keys;
}

std::string table_arn(const Scope& scope, std::string_view database, std::string_view name) {
  return make_arn("glue", scope, fmt::format("table/{}/{}", database, name));
}

Result<std::optional<Table>> find_table(store::Tx& tx, const Database& database,
                                        std::string_view name) {
  static const std::string sql =
      fmt::format("SELECT {} FROM catalog_tables WHERE database_id = $1 AND name = $2", columns);
  return tx.one(sql, read_table, database.id, folded(name));
}

Result<Table> require_table(store::Tx& tx, const Database& database, std::string_view name) {
  TM_TRY(auto found, find_table(tx, database, name));
  if (found) return *std::move(found);
  return not_found(fmt::format("Table {} not found.", name));
}

Status each_table(store::Tx& tx, const Database& database, std::string_view after,
                  const std::function<bool(Table)>& take) {
  static const std::string sql = fmt::format(
      "SELECT {} FROM catalog_tables WHERE database_id = $1 AND name > $2 ORDER BY name", columns);
  const store::RowFn row = [&](const store::Row& r) { return take(read_table(r)); };
  return tx.each(sql, row, database.id, after);
}

Status add_table(store::Tx& tx, const Table& table) {
  const auto rows = tx.exec(
      "INSERT INTO catalog_tables (database_id, name, version, definition, indexes, created_by,"
      " created_ms, updated_ms) VALUES ($1, $2, 0, $3, $4, $5, $6, $6)",
      table.database_id, table.name, json::dump(table.definition), json::dump(table.indexes),
      table.created_by, table.created.ms);
  return inserted(rows, "Table already exists.");
}

Result<bool> update_table(store::Tx& tx, const Table& table, const TableChange& change) {
  if (!is_current(table, change)) {
    if (change.definition == table.definition) return false;
    return refuse(Errc::conflict, "ConcurrentModificationException",
                  "Update table failed due to concurrent modifications.");
  }
  if (!change.skip_archive) {
    TM_CHECK(
        tx.exec("INSERT INTO catalog_table_versions (table_id, version, definition, updated_ms)"
                " VALUES ($1, $2, $3, $4)",
                table.id, table.version, json::dump(table.definition), table.updated.ms));
    TM_CHECK(tx.exec("DELETE FROM catalog_table_versions WHERE table_id = $1 AND version <= $2",
                     table.id, table.version - versions_max));
  }
  TM_CHECK(
      tx.exec("UPDATE catalog_tables SET version = version + 1, definition = $2, updated_ms = $3"
              " WHERE id = $1",
              table.id, json::dump(change.definition), change.at.ms));
  return true;
}

Status remove_table(store::Tx& tx, const Table& table) {
  TM_CHECK(tx.exec("DELETE FROM catalog_partitions WHERE table_id = $1", table.id));
  TM_CHECK(tx.exec("DELETE FROM catalog_table_versions WHERE table_id = $1", table.id));
  TM_CHECK(tx.exec("DELETE FROM catalog_tables WHERE id = $1", table.id));
  return {};
}

Result<std::optional<Table>> find_version(store::Tx& tx, const Table& table, std::int64_t version) {
  if (version == table.version) return table;
  const auto read = [&](const store::Row& row) { return read_version(table, row); };
  return tx.one(
      "SELECT version, definition, updated_ms FROM catalog_table_versions"
      " WHERE table_id = $1 AND version = $2",
      read, table.id, version);
}

Result<std::vector<Table>> versions_of(store::Tx& tx, const Table& table,
                                       std::optional<std::int64_t> before, int count) {
  std::vector<Table> versions;
  if (!before) versions.push_back(table);
  const store::RowFn add = [&](const store::Row& row) {
    versions.push_back(read_version(table, row));
    return true;
  };
  TM_CHECK(tx.each(
      "SELECT version, definition, updated_ms FROM catalog_table_versions"
      " WHERE table_id = $1 AND version < $2 ORDER BY version DESC LIMIT $3",
      add, table.id, before.value_or(table.version), count - std::int64_t(versions.size())));
  return versions;
}

}  // namespace tidemill::glue::catalog
