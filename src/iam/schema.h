/// The tables of iam: roles, users and groups, their policies, keys and tags; instance profiles.
#pragma once

#include <array>

#include "store/store.h"

namespace tidemill::iam {

inline constexpr std::array<store::Migration, 2> migrations = {{{"iam", 1, R"sql(
CREATE TABLE iam_roles (
  account TEXT NOT NULL, name TEXT NOT NULL,
  id TEXT NOT NULL,                 -- AROA…
  path TEXT NOT NULL, trust TEXT NOT NULL, description TEXT,
  session_seconds INTEGER NOT NULL, created_ms INTEGER NOT NULL,
  PRIMARY KEY (account, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE iam_users (
  account TEXT NOT NULL, name TEXT NOT NULL,
  id TEXT NOT NULL,                 -- AIDA…
  path TEXT NOT NULL, created_ms INTEGER NOT NULL,
  PRIMARY KEY (account, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE iam_access_keys (
  id TEXT PRIMARY KEY,              -- AKIA…
  account TEXT NOT NULL, user_name TEXT NOT NULL,
  secret TEXT NOT NULL, active INTEGER NOT NULL, created_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX iam_access_keys_user ON iam_access_keys (account, user_name);

CREATE TABLE iam_inline_policies (
  account TEXT NOT NULL, kind TEXT NOT NULL, owner TEXT NOT NULL, name TEXT NOT NULL,
  document TEXT NOT NULL,           -- as it was given
  PRIMARY KEY (account, kind, owner, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE iam_attachments (
  account TEXT NOT NULL, kind TEXT NOT NULL, owner TEXT NOT NULL, policy_arn TEXT NOT NULL,
  PRIMARY KEY (account, kind, owner, policy_arn)
) STRICT, WITHOUT ROWID;
CREATE INDEX iam_attachments_policy ON iam_attachments (policy_arn);

CREATE TABLE iam_tags (
  account TEXT NOT NULL, kind TEXT NOT NULL, owner TEXT NOT NULL, key TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (account, kind, owner, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE iam_policies (
  account TEXT NOT NULL, name TEXT NOT NULL,
  id TEXT NOT NULL,                 -- ANPA…
  path TEXT NOT NULL, description TEXT,
  default_version INTEGER NOT NULL, next_version INTEGER NOT NULL,
  created_ms INTEGER NOT NULL, updated_ms INTEGER NOT NULL,
  PRIMARY KEY (account, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE iam_policy_versions (
  account TEXT NOT NULL, policy TEXT NOT NULL, version INTEGER NOT NULL,
  document TEXT NOT NULL, created_ms INTEGER NOT NULL,
  PRIMARY KEY (account, policy, version)
) STRICT, WITHOUT ROWID;
)sql"},
                                                                {"iam", 2, R"sql(
CREATE TABLE iam_groups (
  account TEXT NOT NULL, name TEXT NOT NULL,
  id TEXT NOT NULL,                 -- AGPA…
  path TEXT NOT NULL, created_ms INTEGER NOT NULL,
  PRIMARY KEY (account, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE iam_memberships (
  account TEXT NOT NULL, group_name TEXT NOT NULL, user_name TEXT NOT NULL,
  PRIMARY KEY (account, group_name, user_name)
) STRICT, WITHOUT ROWID;
CREATE INDEX iam_memberships_user ON iam_memberships (account, user_name);

CREATE TABLE iam_instance_profiles (
  account TEXT NOT NULL, name TEXT NOT NULL,
  id TEXT NOT NULL,                 -- AIPA…
  path TEXT NOT NULL,
  role TEXT NOT NULL,               -- its name, or empty
  created_ms INTEGER NOT NULL,
  PRIMARY KEY (account, name)
) STRICT, WITHOUT ROWID;
CREATE INDEX iam_instance_profiles_role ON iam_instance_profiles (account, role);
)sql"}}};

}  // namespace tidemill::iam
