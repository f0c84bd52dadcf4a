#include "glue/catalog/partition.h"

#include <fmt/format.h>

#include "glue/refusal.h"

namespace tidemill::glue::catalog {
namespace {

Partition read_partition(const store::Row& row) {
  auto values = values_of(row.bytes(0));
  auto definition = json::parse_object(row.bytes(1));
  TM_ASSERT(values.has_value() && definition.has_value());
  return {.values = *std::move(values),
          .definition = *std::move(definition),
          .created = {row.integer(2)}};
}

std::unexpected<Error> no_partition() { return not_found("Cannot find partition."); }

}  // namespace

std::string key_of(const PartitionValues& values) {
  return json::dump(json::array(values.begin(), values.end()));
}

std::optional<PartitionValues> values_of(std::string_view key) {
  const auto parsed = json::parse(key);
  if (!parsed || !parsed->is_array()) return std::nullopt;
  PartitionValues values;
  for (const auto& value : parsed->get_array()) {
    if (!value.is_string()) return std::nullopt;
    values.emplace_back(json::view(value.get_string()));
  }
  return values;
}

Status check_values(const Table& table, const PartitionValues& values) {
  const auto keys = table.partition_keys().size();
  if (keys == values.size()) return {};
  return invalid_input(
      fmt::format("The number of partition keys do not match the number of partition values: table "
                  "{} has {}, {} are given.",
                  table.name, keys, values.size()));
}

Result<std::optional<Partition>> find_partition(store::Tx& tx, const Table& table,
                                                const PartitionValues& values) {
  return tx.one(
      "SELECT key, definition, created_ms FROM catalog_partitions WHERE table_id = $1 AND key = $2",
      read_partition, table.id, key_of(values));
}

Result<Partition> require_partition(store::Tx& tx, const Table& table,
                                    const PartitionValues& values) {
  TM_TRY(auto found, find_partition(tx, table, values));
  if (!found) return no_partition();
  return *std::move(found);
}

Status each_partition(store::Tx& tx, const Table& table, std::string_view after,
                      const std::function<bool(Partition)>& take) {
  const store::RowFn row = [&](const store::Row& r) { return take(read_partition(r)); };
  return tx.each(
      "SELECT key, definition, created_ms FROM catalog_partitions WHERE table_id = $1"
      " AND key > $2 ORDER BY key",
      row, table.id, after);
}

Status add_partition(store::Tx& tx, const Table& table, const Partition& partition) {
  TM_CHECK(check_values(table, partition.values));
  TM_TRY(const auto added,
         tx.exec("INSERT INTO catalog_partitions (table_id, key, definition, created_ms)"
                 " VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
                 table.id, key_of(partition.values), json::dump(partition.definition),
                 partition.created.ms));
  if (added > 0) return {};
  return refuse(Errc::already_exists, "AlreadyExistsException", "Partition already exists.");
}

Status update_partition(store::Tx& tx, const Table& table, const PartitionValues& values,
                        const Partition& partition) {
  TM_TRY(auto old, require_partition(tx, table, values));
  TM_CHECK(remove_partition(tx, table, values));
  Partition changed = partition;
  changed.created = old.created;
  return add_partition(tx, table, changed);
}

Status remove_partition(store::Tx& tx, const Table& table, const PartitionValues& values) {
  TM_TRY(const auto removed,
         tx.exec("DELETE FROM catalog_partitions WHERE table_id = $1 AND key = $2", table.id,
                 key_of(values)));
  if (removed == 0) return no_partition();
  return {};
}

}  // namespace tidemill::glue::catalog
