/// The tables of events: buses, rules, targets, what was published and what came of it;
/// archives and replays; connections and API destinations; batches of files; rules as they were.
#pragma once

#include <array>

#include "store/store.h"

namespace tidemill::events {

inline constexpr std::array<store::Migration, 11> migrations = {{{"events", 1, R"sql(
CREATE TABLE buses (
  account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL,
  description TEXT, created_ms INTEGER NOT NULL, modified_ms INTEGER NOT NULL,
  PRIMARY KEY (account, region, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE rules (
  id INTEGER PRIMARY KEY,
  account TEXT NOT NULL, region TEXT NOT NULL, bus TEXT NOT NULL, name TEXT NOT NULL,
  pattern TEXT NOT NULL,            -- as it was given, byte for byte
  enabled INTEGER NOT NULL,
  description TEXT, role_arn TEXT,
  created_by TEXT NOT NULL, created_ms INTEGER NOT NULL, modified_ms INTEGER NOT NULL,
  UNIQUE (account, region, bus, name)
) STRICT;

CREATE TABLE targets (
  rule INTEGER NOT NULL REFERENCES rules (id) ON DELETE CASCADE,
  id TEXT NOT NULL,
  arn TEXT NOT NULL,
  definition TEXT NOT NULL,         -- AWS's Target as JSON, as it was given
  PRIMARY KEY (rule, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX targets_arn ON targets (arn);

CREATE TABLE event_tags (
  arn TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL,
  PRIMARY KEY (arn, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE events (
  seq INTEGER PRIMARY KEY,
  id TEXT NOT NULL,
  subject TEXT NOT NULL,            -- s3://bucket/key, or empty
  account TEXT NOT NULL, region TEXT NOT NULL, bus TEXT NOT NULL,
  published_ms INTEGER NOT NULL,
  envelope TEXT NOT NULL
) STRICT;
CREATE INDEX events_id ON events (id);
CREATE INDEX events_subject ON events (subject, seq) WHERE subject <> '';

CREATE TABLE deliveries (
  id INTEGER PRIMARY KEY,
  event INTEGER NOT NULL REFERENCES events (seq),
  account TEXT NOT NULL, region TEXT NOT NULL,
  rule_name TEXT NOT NULL, rule_arn TEXT NOT NULL,
  target_id TEXT NOT NULL, target_arn TEXT NOT NULL, role_arn TEXT NOT NULL,
  input TEXT NOT NULL,              -- empty where it is the event itself
  input_is_event INTEGER NOT NULL,
  retries_max INTEGER NOT NULL, age_seconds_max INTEGER NOT NULL,
  state TEXT NOT NULL,              -- pending, done, failed, skipped
  tries INTEGER NOT NULL,
  due_ms INTEGER,                   -- of the next try, while pending
  waits INTEGER NOT NULL,           -- pending until its target has room, not for a time
  code TEXT, message TEXT,          -- of the last try that failed
  result TEXT,                      -- what it started: the run id
  created_ms INTEGER NOT NULL, ended_ms INTEGER,
  UNIQUE (event, rule_arn, target_id)
) STRICT;
CREATE INDEX deliveries_due ON deliveries (due_ms) WHERE state = 'pending';
CREATE INDEX deliveries_waiting ON deliveries (target_arn, id) WHERE state = 'pending';

CREATE TABLE decisions (
  seq INTEGER PRIMARY KEY,
  at_ms INTEGER NOT NULL,
  account TEXT NOT NULL, region TEXT NOT NULL, rule_name TEXT NOT NULL,
  event INTEGER NOT NULL, delivery INTEGER NOT NULL,
  record TEXT NOT NULL              -- the JSON line of /aws/events/rule/<rule name>
) STRICT;
)sql"},
                                                                 {"events", 2, R"sql(
ALTER TABLE rules ADD COLUMN schedule TEXT;  -- ScheduleExpression; then the pattern may be empty
)sql"},
                                                                 {"events", 3, R"sql(
CREATE TABLE archives (
  id INTEGER PRIMARY KEY,
  account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL,
  bus_account TEXT NOT NULL, bus_region TEXT NOT NULL, bus TEXT NOT NULL,
  pattern TEXT,                     -- NULL: every event
  description TEXT,
  retention_days INTEGER NOT NULL,  -- 0: for ever
  created_ms INTEGER NOT NULL,
  event_count INTEGER NOT NULL DEFAULT 0, size_bytes INTEGER NOT NULL DEFAULT 0,
  UNIQUE (account, region, name)
) STRICT;

CREATE TABLE archived_events (
  archive INTEGER NOT NULL REFERENCES archives (id),
  time_ms INTEGER NOT NULL,         -- of the event itself, by which replays are asked for
  event INTEGER NOT NULL REFERENCES events (seq),
  bytes INTEGER NOT NULL,
  PRIMARY KEY (archive, time_ms, event)
) STRICT, WITHOUT ROWID;
CREATE INDEX archived_events_event ON archived_events (event);

CREATE INDEX decisions_event ON decisions (event);

CREATE TABLE replays (
  id INTEGER PRIMARY KEY,
  account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL,
  archive TEXT NOT NULL,            -- its name: it may go while the replay's row stays;
                                    -- empty: the events of late, that match the rules named
  bus_account TEXT NOT NULL, bus_region TEXT NOT NULL, bus TEXT NOT NULL,
  filter_arns TEXT NOT NULL,        -- a JSON list of rules; empty: all
  description TEXT,
  from_ms INTEGER NOT NULL, until_ms INTEGER NOT NULL,
  state TEXT NOT NULL, reason TEXT,
  started_ms INTEGER NOT NULL, ended_ms INTEGER,
  last_ms INTEGER, last_event INTEGER NOT NULL DEFAULT 0,  -- how far it has come
  sent INTEGER NOT NULL DEFAULT 0,
  UNIQUE (account, region, name)
) STRICT;
CREATE INDEX replays_open ON replays (id) WHERE ended_ms IS NULL;
)sql"},
                                                                 {"events", 4, R"sql(
-- The target's SqsParameters.MessageGroupId, or empty.
ALTER TABLE deliveries ADD COLUMN group_id TEXT NOT NULL DEFAULT '';
)sql"},
                                                                 {"events", 5, R"sql(
-- The target's DeadLetterConfig, or empty; and once the delivery has failed: "sent", or why not.
ALTER TABLE deliveries ADD COLUMN dead_letter_arn TEXT NOT NULL DEFAULT '';
ALTER TABLE deliveries ADD COLUMN dead_letter TEXT;
)sql"},
                                                                 {"events", 6, R"sql(
-- Files that a rule with the tag tidemill:once has had.
CREATE TABLE rule_files (
  rule_arn TEXT NOT NULL,
  file TEXT NOT NULL,               -- s3://bucket/key#etag, or #version
  delivery INTEGER NOT NULL,        -- the first of them
  PRIMARY KEY (rule_arn, file)
) STRICT, WITHOUT ROWID;
)sql"},
                                                                 {"events", 7, R"sql(
-- Else `record` is a line of this group, which a target wrote, and not a decision.
ALTER TABLE decisions ADD COLUMN log_group TEXT;
)sql"},
                                                                 {"events", 8, R"sql(
CREATE TABLE connections (
  id INTEGER PRIMARY KEY,
  account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL,
  uuid TEXT NOT NULL,               -- the ARN's last part
  description TEXT,
  type TEXT NOT NULL,               -- BASIC, API_KEY, OAUTH_CLIENT_CREDENTIALS
  auth TEXT NOT NULL,               -- AWS's AuthParameters as JSON, sealed, in base64; or empty
  kms_key TEXT,
  state TEXT NOT NULL, reason TEXT,
  version INTEGER NOT NULL,         -- counts changes of type or auth
  created_ms INTEGER NOT NULL, modified_ms INTEGER NOT NULL, authorized_ms INTEGER,
  UNIQUE (account, region, name)
) STRICT;

CREATE TABLE api_destinations (
  id INTEGER PRIMARY KEY,
  account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL,
  uuid TEXT NOT NULL,
  description TEXT,
  connection_arn TEXT NOT NULL,
  endpoint TEXT NOT NULL, method TEXT NOT NULL, rate INTEGER NOT NULL,
  created_ms INTEGER NOT NULL, modified_ms INTEGER NOT NULL,
  UNIQUE (account, region, name)
) STRICT;

-- The target's HttpParameters as JSON, or empty.
ALTER TABLE deliveries ADD COLUMN http TEXT NOT NULL DEFAULT '';
)sql"},
                                                                 {"batches", 1, R"sql(
-- Of rules with the tag tidemill:batch: one open at a time for each rule, target and group.
CREATE TABLE batches (
  id INTEGER PRIMARY KEY,           -- the number of its first delivery, which carries it
  account TEXT NOT NULL, region TEXT NOT NULL,
  rule_name TEXT NOT NULL, rule_arn TEXT NOT NULL, target_id TEXT NOT NULL,
  group_key TEXT NOT NULL,
  plan TEXT NOT NULL,               -- the tag as it was when the batch was opened
  state TEXT NOT NULL,              -- open, closed
  opened_ms INTEGER NOT NULL, last_ms INTEGER NOT NULL,
  due_ms INTEGER,                   -- when time closes it, while it is open
  files INTEGER NOT NULL, members INTEGER NOT NULL,
  missing INTEGER,                  -- of what manifests list; NULL: none was read
  bucket TEXT NOT NULL,             -- of all its files; empty: of several
  marker TEXT NOT NULL,             -- the marker or manifest that came last, or empty
  note TEXT NOT NULL,               -- what stands against its manifest, or empty
  reason TEXT, closed_ms INTEGER
) STRICT;
CREATE UNIQUE INDEX batches_open ON batches (rule_arn, target_id, group_key) WHERE state = 'open';
CREATE INDEX batches_due ON batches (due_ms) WHERE state = 'open';

CREATE TABLE batch_files (
  batch INTEGER NOT NULL,
  file TEXT NOT NULL,               -- s3://bucket/key
  delivery INTEGER NOT NULL,        -- the last of it: the content that counts
  PRIMARY KEY (batch, file)
) STRICT, WITHOUT ROWID;

CREATE TABLE batch_lists (          -- manifests that came and are to be read
  batch INTEGER NOT NULL,
  file TEXT NOT NULL,
  PRIMARY KEY (batch, file)
) STRICT, WITHOUT ROWID;

CREATE TABLE batch_expected (       -- what manifests list and isn't there
  batch INTEGER NOT NULL,
  file TEXT NOT NULL,
  list TEXT NOT NULL,
  PRIMARY KEY (batch, file)
) STRICT, WITHOUT ROWID;

-- A delivery in an open batch, or one that another carries, is of the state `batched`.
ALTER TABLE deliveries ADD COLUMN batch INTEGER;
CREATE INDEX deliveries_batch ON deliveries (batch) WHERE batch IS NOT NULL;
)sql"},
                                                                 {"events", 9, R"sql(
-- Rules as they were: a row for each change of pattern or state. Numbers are given once.
CREATE TABLE rule_changes (
  id INTEGER PRIMARY KEY AUTOINCREMENT,  -- up to 0: as it was when the history began
  account TEXT NOT NULL, region TEXT NOT NULL, bus TEXT NOT NULL, name TEXT NOT NULL,
  at_ms INTEGER NOT NULL,
  made INTEGER NOT NULL,            -- there was none before
  pattern TEXT,                     -- NULL: there is none since
  enabled INTEGER NOT NULL
) STRICT;
CREATE INDEX rule_changes_of ON rule_changes (account, region, bus, name, id);
INSERT INTO rule_changes (id, account, region, bus, name, at_ms, made, pattern, enabled)
  SELECT -id, account, region, bus, name, modified_ms, created_ms = modified_ms, pattern, enabled
  FROM rules;

-- The last change that the rules had seen which the event was given to.
ALTER TABLE events ADD COLUMN as_of INTEGER NOT NULL DEFAULT 0;
)sql"},
                                                                 {"events", 10, R"sql(
CREATE TABLE bus_policies (
  bus_arn TEXT PRIMARY KEY,
  policy TEXT NOT NULL              -- as it was given, or made of permissions
) STRICT, WITHOUT ROWID;
)sql"}}};

}  // namespace tidemill::events
