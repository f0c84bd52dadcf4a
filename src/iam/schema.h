/// The tables of iam: roles and their policies.
#pragma once

#include <array>

#include "store/store.h"

namespace tidemill::iam {

inline constexpr std::array<store::Migration, 1> migrations = {{{"iam", 1, R"sql(
CREATE TABLE iam_roles (
  account TEXT NOT NULL, name TEXT NOT NULL,
  id TEXT NOT NULL,                 -- AROA…
  path TEXT NOT NULL, trust TEXT NOT NULL, description TEXT,
  session_seconds INTEGER NOT NULL, created_ms INTEGER NOT NULL,
  PRIMARY KEY (account, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE iam_role_policies (
  account TEXT NOT NULL, role TEXT NOT NULL, name TEXT NOT NULL,
  document TEXT NOT NULL,           -- as it was given
  PRIMARY KEY (account, role, name),
  FOREIGN KEY (account, role) REFERENCES iam_roles (account, name)
) STRICT, WITHOUT ROWID;
)sql"}}};

}  // namespace tidemill::iam
