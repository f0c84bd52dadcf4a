/// The tables of SQS: queues, their messages, and what FIFO queues remember.
#pragma once

#include <array>

#include "store/store.h"

namespace tidemill::sqs {

inline constexpr std::array<store::Migration, 2> migrations = {{{"sqs", 1, R"sql(
CREATE TABLE sqs_queues (
  id INTEGER PRIMARY KEY,
  account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL,
  box INTEGER NOT NULL UNIQUE,      -- where its messages are; a purge gives it an empty one
  attributes TEXT NOT NULL,         -- a JSON object: those that were set, byte for byte
  tags TEXT NOT NULL,               -- a JSON object
  dead_letter_arn TEXT,             -- of its redrive policy
  dedup_by_group INTEGER NOT NULL,  -- as it was created; no later change counts
  created_ms INTEGER NOT NULL, modified_ms INTEGER NOT NULL, purged_ms INTEGER,
  UNIQUE (account, region, name)
) STRICT;
CREATE INDEX sqs_queues_dead_letter ON sqs_queues (dead_letter_arn)
  WHERE dead_letter_arn IS NOT NULL;

CREATE TABLE sqs_messages (
  seq INTEGER PRIMARY KEY,          -- grows with every message of any queue
  box INTEGER NOT NULL,
  id TEXT NOT NULL,
  lane TEXT,                        -- of a FIFO queue: the group
  sent_ms INTEGER NOT NULL,
  visible_ms INTEGER NOT NULL,      -- from when on it can be received
  receipt INTEGER NOT NULL,         -- of the last receive; 0 before the first
  receives INTEGER NOT NULL,
  first_received_ms INTEGER,
  sender TEXT NOT NULL,
  group_id TEXT, dedup_id TEXT, trace TEXT,
  source_arn TEXT,                  -- of the queue that it was a dead letter of
  attributes TEXT NOT NULL,         -- JSON, or empty
  body TEXT NOT NULL
) STRICT;
CREATE INDEX sqs_messages_visible ON sqs_messages (box, visible_ms, seq);
CREATE INDEX sqs_messages_sent ON sqs_messages (box, sent_ms);
CREATE INDEX sqs_messages_lane ON sqs_messages (box, lane, seq) WHERE lane IS NOT NULL;

CREATE TABLE sqs_lanes (
  box INTEGER NOT NULL, lane TEXT NOT NULL,
  ready_ms INTEGER NOT NULL,        -- when its first message can be received
  head INTEGER NOT NULL,            -- that message
  PRIMARY KEY (box, lane)
) STRICT, WITHOUT ROWID;
CREATE INDEX sqs_lanes_ready ON sqs_lanes (box, ready_ms, head);

CREATE TABLE sqs_dedup (
  box INTEGER NOT NULL,
  lane TEXT NOT NULL,               -- empty where the whole queue is one space of ids
  dedup_id TEXT NOT NULL,
  message_id TEXT NOT NULL, seq INTEGER NOT NULL,
  until_ms INTEGER NOT NULL,
  PRIMARY KEY (box, lane, dedup_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX sqs_dedup_until ON sqs_dedup (until_ms);

CREATE TABLE sqs_moves (
  id INTEGER PRIMARY KEY,
  task TEXT NOT NULL UNIQUE,
  source_arn TEXT NOT NULL,
  destination_arn TEXT,             -- NULL: each message to the queue it came from
  per_second INTEGER,
  state TEXT NOT NULL,              -- RUNNING, COMPLETED, CANCELLED, FAILED
  moved INTEGER NOT NULL, to_move INTEGER NOT NULL,
  failure TEXT,
  started_ms INTEGER NOT NULL,
  due_ms INTEGER NOT NULL           -- of its next step, while it runs
) STRICT;
CREATE INDEX sqs_moves_source ON sqs_moves (source_arn, id);
CREATE INDEX sqs_moves_due ON sqs_moves (due_ms) WHERE state = 'RUNNING';

CREATE TABLE sqs_garbage (
  box INTEGER PRIMARY KEY           -- of a purged or deleted queue whose messages are still there
) STRICT;
)sql"},
                                                                {"sqs", 2, R"sql(
-- MessageRetentionPeriod, for questions about all queues at once.
ALTER TABLE sqs_queues ADD COLUMN retention_s INTEGER NOT NULL DEFAULT 345600;
UPDATE sqs_queues SET retention_s =
  CAST(json_extract(attributes, '$.MessageRetentionPeriod') AS INTEGER)
  WHERE json_extract(attributes, '$.MessageRetentionPeriod') IS NOT NULL;
)sql"}}};

}  // namespace tidemill::sqs
