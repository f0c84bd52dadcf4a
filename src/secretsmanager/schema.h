/// The tables of Secrets Manager: secrets, their versions, the stages of those, tags.
#pragma once

#include <array>

#include "store/store.h"

namespace tidemill::secretsmanager {

inline constexpr std::array<store::Migration, 1> migrations = {{{"secretsmanager", 1, R"sql(
CREATE TABLE secrets (
  id INTEGER PRIMARY KEY,
  account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL,
  suffix TEXT NOT NULL,             -- the six characters that end its ARN
  description TEXT NOT NULL, kms_key TEXT NOT NULL,
  policy TEXT NOT NULL,             -- its resource policy, or empty
  created_ms INTEGER NOT NULL, changed_ms INTEGER NOT NULL,
  accessed_ms INTEGER,              -- the day of it
  deleted_ms INTEGER,               -- when its deletion was asked for
  gone_ms INTEGER,                  -- from when on it isn't there any more
  UNIQUE (account, region, name)
) STRICT;
CREATE INDEX secrets_gone ON secrets (gone_ms) WHERE gone_ms IS NOT NULL;

CREATE TABLE secret_versions (
  secret INTEGER NOT NULL, version TEXT NOT NULL,
  seq INTEGER NOT NULL,             -- grows by one with each version of the secret
  value BLOB NOT NULL,              -- sealed (base/seal.h)
  is_binary INTEGER NOT NULL,
  created_ms INTEGER NOT NULL,
  accessed_ms INTEGER,
  PRIMARY KEY (secret, version)
) STRICT;

CREATE TABLE secret_stages (
  secret INTEGER NOT NULL, stage TEXT NOT NULL,
  version TEXT NOT NULL,
  PRIMARY KEY (secret, stage)
) STRICT, WITHOUT ROWID;

CREATE TABLE secret_tags (
  secret INTEGER NOT NULL, key TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (secret, key)
) STRICT, WITHOUT ROWID;
)sql"}}};

}  // namespace tidemill::secretsmanager
