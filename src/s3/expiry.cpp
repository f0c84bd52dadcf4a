#include "s3/expiry.h"

#include "s3/errors.h"

namespace tidemill::s3 {
namespace {

constexpr int rows_a_step = 2000;

/// Columns size, modified_ms, tags, marker, version.
Result<Aging> read_aging(const store::Row& row, int first, std::string_view key) {
  Aging aging{.key = key,
              .size = std::uint64_t(row.integer(first)),
              .modified = {row.integer(first + 1)},
              .marker = row.integer(first + 3) != 0,
              .version = shown_version(row.bytes(first + 4))};
  if (!row.null(first + 2)) {
    TM_TRY(aging.tags, texts_from_json(row.bytes(first + 2)));
  }
  return aging;
}

/// Rows to Aging, until one can't be read.
struct Reader {
  std::optional<Aging> read(const store::Row& row, int first, std::string_view key) {
    auto aging = read_aging(row, first, key);
    if (aging) return *std::move(aging);
    status = std::unexpected(aging.error());
    return std::nullopt;
  }

  Status status;
};

/// Whether the row's key, its first column, still has the walk's prefix.
bool belongs(const store::Row& row, const Walk& walk) {
  return row.bytes(0).starts_with(walk.prefix);
}

Result<std::vector<Over>> find_objects(store::Tx& tx, const Bucket& bucket,
                                       const Lifecycle& lifecycle, Walk& walk, TimeMs now) {
  std::vector<Over> found;
  Reader reader;
  int rows = 0;
  walk.is_done = true;  // Unless there are more rows than are looked at.
  std::string last = walk.after;
  const store::RowFn look = [&](const store::Row& row) {
    if (!belongs(row, walk)) return false;
    last = row.text(0);
    const auto aging = reader.read(row, 1, last);
    if (!aging) return false;
    if (lifecycle.is_over(*aging, now)) found.push_back({last});
    walk.is_done = ++rows < rows_a_step;
    return walk.is_done;
  };
  TM_CHECK(
      tx.each("SELECT key, size, modified_ms, tags, 0, version FROM objects"
              " WHERE bucket = $1 AND key >= $2 AND key > $3 ORDER BY key",
              look, bucket.id, store::Blob{walk.prefix}, store::Blob{walk.after}));
  TM_CHECK(reader.status);
  walk.after = last;
  return found;
}

/// Only whole chains are judged, so a key's rows are never cut.
Result<std::vector<Over>> find_versions(store::Tx& tx, const Bucket& bucket,
                                        const Lifecycle& lifecycle, Walk& walk, TimeMs now) {
  std::vector<Over> found;
  Reader reader;
  int rows = 0;
  walk.is_done = true;
  std::string key = walk.after;
  Chain chain;
  const auto judge = [&] {
    if (!lifecycle.over_of(chain, now).empty()) found.push_back({key});
    chain = {};
  };
  const store::RowFn look = [&](const store::Row& row) {
    if (!belongs(row, walk)) return false;
    if (row.bytes(0) != key) {
      judge();
      walk.is_done = rows < rows_a_step;
      if (!walk.is_done) return false;
      key = row.text(0);
      if (!row.null(6)) chain.object = Aging{.key = key, .modified = {row.integer(6)}};
    }
    ++rows;
    auto aging = reader.read(row, 1, key);
    if (!aging) return false;
    chain.older.push_back(*std::move(aging));
    return true;
  };
  TM_CHECK(
      tx.each("SELECT v.key, v.size, v.modified_ms, v.tags, v.marker, v.version, o.modified_ms"
              " FROM versions v LEFT JOIN objects o ON o.bucket = v.bucket AND o.key = v.key"
              " WHERE v.bucket = $1 AND v.key >= $2 AND v.key > $3 ORDER BY v.key, v.rank",
              look, bucket.id, store::Blob{walk.prefix}, store::Blob{walk.after}));
  TM_CHECK(reader.status);
  if (walk.is_done) judge();
  walk.after = key;
  return found;
}

Result<std::vector<Over>> find_uploads(store::Tx& tx, const Bucket& bucket,
                                       const Lifecycle& lifecycle, Walk& walk, TimeMs now) {
  std::vector<Over> found;
  int rows = 0;
  walk.is_done = true;
  const store::RowFn look = [&](const store::Row& row) {
    if (!belongs(row, walk)) return false;
    walk.after = row.text(0);
    walk.after_id = row.integer(1);
    if (lifecycle.is_upload_over(walk.after, {row.integer(3)}, now)) {
      found.push_back({walk.after, row.text(2)});
    }
    walk.is_done = ++rows < rows_a_step;
    return walk.is_done;
  };
  const Walk from = walk;
  TM_CHECK(
      tx.each("SELECT key, id, upload_id, initiated_ms FROM uploads"
              " WHERE bucket = $1 AND key >= $2 AND (key, id) > ($3, $4) ORDER BY key, id",
              look, bucket.id, store::Blob{from.prefix}, store::Blob{from.after}, from.after_id));
  return found;
}

Result<Chain> chain_of(store::Tx& tx, const Bucket& bucket, const Over& over,
                       const std::optional<Object>& object) {
  Chain chain;
  if (object) chain.object = aging_of(*object);
  Reader reader;
  const store::RowFn look = [&](const store::Row& row) {
    auto aging = reader.read(row, 0, over.key);
    if (!aging) return false;
    chain.older.push_back(*std::move(aging));
    return true;
  };
  TM_CHECK(
      tx.each("SELECT size, modified_ms, tags, marker, version FROM versions"
              " WHERE bucket = $1 AND key = $2 ORDER BY rank",
              look, bucket.id, store::Blob{over.key}));
  TM_CHECK(reader.status);
  return chain;
}

/// S3 itself.
Caller acting_for(const Bucket& bucket, const Core& core) {
  Caller caller{.kind = Caller::Kind::service, .scope = bucket.scope, .arn = "s3.amazonaws.com"};
  caller.request_id = random_uuid(core.random);
  caller.time = core.clock.now();
  return caller;
}

Status abort_upload(store::Tx& tx, Objects& objects, const Bucket& bucket, const Over& over) {
  const auto caller = acting_for(bucket, objects.core());
  const auto aborted = Multipart(objects).abort(
      tx, {.where = {caller, bucket.name, {}}, .key = over.key, .upload_id = over.upload_id});
  // Completed or aborted meanwhile is well, too.
  if (!aborted && aborted.error().code != Errc::not_found) return aborted;
  return {};
}

}  // namespace

Result<std::vector<Over>> find_over(store::Tx& tx, const Bucket& bucket, const Lifecycle& lifecycle,
                                    Walk& walk, TimeMs now) {
  switch (walk.over) {
    case Walk::Over::objects: return find_objects(tx, bucket, lifecycle, walk, now);
    case Walk::Over::versions: return find_versions(tx, bucket, lifecycle, walk, now);
    case Walk::Over::uploads: return find_uploads(tx, bucket, lifecycle, walk, now);
  }
  return fail(Errc::internal, "no such walk");
}

Result<std::size_t> expire(store::Tx& tx, Objects& objects, const Bucket& bucket, const Over& over,
                           std::size_t max) {
  const auto& core = objects.core();
  const auto lifecycle = core.settings.lifecycles.find(bucket.name);
  if (!lifecycle) return 0;
  if (!over.upload_id.empty()) {
    TM_CHECK(abort_upload(tx, objects, bucket, over));
    return 1;
  }
  const auto now = core.clock.now();
  TM_TRY(const auto object, find_object(tx, bucket.id, over.key));
  TM_TRY(const auto chain, chain_of(tx, bucket, over, object));
  const auto caller = acting_for(bucket, core);
  RemoveRequest request{.bucket = bucket,
                        .caller = caller,
                        .key = over.key,
                        .if_match = {},
                        .version_id = {},
                        .reason = lifecycle_reason};
  std::size_t gone = 0;
  for (const auto index : lifecycle->over_of(chain, now)) {
    if (gone == max) return gone;
    request.version_id = chain.older[index].version;
    TM_CHECK(objects.remove(tx, request));
    ++gone;
  }
  if (!chain.object || !lifecycle->is_over(*chain.object, now)) return gone;
  request.version_id.reset();
  TM_CHECK(objects.remove(tx, request));
  return gone + 1;
}

}  // namespace tidemill::s3
