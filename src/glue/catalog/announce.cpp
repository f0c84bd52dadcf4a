#include "glue/catalog/announce.h"

#include <fmt/format.h>

namespace tidemill::glue::catalog {

events::Event Announcer::event_of(const Database& database) const {
  events::Event event;
  event.time = clock_.now();
  event.id = ordered_uuid(random_, event.time);
  event.scope = database.scope;
  event.source = "aws.glue";
  return event;
}

Status Announcer::database(store::Tx& tx, const Database& database, std::string_view operation,
                           const std::vector<std::string>& tables) const {
  auto event = event_of(database);
  event.detail_type = "Glue Data Catalog Database State Change";
  for (const auto& table : tables) {
    event.resources.push_back(table_arn(database.scope, database.name, table));
  }
  if (tables.empty()) event.resources.push_back(database.arn());
  event.detail =
      json::dump(json::object{{"databaseName", database.name},
                              {"typeOfChange", operation},
                              {"changedTables", json::array(tables.begin(), tables.end())}});
  return bus_.publish(tx, event);
}

Status Announcer::table(store::Tx& tx, const Database& database, std::string_view table,
                        std::string_view operation,
                        const std::vector<PartitionValues>& partitions) const {
  auto event = event_of(database);
  event.detail_type = "Glue Data Catalog Table State Change";
  event.resources.push_back(table_arn(database.scope, database.name, table));
  json::array changed;
  for (const auto& values : partitions) {
    changed.emplace_back(fmt::format("[{}]", fmt::join(values, ", ")));
  }
  event.detail = json::dump(json::object{{"databaseName", database.name},
                                         {"changedPartitions", std::move(changed)},
                                         {"typeOfChange", operation},
                                         {"tableName", table}});
  return bus_.publish(tx, event);
}

}  // namespace tidemill::glue::catalog
