/// The tables of s3: buckets, the object index, bodies, uploads in progress. Every statement of
/// this folder is built on them (docs/internals/objects.md).
#pragma once

#include <array>

#include "store/store.h"

namespace tidemill::s3 {

inline constexpr std::array<store::Migration, 3> migrations = {{{"s3", 1, R"sql(
CREATE TABLE buckets (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,          -- global: one namespace for all accounts and regions
  account TEXT NOT NULL, region TEXT NOT NULL,
  created_ms INTEGER NOT NULL,
  eventbridge INTEGER NOT NULL        -- 1: its events go to the account's default bus
) STRICT;

CREATE TABLE bucket_settings (
  bucket INTEGER NOT NULL,
  name TEXT NOT NULL,                 -- tagging, notification, …
  value TEXT NOT NULL,                -- JSON in the members of AWS's shape
  PRIMARY KEY (bucket, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE objects (
  bucket INTEGER NOT NULL,
  key BLOB NOT NULL,                  -- bytes, compared as bytes
  body INTEGER NOT NULL,
  size INTEGER NOT NULL,
  etag TEXT NOT NULL,                 -- without quotes
  modified_ms INTEGER NOT NULL,
  sequencer INTEGER NOT NULL,
  checksum_kind TEXT NOT NULL, checksum TEXT NOT NULL, composite INTEGER NOT NULL,
  content_type TEXT,
  headers TEXT,                       -- further content headers, as a JSON object
  metadata TEXT,                      -- x-amz-meta-…, as a JSON object
  tags TEXT,                          -- as a JSON object
  PRIMARY KEY (bucket, key)
) STRICT, WITHOUT ROWID;

-- Bytes: inline, in a file, or (parts > 0) in the bodies that body_parts names.
CREATE TABLE bodies (
  id INTEGER PRIMARY KEY,
  refs INTEGER NOT NULL,              -- objects, parts and assembled bodies that use it
  size INTEGER NOT NULL,
  parts INTEGER NOT NULL,
  file TEXT,                          -- below objects/
  crcs BLOB NOT NULL,                 -- CRC32C of each MiB, four bytes each
  bytes BLOB
) STRICT;
CREATE UNIQUE INDEX bodies_file ON bodies (file) WHERE file IS NOT NULL;

CREATE TABLE body_parts (
  body INTEGER NOT NULL,
  start INTEGER NOT NULL,             -- offset of the part's first byte
  number INTEGER NOT NULL,            -- as the client numbered it
  part INTEGER NOT NULL,
  size INTEGER NOT NULL,
  checksum TEXT NOT NULL,             -- base64, of the object's kind
  PRIMARY KEY (body, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE uploads (
  id INTEGER PRIMARY KEY,
  upload_id TEXT NOT NULL UNIQUE,
  bucket INTEGER NOT NULL,
  key BLOB NOT NULL,
  initiated_ms INTEGER NOT NULL,
  initiator TEXT NOT NULL,
  sequencer INTEGER NOT NULL,         -- of the store when it began
  checksum_kind TEXT,                 -- NULL: the client chose none
  composite INTEGER NOT NULL,
  content_type TEXT, headers TEXT, metadata TEXT, tags TEXT
) STRICT;
CREATE INDEX uploads_key ON uploads (bucket, key, id);

CREATE TABLE upload_parts (
  upload INTEGER NOT NULL,
  number INTEGER NOT NULL,
  body INTEGER NOT NULL,
  size INTEGER NOT NULL,
  etag TEXT NOT NULL,
  checksum TEXT NOT NULL,             -- base64, of the upload's kind (CRC64NVME if it has none)
  modified_ms INTEGER NOT NULL,
  PRIMARY KEY (upload, number)
) STRICT, WITHOUT ROWID;

-- Files that no row names any more and that are still to be removed.
CREATE TABLE garbage (
  id INTEGER PRIMARY KEY,
  file TEXT NOT NULL
) STRICT;

CREATE TABLE s3_counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO s3_counters VALUES ('sequencer', 0);
)sql"},
                                                                {"s3", 2, R"sql(
ALTER TABLE buckets ADD COLUMN versioning INTEGER NOT NULL DEFAULT 0;  -- enum Versioning
ALTER TABLE objects ADD COLUMN version TEXT;  -- NULL: the "null" version

-- What keys were before, and delete markers; what a key is now stays in objects. A key that is
-- only here was deleted: its newest row is a marker.
CREATE TABLE versions (
  bucket INTEGER NOT NULL,
  key BLOB NOT NULL,
  rank INTEGER NOT NULL,              -- minus the sequencer, so that the newest comes first
  version TEXT NOT NULL,              -- '': the "null" version
  marker INTEGER NOT NULL,            -- 1: a delete marker, without a body
  body INTEGER NOT NULL,
  size INTEGER NOT NULL,
  etag TEXT NOT NULL,
  modified_ms INTEGER NOT NULL,
  checksum_kind TEXT NOT NULL, checksum TEXT NOT NULL, composite INTEGER NOT NULL,
  content_type TEXT, headers TEXT, metadata TEXT, tags TEXT,
  PRIMARY KEY (bucket, key, rank)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX versions_null ON versions (bucket, key) WHERE version = '';
)sql"},
                                                                {"s3", 3, R"sql(
-- What a bucket holds, as AWS counts it: objects, older versions, delete markers and the parts of
-- unfinished uploads. The triggers below keep it, in the transaction of whatever changes it.
ALTER TABLE buckets ADD COLUMN objects INTEGER NOT NULL DEFAULT 0;
ALTER TABLE buckets ADD COLUMN bytes INTEGER NOT NULL DEFAULT 0;
ALTER TABLE buckets ADD COLUMN measured_ms INTEGER NOT NULL DEFAULT 0;  -- when metrics had it last

UPDATE buckets SET (objects, bytes) =
  (SELECT count(*), coalesce(sum(size), 0) FROM objects WHERE bucket = buckets.id);
UPDATE buckets SET (objects, bytes) =
  (SELECT buckets.objects + count(*), buckets.bytes + coalesce(sum(size), 0) FROM versions
   WHERE bucket = buckets.id);
UPDATE buckets SET (objects, bytes) =
  (SELECT buckets.objects + count(*), buckets.bytes + coalesce(sum(p.size), 0)
   FROM uploads u JOIN upload_parts p ON p.upload = u.id WHERE u.bucket = buckets.id);

CREATE TRIGGER object_added AFTER INSERT ON objects BEGIN
  UPDATE buckets SET objects = objects + 1, bytes = bytes + NEW.size WHERE id = NEW.bucket;
END;
CREATE TRIGGER object_replaced AFTER UPDATE OF size ON objects WHEN NEW.size <> OLD.size BEGIN
  UPDATE buckets SET bytes = bytes + NEW.size - OLD.size WHERE id = NEW.bucket;
END;
CREATE TRIGGER object_gone AFTER DELETE ON objects BEGIN
  UPDATE buckets SET objects = objects - 1, bytes = bytes - OLD.size WHERE id = OLD.bucket;
END;
CREATE TRIGGER version_added AFTER INSERT ON versions BEGIN
  UPDATE buckets SET objects = objects + 1, bytes = bytes + NEW.size WHERE id = NEW.bucket;
END;
CREATE TRIGGER version_gone AFTER DELETE ON versions BEGIN
  UPDATE buckets SET objects = objects - 1, bytes = bytes - OLD.size WHERE id = OLD.bucket;
END;
CREATE TRIGGER part_added AFTER INSERT ON upload_parts BEGIN
  UPDATE buckets SET objects = objects + 1, bytes = bytes + NEW.size
  WHERE id = (SELECT bucket FROM uploads WHERE id = NEW.upload);
END;
CREATE TRIGGER part_replaced AFTER UPDATE OF size ON upload_parts WHEN NEW.size <> OLD.size BEGIN
  UPDATE buckets SET bytes = bytes + NEW.size - OLD.size
  WHERE id = (SELECT bucket FROM uploads WHERE id = NEW.upload);
END;
-- An upload's parts go before it does.
CREATE TRIGGER part_gone AFTER DELETE ON upload_parts BEGIN
  UPDATE buckets SET objects = objects - 1, bytes = bytes - OLD.size
  WHERE id = (SELECT bucket FROM uploads WHERE id = OLD.upload);
END;
)sql"}}};

}  // namespace tidemill::s3
