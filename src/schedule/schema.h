/// The tables of schedules: EventBridge Scheduler's groups and schedules, the timers of these and
/// of scheduled rules, and what became of each instant at which one was due.
#pragma once

#include <array>

#include "store/store.h"

namespace tidemill::schedule {

inline constexpr std::array<store::Migration, 1> migrations = {{{"schedule", 1, R"sql(
CREATE TABLE schedule_groups (
  id INTEGER PRIMARY KEY,
  account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL,
  client_token TEXT,
  created_ms INTEGER NOT NULL, modified_ms INTEGER NOT NULL,
  UNIQUE (account, region, name)
) STRICT;

CREATE TABLE schedules (
  id INTEGER PRIMARY KEY,
  account TEXT NOT NULL, region TEXT NOT NULL, group_name TEXT NOT NULL, name TEXT NOT NULL,
  definition TEXT NOT NULL,         -- AWS's CreateSchedule input as JSON, with its defaults
  -- What it starts, as the hub reaches it; worked out of the definition.
  target_arn TEXT NOT NULL, target_input TEXT, role_arn TEXT NOT NULL,
  retries_max INTEGER NOT NULL, age_seconds_max INTEGER NOT NULL,
  dead_letter_arn TEXT NOT NULL, group_id TEXT NOT NULL,
  delete_after INTEGER NOT NULL,
  client_token TEXT,
  created_ms INTEGER NOT NULL, modified_ms INTEGER NOT NULL,
  UNIQUE (account, region, group_name, name)
) STRICT;

CREATE TABLE schedule_tags (
  arn TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL,
  PRIMARY KEY (arn, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE timers (
  id INTEGER PRIMARY KEY,
  arn TEXT NOT NULL UNIQUE,         -- of the rule, the schedule or the trigger
  kind INTEGER NOT NULL,            -- 0: a rule, 1: a schedule, 2: a Glue trigger
  ref INTEGER NOT NULL,             -- rules.id, schedules.id or glue_triggers.id
  version INTEGER NOT NULL,         -- one more with every change of what follows
  enabled INTEGER NOT NULL,
  expression TEXT NOT NULL, zone TEXT NOT NULL,
  start_ms INTEGER, end_ms INTEGER,
  base_ms INTEGER NOT NULL,         -- a rate() without a start first runs then
  spread_ms INTEGER NOT NULL,       -- it runs so much after each planned instant
  policy TEXT NOT NULL,             -- Policy::text()
  decided_ms INTEGER NOT NULL,      -- of every instant up to this one it is known what became of it
  recheck INTEGER NOT NULL          -- some instants after that have a row all the same
) STRICT;

CREATE TABLE firings (
  timer INTEGER NOT NULL, planned_ms INTEGER NOT NULL,
  fate TEXT NOT NULL,               -- fired, late, buffered, skipped, coalesced, dropped
  reason TEXT NOT NULL,
  decided_ms INTEGER NOT NULL,      -- when that was decided; planned + spread + lateness, if it ran
  event INTEGER,                    -- events.seq of what it started
  PRIMARY KEY (timer, planned_ms)
) STRICT, WITHOUT ROWID;
CREATE INDEX firings_buffered ON firings (timer, planned_ms) WHERE fate = 'buffered';
)sql"}}};

}  // namespace tidemill::schedule
