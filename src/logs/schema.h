/// The tables of the logs' own database, logs.db: groups, streams, their events, and how far others
/// have projected into them.
#pragma once

#include <array>

#include "store/store.h"

namespace tidemill::logs {

inline constexpr std::array<store::Migration, 2> migrations = {{{"logs", 1, R"sql(
CREATE TABLE log_groups (
  id INTEGER PRIMARY KEY,           -- from log_sequence: never used twice
  account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL,
  class TEXT NOT NULL, kms_key TEXT, is_protected INTEGER NOT NULL,
  retention_days INTEGER,
  created_ms INTEGER NOT NULL,
  stored_bytes INTEGER NOT NULL,    -- messages and 26 bytes for each
  UNIQUE (account, region, name)
) STRICT;

CREATE TABLE log_tags (
  log_group INTEGER NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL,
  PRIMARY KEY (log_group, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE log_streams (
  id INTEGER PRIMARY KEY,           -- from log_sequence
  log_group INTEGER NOT NULL, name TEXT NOT NULL,
  created_ms INTEGER NOT NULL,
  first_ms INTEGER,                 -- of its earliest event
  last_ms INTEGER NOT NULL,         -- of its latest event, -1 without any
  ingested_ms INTEGER,
  UNIQUE (log_group, name)
) STRICT;
CREATE INDEX log_streams_latest ON log_streams (log_group, last_ms, name);

CREATE TABLE log_events (
  log_group INTEGER NOT NULL, at_ms INTEGER NOT NULL,
  seq INTEGER NOT NULL,             -- from log_sequence, in the order of arrival
  stream INTEGER NOT NULL,
  ingested_ms INTEGER NOT NULL,
  bytes INTEGER NOT NULL,           -- as counted in stored_bytes
  message TEXT NOT NULL,
  PRIMARY KEY (log_group, at_ms, seq)
) STRICT, WITHOUT ROWID;
CREATE INDEX log_events_stream ON log_events (stream, at_ms, seq);

CREATE TABLE log_sequence (
  one INTEGER PRIMARY KEY, next INTEGER NOT NULL
) STRICT;
INSERT INTO log_sequence VALUES (1, 1);

CREATE TABLE log_garbage (
  id INTEGER PRIMARY KEY,           -- of a deleted group or stream whose events are still there
  is_group INTEGER NOT NULL
) STRICT;

CREATE TABLE projection (
  name TEXT PRIMARY KEY, position INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
)sql"},
                                                                {"logs", 2, R"sql(
CREATE TABLE metric_filters (
  log_group INTEGER NOT NULL, name TEXT NOT NULL,
  pattern TEXT NOT NULL,
  transformation TEXT NOT NULL,     -- a JSON object: the metricTransformation, AWS's names
  created_ms INTEGER NOT NULL,
  PRIMARY KEY (log_group, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE log_policies (
  account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL,
  document TEXT NOT NULL,           -- JSON, as it was given
  changed_ms INTEGER NOT NULL,
  PRIMARY KEY (account, region, name)
) STRICT, WITHOUT ROWID;
)sql"}}};

}  // namespace tidemill::logs
