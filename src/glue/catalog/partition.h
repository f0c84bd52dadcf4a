/// Partitions of tables of the data catalog, as the store keeps them. Functions take the open
/// transaction. (AWS: "Partition API" of Glue.)
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "glue/catalog/table.h"

namespace tidemill::glue::catalog {

using PartitionValues = std::vector<std::string>;

struct Partition {
  PartitionValues values;   ///< One for each partition key of the table.
  json::object definition;  ///< AWS's PartitionInput.
  TimeMs created;
};

/// The values as one text, by which partitions are ordered; and back (empty for what isn't one).
[[nodiscard]] std::string key_of(const PartitionValues& values);
[[nodiscard]] std::optional<PartitionValues> values_of(std::string_view key);

/// Fails with InvalidInputException where there isn't a value for each partition key.
[[nodiscard]] Status check_values(const Table& table, const PartitionValues& values);

[[nodiscard]] Result<std::optional<Partition>> find_partition(store::Tx& tx, const Table& table,
                                                              const PartitionValues& values);
/// As find_partition, or EntityNotFoundException.
[[nodiscard]] Result<Partition> require_partition(store::Tx& tx, const Table& table,
                                                  const PartitionValues& values);
/// In the order of their keys, those after `after`, until `take` says no.
[[nodiscard]] Status each_partition(store::Tx& tx, const Table& table, std::string_view after,
                                    const std::function<bool(Partition)>& take);
/// Fails with AlreadyExistsException.
[[nodiscard]] Status add_partition(store::Tx& tx, const Table& table, const Partition& partition);
/// Replaces the one of `values`, by others where `partition` has such. Fails as require_partition
/// and add_partition.
[[nodiscard]] Status update_partition(store::Tx& tx, const Table& table,
                                      const PartitionValues& values, const Partition& partition);
/// Fails as require_partition.
[[nodiscard]] Status remove_partition(store::Tx& tx, const Table& table,
                                      const PartitionValues& values);

}  // namespace tidemill::glue::catalog
