#include "glue/catalog/database.h"

#include <fmt/format.h>

#include "base/encoding.h"
#include "glue/refusal.h"
#include "glue/tags.h"

namespace tidemill::glue::catalog {
namespace {

constexpr std::string_view columns = "id, account, region, name, definition, created_ms";

Database read_database(const store::Row& row) {
  auto definition = json::parse_object(row.bytes(4));
  TM_ASSERT(definition.has_value());
  return {.id = row.integer(0),
          .scope = {row.text(1), row.text(2)},
          .name = row.text(3),
          .definition = *std::move(definition),
          .created = {row.integer(5)}};
}

}  // namespace

std::string folded(std::string_view name) { return to_lower(name); }

std::string database_arn(const Scope& scope, std::string_view name) {
  return make_arn("glue", scope, fmt::format("database/{}", name));
}

std::string Database::arn() const { return database_arn(scope, name); }

Result<std::optional<Database>> find_database(store::Tx& tx, const Scope& scope,
                                              std::string_view name) {
  static const std::string sql = fmt::format(
      "SELECT {} FROM catalog_databases WHERE account = $1 AND region = $2 AND name = $3", columns);
  return tx.one(sql, read_database, scope.account, scope.region, folded(name));
}

Result<Database> require_database(store::Tx& tx, const Scope& scope, std::string_view name) {
  TM_TRY(auto found, find_database(tx, scope, name));
  if (found) return *std::move(found);
  return not_found(fmt::format("Database {} not found.", name));
}

Result<std::vector<Database>> list_databases(store::Tx& tx, const Scope& scope,
                                             std::string_view after, int count) {
  static const std::string sql = fmt::format(
      "SELECT {} FROM catalog_databases WHERE account = $1 AND region = $2 AND name > $3"
      " ORDER BY name LIMIT $4",
      columns);
  return tx.all(sql, read_database, scope.account, scope.region, after, count);
}

Status add_database(store::Tx& tx, const Database& database) {
  const auto rows = tx.exec(
      "INSERT INTO catalog_databases (account, region, name, definition, created_ms)"
      " VALUES ($1, $2, $3, $4, $5)",
      database.scope.account, database.scope.region, database.name, json::dump(database.definition),
      database.created.ms);
  return inserted(rows, "Database already exists.");
}

Status update_database(store::Tx& tx, const Database& database) {
  TM_CHECK(tx.exec("UPDATE catalog_databases SET definition = $2 WHERE id = $1", database.id,
                   json::dump(database.definition)));
  return {};
}

Status remove_database(store::Tx& tx, const Database& database) {
  for (const auto* table : {"catalog_partitions", "catalog_table_versions"}) {
    TM_CHECK(tx.exec(fmt::format("DELETE FROM {} WHERE table_id IN"
                                 " (SELECT id FROM catalog_tables WHERE database_id = $1)",
                                 table),
                     database.id));
  }
  TM_CHECK(tx.exec("DELETE FROM catalog_tables WHERE database_id = $1", database.id));
  TM_CHECK(remove_tags(tx, database.arn()));
  TM_CHECK(tx.exec("DELETE FROM catalog_databases WHERE id = $1", database.id));
  return {};
}

Status reset(store::Tx& tx) {
  for (const auto* table :
       {"catalog_partitions", "catalog_table_versions", "catalog_tables", "catalog_databases"}) {
    TM_CHECK(tx.exec(fmt::format("DELETE FROM {}", table)));
  }
  return {};
}

}  // namespace tidemill::glue::catalog
