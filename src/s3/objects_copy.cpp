// CopyObject, and listing.
#include <fmt/format.h>

#include "base/encoding.h"
#include "s3/errors.h"
#include "s3/objects.h"

namespace tidemill::s3 {

/// What the transaction came to: a copy that shares the source's body, or the bytes to be read.
struct Objects::Copied {
  std::optional<CopyResult> done;
  Object source;
  std::optional<std::string> source_version;
  Pieces pieces;
};

namespace {

/// What the copy's row says of the content.
ObjectMeta merged_meta(const CopyRequest& request, const Object& source) {
  ObjectMeta meta = request.meta;
  if (!request.replaces_meta) {
    auto headers = source.meta.headers;
    // These two are never copied.
    headers.erase("x-amz-storage-class");
    headers.erase("x-amz-website-redirect-location");
    headers.insert(meta.headers.begin(), meta.headers.end());
    meta.headers = std::move(headers);
    meta.content_type = source.meta.content_type;
    meta.metadata = source.meta.metadata;
  }
  if (!request.replaces_tags) meta.tags = source.meta.tags;
  return meta;
}

/// The source has the ETag and checksum that a copy of its bytes would have.
bool can_share(const CopyRequest& request, const Object& source, bool in_parts) {
  return !in_parts && !source.checksum.composite &&
         request.kind.value_or(source.checksum.kind) == source.checksum.kind;
}

}  // namespace

Result<Objects::Copied> Objects::copy_in(store::Tx& tx, const CopyRequest& request) {
  TM_TRY(const auto bucket, require_bucket(tx, request.where));
  TM_TRY(const auto source_bucket, require_bucket(tx, request.source));
  TM_TRY(const auto version,
         require_version(tx, source_bucket, request.source_key, request.source_version));
  if (version.marker) return marker_as_source();
  const auto& source = version.object;
  const Current current{.etag = source.etag, .modified = source.modified};
  TM_CHECK(check_copy_source(request.source_conditions, current, core_.clock.now()));
  const bool in_place =
      bucket.id == source_bucket.id && request.key == request.source_key && version.current;
  if (in_place && !request.replaces_meta && !request.changes_something) {
    return invalid_request(
        "This copy request is illegal because it is trying to copy an object to itself without "
        "changing the object's metadata, storage class, website redirect location or encryption "
        "attributes.");
  }
  TM_TRY(const auto before, find_object(tx, bucket.id, request.key));
  const auto etag = before ? std::optional(before->etag) : std::nullopt;
  TM_CHECK(check_write(request.conditions, etag, request.key));
  TM_TRY(const auto parts, parts_of(tx, source));
  Copied copied{.done = std::nullopt,
                .source = source,
                .source_version = shown_version(source_bucket, source),
                .pieces = {}};
  if (can_share(request, copied.source, !parts.empty())) {
    Object object = copied.source;
    object.key = request.key;
    object.meta = merged_meta(request, copied.source);
    TM_CHECK(core_.bodies.add_reference(tx, object.body));
    const auto& caller = request.where.caller;
    TM_TRY(object, replace(tx, bucket, caller, std::move(object), before, "CopyObject"));
    const auto shown = shown_version(bucket, object);
    copied.done = CopyResult{std::move(object), shown, copied.source_version};
    return copied;
  }
  TM_TRY(copied.pieces, core_.bodies.load(tx, copied.source.body, 0, copied.source.size));
  return copied;
}

/// Reads the source's bytes and stores them anew: ETag and checksum become those of the whole.
Task<Result<CopyResult>> Objects::copy_bytes(const CopyRequest& request, Copied source) {
  const auto size = source.source.size;
  TM_CO_TRY(const auto stream, core_.bodies.open_stream(std::move(source.pieces), 0, size));
  const auto kind = request.kind.value_or(source.source.checksum.kind);
  auto hasher = std::make_shared<Hasher>(kind);
  TM_CO_TRY(auto received,
            co_await core_.bodies.receive(*stream, std::move(hasher), put_bytes_max));
  auto write = [&](store::Tx& tx) -> Result<CopyResult> {
    TM_TRY(const auto bucket, require_bucket(tx, request.where));
    TM_TRY(const auto before, find_object(tx, bucket.id, request.key));
    const auto etag = before ? std::optional(before->etag) : std::nullopt;
    TM_CHECK(check_write(request.conditions, etag, request.key));
    Object object{.key = request.key,
                  .size = received.size(),
                  .etag = to_hex(received.sums().md5),
                  .checksum = {.kind = kind, .value = to_base64(received.sums().checksum)},
                  .meta = merged_meta(request, source.source)};
    TM_TRY(object.body, core_.bodies.insert(tx, received));
    const auto& caller = request.where.caller;
    TM_TRY(object, replace(tx, bucket, caller, std::move(object), before, "CopyObject"));
    const auto shown = shown_version(bucket, object);
    return CopyResult{std::move(object), shown, source.source_version};
  };
  auto written = co_await core_.store.write(write);
  if (!written) received.not_written(written.error());
  co_return written;
}

Task<Result<CopyResult>> Objects::copy(CopyRequest request) {
  TM_CO_CHECK(check_key(request.key));
  TM_CO_CHECK(check_form(request.conditions));
  auto write = [&](store::Tx& tx) { return copy_in(tx, request); };
  TM_CO_TRY(auto copied, co_await core_.store.write(write));
  if (copied.done) co_return *std::move(copied.done);
  co_return co_await copy_bytes(request, std::move(copied));
}

Result<ObjectPage> Objects::list(store::Tx& tx, const Bucket& bucket, const ListQuery& query) {
  Pager pager(query);
  ObjectPage page;
  auto step = query.max == 0 ? Pager::Step::stop : Pager::Step::seek;
  Status parsed;
  const auto look = [&](const store::Row& row) {
    step = pager.next(row.bytes(0));
    if (step != Pager::Step::take) return false;
    ListedObject object{.key = row.text(0),
                        .size = std::uint64_t(row.integer(1)),
                        .etag = row.text(2),
                        .modified = {row.integer(3)},
                        .checksum_kind = row.text(4),
                        .composite = row.integer(5) != 0,
                        .storage_class = "STANDARD",
                        .version = row.text(7)};
    if (!row.null(6)) {
      auto headers = texts_from_json(row.bytes(6));
      if (!headers) parsed = std::unexpected(headers.error());
      if (!headers) return false;
      const auto found = headers->find("x-amz-storage-class");
      if (found != headers->end()) object.storage_class = found->second;
    }
    page.objects.push_back(std::move(object));
    return true;
  };
  while (step == Pager::Step::seek && !pager.seek().nothing) {
    step = Pager::Step::stop;  // Unless a row says otherwise.
    const auto seek = pager.seek();
    const auto rest = query.max - pager.count() + 1;
    TM_CHECK(tx.each(seek.inclusive ? "SELECT key, size, etag, modified_ms, checksum_kind, "
                                      "composite, headers, version FROM objects"
                                      " WHERE bucket = $1 AND key >= $2 ORDER BY key LIMIT $3"
                                    : "SELECT key, size, etag, modified_ms, checksum_kind, "
                                      "composite, headers, version FROM objects"
                                      " WHERE bucket = $1 AND key > $2 ORDER BY key LIMIT $3",
                     look, bucket.id, store::Blob{seek.key}, rest));
    TM_CHECK(parsed);
    if (step == Pager::Step::take) break;  // There are no more.
  }
  page.prefixes = pager.prefixes();
  page.truncated = pager.truncated();
  page.end = {.last = pager.last(), .is_prefix = pager.last_is_prefix()};
  return page;
}

}  // namespace tidemill::s3
