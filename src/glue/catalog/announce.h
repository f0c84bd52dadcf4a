/// What the data catalog tells EventBridge: "Glue Data Catalog Database State Change" of databases
/// and of tables that come and go, "Glue Data Catalog Table State Change" of tables and their
/// partitions, each in the transaction that makes the change. On the commit thread.
/// (AWS: "Automating AWS Glue with EventBridge".)
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "events/bus.h"
#include "glue/catalog/partition.h"

namespace tidemill::glue::catalog {

class Announcer {
 public:
  /// All outlive it.
  Announcer(events::Bus& bus, const Clock& clock, Random& random)
      : bus_(bus), clock_(clock), random_(random) {}

  /// `operation`: AWS's name, "CreateTable"; `tables`: those that it concerns.
  [[nodiscard]] Status database(store::Tx& tx, const Database& database, std::string_view operation,
                                const std::vector<std::string>& tables) const;
  [[nodiscard]] Status table(store::Tx& tx, const Database& database, std::string_view table,
                             std::string_view operation,
                             const std::vector<PartitionValues>& partitions) const;

 private:
  [[nodiscard]] events::Event event_of(const Database& database) const;

  events::Bus& bus_;
  const Clock& clock_;
  Random& random_;
};

}  // namespace tidemill::glue::catalog
