/// The tables of CloudWatch: alarms in the state database, because their changes are events;
/// metrics in metrics.db, because they share no commit with anything.
#pragma once

#include <array>

#include "store/store.h"

namespace tidemill::metrics {

inline constexpr std::array<store::Migration, 5> alarm_migrations = {{{"alarms", 1, R"sql(
CREATE TABLE alarms (
  id INTEGER PRIMARY KEY,
  account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL,
  settings TEXT NOT NULL,           -- a JSON object: what was given when it was put, AWS's names
  actions_enabled INTEGER NOT NULL,
  state TEXT NOT NULL,              -- OK, ALARM, INSUFFICIENT_DATA
  reason TEXT NOT NULL,
  reason_data TEXT,                 -- JSON, as the client gets it
  state_ms INTEGER NOT NULL,        -- of the last update of the state
  changed_ms INTEGER NOT NULL,      -- of the last change to another state
  configured_ms INTEGER NOT NULL,
  revision INTEGER NOT NULL,        -- grows with every change of this row
  UNIQUE (account, region, name)
) STRICT;

CREATE TABLE alarm_tags (
  alarm INTEGER NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL,
  PRIMARY KEY (alarm, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE alarm_history (        -- outlives its alarm
  seq INTEGER PRIMARY KEY,
  account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL,
  at_ms INTEGER NOT NULL,
  type TEXT NOT NULL,               -- ConfigurationUpdate, StateUpdate, Action
  summary TEXT NOT NULL, data TEXT NOT NULL
) STRICT;
CREATE INDEX alarm_history_name ON alarm_history (account, region, name, seq);
CREATE INDEX alarm_history_at ON alarm_history (at_ms);
)sql"},
                                                                      {"alarms", 2, R"sql(
ALTER TABLE alarms ADD COLUMN is_composite INTEGER NOT NULL DEFAULT 0;
ALTER TABLE alarm_history ADD COLUMN is_composite INTEGER NOT NULL DEFAULT 0;

CREATE TABLE alarm_children (       -- what the rules of composite alarms name
  parent INTEGER NOT NULL,          -- a composite alarm
  child INTEGER NOT NULL,           -- an alarm of the same account and region
  PRIMARY KEY (parent, child)
) STRICT, WITHOUT ROWID;
CREATE INDEX alarm_children_child ON alarm_children (child, parent);

CREATE TABLE dashboards (           -- an account's, of all regions
  account TEXT NOT NULL, name TEXT NOT NULL,
  body TEXT NOT NULL,               -- JSON, as it was given
  modified_ms INTEGER NOT NULL,
  PRIMARY KEY (account, name)
) STRICT, WITHOUT ROWID;
)sql"},
                                                                      {"alarms", 3, R"sql(
ALTER TABLE alarms ADD COLUMN suppressor INTEGER;    -- the alarm while whose ALARM actions wait
ALTER TABLE alarms ADD COLUMN suppressed_by TEXT;    -- WaitPeriod, ExtensionPeriod, Alarm
ALTER TABLE alarms ADD COLUMN suppressed_until_ms INTEGER;  -- the end of the period
ALTER TABLE alarms ADD COLUMN untold TEXT;           -- the state before a change not told so far
CREATE INDEX alarms_suppressor ON alarms (suppressor) WHERE suppressor IS NOT NULL;
CREATE INDEX alarms_suppressed_until ON alarms (suppressed_until_ms)
  WHERE suppressed_until_ms IS NOT NULL;
)sql"},
                                                                      {"alarms", 4, R"sql(
CREATE TABLE dashboard_tags (
  account TEXT NOT NULL, name TEXT NOT NULL,
  key TEXT NOT NULL, value TEXT NOT NULL,
  PRIMARY KEY (account, name, key)
) STRICT, WITHOUT ROWID;
)sql"},
                                                                      {"alarms", 5, R"sql(
CREATE INDEX alarm_history_seq ON alarm_history (account, region, seq);
)sql"}}};

inline constexpr std::array<store::Migration, 2> metric_migrations = {{{"metrics", 1, R"sql(
CREATE TABLE metric_series (
  id INTEGER PRIMARY KEY,
  account TEXT NOT NULL, region TEXT NOT NULL,
  space TEXT NOT NULL, name TEXT NOT NULL,
  dimensions TEXT NOT NULL,         -- a JSON array of [name, value], by name
  last_ms INTEGER NOT NULL,         -- when something was last written
  UNIQUE (account, region, space, name, dimensions)
) STRICT;
CREATE INDEX metric_series_last ON metric_series (last_ms);

CREATE TABLE metric_points (
  series INTEGER NOT NULL,
  seconds INTEGER NOT NULL,         -- what it covers: 60, 300, 3600
  at_ms INTEGER NOT NULL,           -- its beginning
  unit TEXT NOT NULL,
  count REAL NOT NULL, sum REAL NOT NULL, least REAL NOT NULL, most REAL NOT NULL,
  PRIMARY KEY (series, seconds, at_ms, unit)
) STRICT, WITHOUT ROWID;
CREATE INDEX metric_points_age ON metric_points (seconds, at_ms);
)sql"},
                                                                       {"metrics", 2, R"sql(
-- How the values are spread (metrics/distribution.h), where they are known and not all equal.
ALTER TABLE metric_points ADD COLUMN spread BLOB;
)sql"}}};

}  // namespace tidemill::metrics
