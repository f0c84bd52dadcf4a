/// The tables of glue: job definitions, their runs, triggers, workflows, and tags.
#pragma once

#include <array>

#include "store/store.h"

namespace tidemill::glue {

inline constexpr std::array<store::Migration, 3> migrations = {{{"glue", 1, R"sql(
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
)sql"},
                                                                {"glue", 3, R"sql(
ALTER TABLE glue_triggers ADD COLUMN workflow TEXT NOT NULL DEFAULT '';
CREATE INDEX glue_triggers_workflow ON glue_triggers (account, region, workflow, type);
-- What descends from one firing of a start trigger: a workflow run's id, outside of workflows the
-- id of the event; '' for runs that no trigger started.
ALTER TABLE glue_runs ADD COLUMN chain TEXT NOT NULL DEFAULT '';

CREATE TABLE glue_workflows (
  id INTEGER PRIMARY KEY,
  account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL,
  definition TEXT NOT NULL,         -- AWS's UpdateWorkflowRequest as JSON, without its name
  created_ms INTEGER NOT NULL, modified_ms INTEGER NOT NULL,
  UNIQUE (account, region, name)
) STRICT;

CREATE TABLE glue_workflow_runs (
  seq INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  workflow INTEGER NOT NULL,        -- glue_workflows.id, which may be gone
  account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL,
  previous_id TEXT NOT NULL,
  status TEXT NOT NULL,             -- RUNNING, COMPLETED, STOPPING, STOPPED, ERROR
  final INTEGER NOT NULL,
  properties TEXT NOT NULL,         -- a map of strings
  triggers TEXT NOT NULL,           -- AWS's Triggers as they were at its start: its graph
  batch_size INTEGER, batch_window INTEGER,
  started_ms INTEGER NOT NULL, completed_ms INTEGER,
  error TEXT NOT NULL
) STRICT;
CREATE INDEX glue_workflow_runs_of ON glue_workflow_runs (workflow, seq);
CREATE INDEX glue_workflow_runs_open ON glue_workflow_runs (workflow) WHERE final = 0;

CREATE TABLE glue_firings (         -- a trigger fires once in a chain
  chain TEXT NOT NULL, trigger_name TEXT NOT NULL,
  event INTEGER NOT NULL,           -- events.seq, whose deliveries start its jobs
  predecessors TEXT NOT NULL,       -- AWS's PredecessorRuns: by which runs it fired
  PRIMARY KEY (chain, trigger_name)
) STRICT, WITHOUT ROWID;

CREATE TABLE glue_actions (         -- a job that a trigger starts
  chain TEXT NOT NULL, trigger_name TEXT NOT NULL, action TEXT NOT NULL,
  job TEXT NOT NULL,
  run TEXT NOT NULL,                -- its newest attempt; '' while the job has no room
  state TEXT NOT NULL,              -- WAITING, RUNNING, then how the run ended
  PRIMARY KEY (chain, trigger_name, action)
) STRICT, WITHOUT ROWID;

CREATE TABLE glue_batches (         -- events that wait for more of them, or for their time
  run TEXT PRIMARY KEY,             -- the id that the workflow run will have
  workflow INTEGER NOT NULL, trigger_id INTEGER NOT NULL,
  due_ms INTEGER NOT NULL,
  is_full INTEGER NOT NULL,
  events TEXT NOT NULL,             -- ids, a JSON array
  objects TEXT NOT NULL             -- s3://… of those that tell of objects, a JSON array
) STRICT, WITHOUT ROWID;
CREATE INDEX glue_batches_due ON glue_batches (due_ms);
CREATE INDEX glue_batches_of ON glue_batches (workflow, due_ms);
)sql"}}};

}  // namespace tidemill::glue
