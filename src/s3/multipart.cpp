#include "s3/multipart.h"

#include <fmt/format.h>

#include "base/encoding.h"
#include "s3/errors.h"

namespace tidemill::s3 {
namespace {

constexpr std::size_t aborted_at_once = 16;  // Of a bucket that is deleted, in one transaction.

struct RawUpload {
  Upload upload;
  std::optional<std::string> checksum_kind, headers, metadata, tags;
};

RawUpload read_raw(const store::Row& row) {
  RawUpload raw;
  auto& upload = raw.upload;
  upload.id = row.integer(0);
  upload.upload_id = row.text(1);
  upload.key = row.text(2);
  upload.initiated = {row.integer(3)};
  upload.initiator = row.text(4);
  upload.sequencer = row.integer(5);
  raw.checksum_kind = row.maybe_text(6);
  upload.checksum.composite = row.integer(7) != 0;
  upload.meta.content_type = row.maybe_text(8);
  raw.headers = row.maybe_text(9);
  raw.metadata = row.maybe_text(10);
  raw.tags = row.maybe_text(11);
  return raw;
}

Result<Upload> parse_upload(RawUpload raw) {
  auto& upload = raw.upload;
  if (raw.checksum_kind) {
    TM_TRY(upload.checksum.kind, parse_checksum_name(*raw.checksum_kind));
  }
  if (raw.headers) {
    TM_TRY(upload.meta.headers, texts_from_json(*raw.headers));
  }
  if (raw.metadata) {
    TM_TRY(upload.meta.metadata, texts_from_json(*raw.metadata));
  }
  if (raw.tags) {
    TM_TRY(upload.meta.tags, texts_from_json(*raw.tags));
  }
  return std::move(upload);
}

Status check_part_number(std::int64_t number) {
  if (number >= 1 && number <= part_number_max) return {};
  return invalid_argument("Part number must be an integer between 1 and 10000, inclusive",
                          "partNumber", std::to_string(number));
}

/// What the upload demands of the checksum that comes with a part.
Status check_part_claim(const Upload& upload, const ChecksumClaim& claim) {
  const auto& kind = upload.checksum.kind;
  if (!kind || !claim.kind || *claim.kind == *kind) return {};
  return invalid_request(
      fmt::format("Checksum Type mismatch occurred, expected checksum Type: {}, actual checksum "
                  "Type: {}",
                  to_lower(checksum_name(*kind)), to_lower(checksum_name(*claim.kind))));
}

}  // namespace

Result<Upload> require_upload(store::Tx& tx, const Bucket& bucket, const UploadRequest& request) {
  TM_TRY(auto raw, tx.one("SELECT id, upload_id, key, initiated_ms, initiator, sequencer,"
                          " checksum_kind, composite, content_type, headers, metadata, tags"
                          " FROM uploads WHERE upload_id = $1 AND bucket = $2 AND key = $3",
                          read_raw, request.upload_id, bucket.id, store::Blob{request.key}));
  if (!raw) return no_such_upload(request.upload_id);
  return parse_upload(*std::move(raw));
}

Task<Result<Upload>> Multipart::create(BucketRequest where, std::string key,
                                       UploadChecksum checksum, ObjectMeta meta) {
  TM_CO_CHECK(check_key(key));
  Upload upload{.upload_id = random_hex(core_.random, 32),
                .key = std::move(key),
                .initiated = core_.clock.now(),
                .initiator = where.caller.arn,
                .checksum = checksum,
                .meta = std::move(meta)};
  auto write = [&](store::Tx& tx) -> Result<Upload> {
    TM_TRY(const auto bucket, require_bucket(tx, where));
    TM_TRY(upload.sequencer, last_sequencer(tx));
    const auto kind = checksum.kind ? std::optional(checksum_name(*checksum.kind)) : std::nullopt;
    TM_CHECK(
        tx.exec("INSERT INTO uploads (upload_id, bucket, key, initiated_ms, initiator,"
                " sequencer, checksum_kind, composite, content_type, headers, metadata, tags)"
                " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
                upload.upload_id, bucket.id, store::Blob{upload.key}, upload.initiated.ms,
                upload.initiator, upload.sequencer, kind, checksum.composite ? 1 : 0,
                upload.meta.content_type, texts_to_json(upload.meta.headers),
                texts_to_json(upload.meta.metadata), texts_to_json(upload.meta.tags)));
    return upload;
  };
  co_return co_await core_.store.write(write);
}

Result<UploadPart> Multipart::save_part(store::Tx& tx, const UploadRequest& request,
                                        UploadPart part, Received& received) {
  TM_TRY(const auto bucket, require_bucket(tx, request.where));
  TM_TRY(const auto upload, require_upload(tx, bucket, request));
  TM_TRY(part.body, core_.bodies.insert(tx, received));
  TM_TRY(const auto before,
         tx.one(
             "SELECT body FROM upload_parts WHERE upload = $1 AND number = $2",
             [](const store::Row& row) { return row.integer(0); }, upload.id, part.number));
  TM_CHECK(tx.exec(
      "INSERT INTO upload_parts (upload, number, body, size, etag, checksum,"
      " modified_ms) VALUES ($1, $2, $3, $4, $5, $6, $7)"
      " ON CONFLICT (upload, number) DO UPDATE SET body = excluded.body,"
      " size = excluded.size, etag = excluded.etag, checksum = excluded.checksum,"
      " modified_ms = excluded.modified_ms",
      upload.id, part.number, part.body, part.size, part.etag, part.checksum, part.modified.ms));
  if (before) TM_CHECK(core_.bodies.release(tx, *before));
  return part;
}

Task<Result<Multipart::StoredPart>> Multipart::put_part(PutPartRequest request, Source& source) {
  TM_CO_CHECK(check_part_number(request.number));
  auto look = [&](store::Tx& tx) -> Result<Upload> {
    TM_TRY(const auto bucket, require_bucket(tx, request.upload.where));
    return require_upload(tx, bucket, request.upload);
  };
  TM_CO_TRY(const auto upload, co_await core_.store.read(look));
  TM_CO_CHECK(check_part_claim(upload, request.claim));
  const auto& chosen = upload.checksum.kind;
  const auto computed = request.claim.kind.value_or(chosen.value_or(DigestKind::crc64nvme));
  auto hasher = std::make_shared<Hasher>(computed);
  TM_CO_TRY(auto received, co_await core_.bodies.receive(source, std::move(hasher), put_bytes_max));
  request.claim.is_part = true;
  TM_CO_TRY(const auto echo,
            co_await settle_checksum(core_.bodies, source, request.claim, received));
  const ChecksumClaim settled{.kind = echo.kind};
  TM_CO_CHECK(check_part_claim(upload, settled));
  UploadPart part{.number = request.number,
                  .size = received.size(),
                  .etag = to_hex(received.sums().md5),
                  .checksum = echo.value,
                  .modified = core_.clock.now()};
  const auto kept = chosen.value_or(DigestKind::crc64nvme);
  if (echo.kind != kept) {
    TM_CO_TRY(const auto raw, co_await core_.bodies.digest_again(received, kept));
    part.checksum = to_base64(raw);
  }
  TM_CO_TRY(part, co_await write_part(request.upload, std::move(part), received));
  co_return StoredPart{part, echo};
}

Task<Result<UploadPart>> Multipart::write_part(const UploadRequest& request, UploadPart part,
                                               Received& received) {
  auto write = [&](store::Tx& tx) { return save_part(tx, request, part, received); };
  auto written = co_await core_.store.write(write);
  if (!written) received.not_written(written.error());
  co_return written;
}

Task<Result<Multipart::StoredPart>> Multipart::copy_part(CopyPartRequest request) {
  TM_CO_CHECK(check_part_number(request.number));
  struct Seen {
    DigestKind kind;
    ByteRange span;
    std::optional<std::string> version;
    Pieces pieces;
  };
  auto look = [&](store::Tx& tx) -> Result<Seen> {
    TM_TRY(const auto bucket, require_bucket(tx, request.upload.where));
    TM_TRY(const auto upload, require_upload(tx, bucket, request.upload));
    TM_TRY(const auto source_bucket, require_bucket(tx, request.source));
    TM_TRY(const auto version,
           require_version(tx, source_bucket, request.source_key, request.source_version));
    if (version.marker) return marker_as_source();
    const auto& source = version.object;
    const Current current{.etag = source.etag, .modified = source.modified};
    TM_CHECK(check_copy_source(request.source_conditions, current, core_.clock.now()));
    Seen seen{.kind = upload.checksum.kind.value_or(DigestKind::crc64nvme),
              .span = {0, source.size},
              .version = shown_version(source_bucket, source)};
    if (request.range) {
      TM_TRY(seen.span, parse_copy_range(*request.range, source.size));
    }
    TM_TRY(seen.pieces, core_.bodies.load(tx, source.body, seen.span.first, seen.span.length));
    return seen;
  };
  TM_CO_TRY(auto seen, co_await core_.store.read(look));
  TM_CO_TRY(const auto stream,
            core_.bodies.open_stream(std::move(seen.pieces), seen.span.first, seen.span.length));
  auto hasher = std::make_shared<Hasher>(seen.kind);
  TM_CO_TRY(auto received,
            co_await core_.bodies.receive(*stream, std::move(hasher), put_bytes_max));
  UploadPart part{.number = request.number,
                  .size = received.size(),
                  .etag = to_hex(received.sums().md5),
                  .checksum = to_base64(received.sums().checksum),
                  .modified = core_.clock.now()};
  TM_CO_TRY(part, co_await write_part(request.upload, std::move(part), received));
  Checksum echo{.kind = seen.kind, .value = part.checksum};
  co_return StoredPart{std::move(part), std::move(echo), std::move(seen.version)};
}

Status Multipart::forget(store::Tx& tx, const Upload& upload) {
  TM_CHECK(tx.exec("DELETE FROM upload_parts WHERE upload = $1", upload.id));
  TM_CHECK(tx.exec("DELETE FROM uploads WHERE id = $1", upload.id));
  return {};
}

Status Multipart::abort(store::Tx& tx, const UploadRequest& request) {
  TM_TRY(const auto page, list_parts(tx, request, 0, part_number_max));
  for (const auto& part : page.parts) TM_CHECK(core_.bodies.release(tx, part.body));
  return forget(tx, page.upload);
}

Result<bool> Multipart::abort_some(store::Tx& tx, const BucketRequest& where) {
  TM_TRY(const auto bucket, require_bucket(tx, where));
  TM_TRY(const auto page, list_uploads(tx, bucket, {.keys = {.max = aborted_at_once}}));
  for (const auto& upload : page.uploads) {
    TM_CHECK(abort(tx, {where, upload.key, upload.upload_id}));
  }
  return !page.uploads.empty();
}

Result<PartPage> Multipart::list_parts(store::Tx& tx, const UploadRequest& request,
                                       std::int64_t after, std::size_t max) {
  TM_TRY(const auto bucket, require_bucket(tx, request.where));
  PartPage page;
  TM_TRY(page.upload, require_upload(tx, bucket, request));
  const auto take = [&](const store::Row& row) {
    if (page.parts.size() == max) {
      page.truncated = max > 0;
      return false;
    }
    page.parts.push_back({.number = row.integer(0),
                          .body = row.integer(1),
                          .size = std::uint64_t(row.integer(2)),
                          .etag = row.text(3),
                          .checksum = row.text(4),
                          .modified = {row.integer(5)}});
    return true;
  };
  TM_CHECK(
      tx.each("SELECT number, body, size, etag, checksum, modified_ms FROM upload_parts"
              " WHERE upload = $1 AND number > $2 ORDER BY number LIMIT $3",
              take, page.upload.id, after, max + 1));
  return page;
}

Result<UploadPage> Multipart::list_uploads(store::Tx& tx, const Bucket& bucket,
                                           const UploadQuery& query) {
  Pager pager(query.keys);
  UploadPage page;
  const auto& marker = query.keys.after;
  std::int64_t begin_after = INT64_MAX;  // Of the marker's own key: which uploads are behind it.
  if (query.upload_id_marker && !marker.empty()) {
    TM_TRY(const auto id, tx.one(
                              "SELECT id FROM uploads WHERE upload_id = $1 AND bucket = $2"
                              " AND key = $3",
                              [](const store::Row& row) { return row.integer(0); },
                              *query.upload_id_marker, bucket.id, store::Blob{marker}));
    if (!id) {
      return invalid_argument("Invalid uploadId marker", "upload-id-marker",
                              *query.upload_id_marker);
    }
    begin_after = *id;
  }
  auto step = query.keys.max == 0 ? Pager::Step::stop : Pager::Step::seek;
  std::vector<RawUpload> raws;
  const auto look = [&](const store::Row& row) {
    step = pager.next(row.bytes(2));
    if (step != Pager::Step::take) return false;
    raws.push_back(read_raw(row));
    return true;
  };
  bool first = true;
  while (step == Pager::Step::seek && !pager.seek().nothing) {
    step = Pager::Step::stop;
    const auto seek = pager.seek();
    // The first walk may begin within the uploads of one key.
    const auto after = first && !seek.inclusive ? begin_after : seek.inclusive ? -1 : INT64_MAX;
    first = false;
    TM_CHECK(
        tx.each("SELECT id, upload_id, key, initiated_ms, initiator, sequencer,"
                " checksum_kind, composite, content_type, headers, metadata, tags"
                " FROM uploads WHERE bucket = $1 AND (key > $2 OR (key = $2 AND id > $3))"
                " ORDER BY key, id LIMIT $4",
                look, bucket.id, store::Blob{seek.key}, after, query.keys.max - pager.count() + 1));
    if (step == Pager::Step::take) break;
  }
  for (auto& raw : raws) {
    TM_TRY(auto upload, parse_upload(std::move(raw)));
    page.uploads.push_back(std::move(upload));
  }
  page.prefixes = pager.prefixes();
  page.truncated = pager.truncated();
  return page;
}

}  // namespace tidemill::s3
