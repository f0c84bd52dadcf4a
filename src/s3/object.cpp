#include "s3/object.h"

#include "base/json.h"

namespace tidemill::s3 {
namespace {

Status fill(Texts& texts, const std::optional<std::string>& json) {
  if (json) {
    TM_TRY(texts, texts_from_json(*json));
  }
  return {};
}

}  // namespace

ObjectRow read_object_row(const store::Row& row) {
  ObjectRow raw;
  auto& object = raw.object;
  object.body = row.integer(0);
  object.size = std::uint64_t(row.integer(1));
  object.etag = row.text(2);
  object.modified = {row.integer(3)};
  object.sequencer = row.integer(4);
  raw.checksum_kind = row.text(5);
  object.checksum.value = row.text(6);
  object.checksum.composite = row.integer(7) != 0;
  object.meta.content_type = row.maybe_text(8);
  raw.headers = row.maybe_text(9);
  raw.metadata = row.maybe_text(10);
  raw.tags = row.maybe_text(11);
  object.version = row.text(12);
  return raw;
}

Result<Object> ObjectRow::unpacked(std::string_view key) && {
  object.key = key;
  TM_TRY(object.checksum.kind, parse_checksum_name(checksum_kind));
  TM_CHECK(fill(object.meta.headers, headers));
  TM_CHECK(fill(object.meta.metadata, metadata));
  TM_CHECK(fill(object.meta.tags, tags));
  return std::move(object);
}

std::string Object::storage_class() const {
  const auto found = meta.headers.find("x-amz-storage-class");
  return found == meta.headers.end() ? "STANDARD" : found->second;
}

std::optional<std::string> texts_to_json(const Texts& texts) {
  if (texts.empty()) return std::nullopt;
  std::string json = "{";
  for (const auto& [name, value] : texts) {
    if (json.size() > 1) json += ',';
    json += json::quote(name);
    json += ':';
    json += json::quote(value);
  }
  return json + "}";
}

Result<Texts> texts_from_json(std::string_view json) {
  TM_TRY(const auto object, json::parse_object(json));
  Texts texts;
  for (const auto& member : object) {
    if (!member.value().is_string()) return fail(Errc::corrupt, "a stored text isn't one");
    texts.emplace(member.key(), json::view(member.value().get_string()));
  }
  return texts;
}

Result<std::optional<Object>> find_object(store::Tx& tx, std::int64_t bucket,
                                          std::string_view key) {
  TM_TRY(auto raw,
         tx.one("SELECT body, size, etag, modified_ms, sequencer, checksum_kind, checksum,"
                " composite, content_type, headers, metadata, tags, version FROM objects"
                " WHERE bucket = $1 AND key = $2",
                read_object_row, bucket, store::Blob{key}));
  if (!raw) return std::nullopt;
  TM_TRY(auto object, (*std::move(raw)).unpacked(key));
  return std::move(object);
}

Status save_object(store::Tx& tx, std::int64_t bucket, const Object& object) {
  const auto& meta = object.meta;
  TM_CHECK(tx.exec(
      "INSERT INTO objects (bucket, key, body, size, etag, modified_ms, sequencer, checksum_kind,"
      " checksum, composite, content_type, headers, metadata, tags, version)"
      " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)"
      " ON CONFLICT (bucket, key) DO UPDATE SET body = excluded.body, size = excluded.size,"
      " etag = excluded.etag, modified_ms = excluded.modified_ms, sequencer = excluded.sequencer,"
      " checksum_kind = excluded.checksum_kind, checksum = excluded.checksum,"
      " composite = excluded.composite, content_type = excluded.content_type,"
      " headers = excluded.headers, metadata = excluded.metadata, tags = excluded.tags,"
      " version = excluded.version",
      bucket, store::Blob{object.key}, object.body, object.size, object.etag, object.modified.ms,
      object.sequencer, checksum_name(object.checksum.kind), object.checksum.value,
      object.checksum.composite ? 1 : 0, meta.content_type, texts_to_json(meta.headers),
      texts_to_json(meta.metadata), texts_to_json(meta.tags),
      object.version.empty() ? std::nullopt : std::optional(object.version)));
  return {};
}

Status drop_object(store::Tx& tx, std::int64_t bucket, std::string_view key) {
  TM_CHECK(tx.exec("DELETE FROM objects WHERE bucket = $1 AND key = $2", bucket, store::Blob{key}));
  return {};
}

Result<std::int64_t> next_sequencer(store::Tx& tx) {
  // In two steps: SQLite keeps what RETURNING gives in a table of its own, made for each statement.
  TM_TRY(const auto changed,
         tx.exec("UPDATE s3_counters SET value = value + 1 WHERE name = 'sequencer'"));
  if (changed != 1) return fail(Errc::corrupt, "the sequencer's row is gone");
  return last_sequencer(tx);
}

Result<std::int64_t> last_sequencer(store::Tx& tx) {
  TM_TRY(const auto last, tx.one("SELECT value FROM s3_counters WHERE name = 'sequencer'",
                                 [](const store::Row& row) { return row.integer(0); }));
  return last.value_or(0);
}

Result<std::vector<ObjectPart>> parts_of(store::Tx& tx, const Object& object) {
  return tx.all(
      "SELECT number, start, size, checksum FROM body_parts WHERE body = $1"
      " ORDER BY number",
      [](const store::Row& row) {
        return ObjectPart{row.integer(0), std::uint64_t(row.integer(1)),
                          std::uint64_t(row.integer(2)), row.text(3)};
      },
      object.body);
}

}  // namespace tidemill::s3
