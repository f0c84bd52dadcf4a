/// The tables of events: buses, rules, targets, what was published and what came of it.
#pragma once

#include <array>

#include "store/store.h"

namespace tidemill::events {

inline constexpr std::array<store::Migration, 2> migrations = {{{"events", 1, R"sql(
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
  state TEXT NOT NULL,              -- pending, done, failed
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
-- The target's SqsParameters.MessageGroupId, or empty.
ALTER TABLE deliveries ADD COLUMN group_id TEXT NOT NULL DEFAULT '';
)sql"}}};

}  // namespace tidemill::events
