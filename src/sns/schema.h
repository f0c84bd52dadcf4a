/// The tables of SNS: topics, who subscribed to them, and what hasn't reached them.
#pragma once

#include <array>

#include "store/store.h"

namespace tidemill::sns {

inline constexpr std::array<store::Migration, 1> migrations = {{{"sns", 1, R"sql(
CREATE TABLE sns_topics (
  id INTEGER PRIMARY KEY,
  account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL,
  attributes TEXT NOT NULL,         -- a JSON object: those that were set, byte for byte
  tags TEXT NOT NULL,               -- a JSON object
  unsubscribed INTEGER NOT NULL,    -- how many subscriptions it has lost
  sequence INTEGER NOT NULL,        -- of a FIFO topic: of its last message
  UNIQUE (account, region, name)
) STRICT;

CREATE TABLE sns_subscriptions (
  id INTEGER PRIMARY KEY,
  topic INTEGER NOT NULL REFERENCES sns_topics (id),
  uuid TEXT NOT NULL UNIQUE,
  protocol TEXT NOT NULL, endpoint TEXT NOT NULL,
  owner TEXT NOT NULL,              -- the account of who subscribed
  principal TEXT NOT NULL,          -- the ARN of who subscribed
  base_url TEXT NOT NULL,           -- as they addressed us: what its links begin with
  attributes TEXT NOT NULL,         -- a JSON object: those that were set, byte for byte
  confirmed INTEGER NOT NULL,
  authenticated INTEGER NOT NULL,   -- whether only a signed request may end it
  token TEXT NOT NULL,              -- what confirms it
  token_ms INTEGER NOT NULL,        -- when that was last given out
  UNIQUE (topic, protocol, endpoint)
) STRICT;

CREATE TABLE sns_dedup (
  topic INTEGER NOT NULL,
  lane TEXT NOT NULL,               -- a group, or empty where the whole topic is one space of ids
  dedup_id TEXT NOT NULL,
  message_id TEXT NOT NULL, sequence INTEGER NOT NULL,
  until_ms INTEGER NOT NULL,
  PRIMARY KEY (topic, lane, dedup_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX sns_dedup_until ON sns_dedup (until_ms);

CREATE TABLE sns_deliveries (       -- what is still to be delivered, and what could not be
  id INTEGER PRIMARY KEY,
  subscription INTEGER NOT NULL,    -- its id; it may be gone
  subscription_arn TEXT NOT NULL,
  type TEXT NOT NULL,               -- Notification, SubscriptionConfirmation, …
  message_id TEXT NOT NULL,
  message TEXT NOT NULL,            -- JSON: the body as the endpoint gets it, and what is beside it
  state TEXT NOT NULL,              -- pending, failed
  tries INTEGER NOT NULL,
  due_ms INTEGER,                   -- while it is pending
  reason TEXT NOT NULL,             -- why the last try failed, or empty
  created_ms INTEGER NOT NULL, ended_ms INTEGER
) STRICT;
CREATE INDEX sns_deliveries_due ON sns_deliveries (due_ms) WHERE due_ms IS NOT NULL;
CREATE INDEX sns_deliveries_ended ON sns_deliveries (ended_ms) WHERE ended_ms IS NOT NULL;

CREATE TABLE sns_signing_key (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  private_key TEXT NOT NULL,        -- PEM, sealed (base/seal.h), in base64
  certificate TEXT NOT NULL
) STRICT;
)sql"}}};

}  // namespace tidemill::sns
