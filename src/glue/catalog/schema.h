/// The tables of the data catalog: databases, tables with their old versions, partitions.
#pragma once

#include <array>

#include "store/store.h"

namespace tidemill::glue::catalog {

inline constexpr std::array<store::Migration, 1> migrations = {{{"catalog", 1, R"sql(
CREATE TABLE catalog_databases (
  id INTEGER PRIMARY KEY,
  account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL,
  definition TEXT NOT NULL,         -- AWS's DatabaseInput as JSON
  created_ms INTEGER NOT NULL,
  UNIQUE (account, region, name)
) STRICT;

CREATE TABLE catalog_tables (
  id INTEGER PRIMARY KEY,
  database_id INTEGER NOT NULL, name TEXT NOT NULL,
  version INTEGER NOT NULL,         -- from 0, one more with every change
  definition TEXT NOT NULL,         -- AWS's TableInput as JSON
  indexes TEXT NOT NULL,            -- AWS's PartitionIndexes as JSON
  created_by TEXT NOT NULL,
  created_ms INTEGER NOT NULL, updated_ms INTEGER NOT NULL,
  UNIQUE (database_id, name)
) STRICT;

CREATE TABLE catalog_table_versions (   -- those before the one in catalog_tables
  table_id INTEGER NOT NULL, version INTEGER NOT NULL,
  definition TEXT NOT NULL, updated_ms INTEGER NOT NULL,
  PRIMARY KEY (table_id, version)
) STRICT, WITHOUT ROWID;

CREATE TABLE catalog_partitions (
  table_id INTEGER NOT NULL,
  key TEXT NOT NULL,                -- the values as a JSON array
  definition TEXT NOT NULL,         -- AWS's PartitionInput as JSON
  created_ms INTEGER NOT NULL,
  PRIMARY KEY (table_id, key)
) STRICT, WITHOUT ROWID;
)sql"}}};

}  // namespace tidemill::glue::catalog
