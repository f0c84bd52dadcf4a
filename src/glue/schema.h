/// The tables of glue: job definitions, their runs, triggers, and tags.
#pragma once

#include <array>

#include "store/store.h"

namespace tidemill::glue {

inline constexpr std::array<store::Migration, 2> migrations = {{{"glue", 1, R"sql(
CREATE TABLE glue_jobs (
  account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL,
  definition TEXT NOT NULL,         -- AWS's JobUpdate as JSON, as it was given
  revision TEXT NOT NULL,           -- random, new with every change: what caches compare
  active INTEGER NOT NULL,          -- runs that aren't final: what MaxConcurrentRuns bounds
  created_ms INTEGER NOT NULL, modified_ms INTEGER NOT NULL,
  PRIMARY KEY (account, region, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE glue_runs (
  seq INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  account TEXT NOT NULL, region TEXT NOT NULL, job TEXT NOT NULL,
  state TEXT NOT NULL,
  final INTEGER NOT NULL,
  attempt INTEGER NOT NULL, previous_id TEXT NOT NULL,
  given TEXT NOT NULL,              -- the arguments of this run, as GetJobRun shows them
  arguments TEXT NOT NULL,          -- merged: what the process gets
  settings TEXT NOT NULL,           -- AWS's JobRun members that come from the job
  role TEXT NOT NULL, command TEXT NOT NULL, script TEXT NOT NULL,
  timeout_minutes INTEGER NOT NULL, retries_max INTEGER NOT NULL,
  trigger_source TEXT NOT NULL,     -- s3_event, schedule, event, manual
  event_id TEXT NOT NULL, rule_name TEXT NOT NULL,
  delivery INTEGER NOT NULL,        -- 0 where no delivery started it
  created_ms INTEGER NOT NULL, modified_ms INTEGER NOT NULL,
  spawned_ms INTEGER, first_line_ms INTEGER, completed_ms INTEGER,
  pid INTEGER, pid_start INTEGER, boot_id TEXT,
  error TEXT NOT NULL
) STRICT;
CREATE INDEX glue_runs_job ON glue_runs (account, region, job, seq);
CREATE INDEX glue_runs_open ON glue_runs (seq) WHERE final = 0;
CREATE INDEX glue_runs_delivery ON glue_runs (delivery) WHERE delivery <> 0;

CREATE TABLE glue_tags (
  arn TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL,
  PRIMARY KEY (arn, key)
) STRICT, WITHOUT ROWID;
)sql"},
                                                                {"glue", 2, R"sql(
CREATE TABLE glue_triggers (
  id INTEGER PRIMARY KEY,
  account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL,
  type TEXT NOT NULL,               -- SCHEDULED, ON_DEMAND
  state TEXT NOT NULL,              -- CREATED, ACTIVATED, DEACTIVATED
  definition TEXT NOT NULL,         -- AWS's TriggerUpdate as JSON, as it was given
  created_ms INTEGER NOT NULL,
  UNIQUE (account, region, name)
) STRICT;
)sql"}}};

}  // namespace tidemill::glue
