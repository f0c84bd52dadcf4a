/// The tables of the audit trail, in a database of its own (audit.db): calls, and what they are
/// looked up by.
#pragma once

#include <array>

#include "store/store.h"

namespace tidemill::cloudtrail {

inline constexpr std::array<store::Migration, 1> migrations = {{{"cloudtrail", 1, R"sql(
CREATE TABLE audit_events (
  seq INTEGER PRIMARY KEY,
  account TEXT NOT NULL, region TEXT NOT NULL,
  at_ms INTEGER NOT NULL,
  event_id TEXT NOT NULL,
  name TEXT NOT NULL, source TEXT NOT NULL,
  username TEXT NOT NULL, access_key TEXT NOT NULL,
  resources TEXT NOT NULL,          -- JSON: [[name, type or ""], …]
  record TEXT NOT NULL              -- JSON, as CloudTrail writes it
) STRICT;
CREATE INDEX audit_events_at ON audit_events (account, region, at_ms, seq);
CREATE INDEX audit_events_age ON audit_events (at_ms);

CREATE TABLE audit_keys (
  account TEXT NOT NULL, region TEXT NOT NULL,
  key TEXT NOT NULL, value TEXT NOT NULL,  -- EventName, Username, ResourceName, …
  at_ms INTEGER NOT NULL, seq INTEGER NOT NULL,
  PRIMARY KEY (account, region, key, value, at_ms, seq)
) STRICT, WITHOUT ROWID;
CREATE INDEX audit_keys_seq ON audit_keys (seq);
)sql"}}};

}  // namespace tidemill::cloudtrail
