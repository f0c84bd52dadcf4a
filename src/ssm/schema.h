/// The tables of Parameter Store: parameters, their versions, labels of those, tags.
#pragma once

#include <array>

#include "store/store.h"

namespace tidemill::ssm {

inline constexpr std::array<store::Migration, 1> migrations = {{{"ssm", 1, R"sql(
CREATE TABLE ssm_parameters (
  id INTEGER PRIMARY KEY,
  account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL,
  version INTEGER NOT NULL,         -- the newest
  UNIQUE (account, region, name)
) STRICT;

CREATE TABLE ssm_versions (
  parameter INTEGER NOT NULL, version INTEGER NOT NULL,
  type TEXT NOT NULL,               -- String, StringList, SecureString
  value BLOB NOT NULL,              -- sealed (base/seal.h), of a SecureString
  key_id TEXT NOT NULL,             -- of a SecureString; as given
  description TEXT NOT NULL, allowed_pattern TEXT NOT NULL,
  tier TEXT NOT NULL,               -- Standard, Advanced
  data_type TEXT NOT NULL,
  modified_ms INTEGER NOT NULL, modified_by TEXT NOT NULL,
  PRIMARY KEY (parameter, version)
) STRICT, WITHOUT ROWID;

CREATE TABLE ssm_labels (
  parameter INTEGER NOT NULL, label TEXT NOT NULL,
  version INTEGER NOT NULL,
  PRIMARY KEY (parameter, label)
) STRICT, WITHOUT ROWID;

CREATE TABLE ssm_tags (
  parameter INTEGER NOT NULL, key TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (parameter, key)
) STRICT, WITHOUT ROWID;
)sql"}}};

}  // namespace tidemill::ssm
