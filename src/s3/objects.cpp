#include "s3/objects.h"

#include <fmt/format.h>

#include "base/encoding.h"
#include "s3/errors.h"

namespace tidemill::s3 {
namespace {

constexpr int open_tries = 5;

}  // namespace

Task<Result<Checksum>> settle_checksum(Bodies& bodies, const Source& source, ChecksumClaim claim,
                                       const Received& received) {
  auto kind = received.kind();
  if (!claim.value) {
    for (const auto candidate : {DigestKind::crc32, DigestKind::crc32c, DigestKind::crc64nvme,
                                 DigestKind::sha1, DigestKind::sha256}) {
      const auto name = fmt::format("x-amz-checksum-{}", to_lower(checksum_name(candidate)));
      if (auto value = source.trailer(name)) {
        TM_CO_CHECK(check_checksum_form(candidate, *value));
        kind = candidate;
        claim.value = std::move(value);
      }
    }
    if (!claim.value && claim.kind) {
      co_return invalid_request(
          "x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or "
          "x-amz-trailer headers were found.");
    }
  }
  auto sums = received.sums();
  if (kind != received.kind()) {
    TM_CO_TRY(sums.checksum, co_await bodies.digest_again(received, kind));
  }
  TM_CO_CHECK(check_claim(claim, sums, kind));
  co_return Checksum{.kind = kind, .value = to_base64(sums.checksum)};
}

Task<Result<Object>> Objects::put(PutRequest request, Source& source) {
  TM_CO_CHECK(check_key(request.key));
  TM_CO_CHECK(check_form(request.conditions));
  const auto& where = request.where;
  if (source.size().value_or(UINT64_MAX) > Bodies::inline_max) {
    // Before gigabytes come in for nothing.
    auto look = [&](store::Tx& tx) -> Status {
      TM_TRY(const auto bucket, require_bucket(tx, where));
      if (request.conditions.empty()) return {};
      TM_TRY(const auto before, find_object(tx, bucket.id, request.key));
      const auto etag = before ? std::optional(before->etag) : std::nullopt;
      return check_write(request.conditions, etag, request.key);
    };
    TM_CO_CHECK(co_await core_.store.read(look));
  }
  auto hasher = std::make_shared<Hasher>(request.claim.kind.value_or(DigestKind::crc64nvme));
  TM_CO_TRY(auto received, co_await core_.bodies.receive(source, std::move(hasher), put_bytes_max));
  TM_CO_TRY(const auto checksum,
            co_await settle_checksum(core_.bodies, source, request.claim, received));
  auto write = [&](store::Tx& tx) -> Result<Object> {
    TM_TRY(const auto bucket, require_bucket(tx, where));
    TM_TRY(const auto before, find_object(tx, bucket.id, request.key));
    const auto etag = before ? std::optional(before->etag) : std::nullopt;
    TM_CHECK(check_write(request.conditions, etag, request.key));
    Object object{.key = request.key,
                  .size = received.size(),
                  .etag = to_hex(received.sums().md5),
                  .checksum = checksum,
                  .meta = std::move(request.meta)};
    TM_TRY(object.body, core_.bodies.insert(tx, received));
    return replace(tx, bucket, where.caller, std::move(object), before, "PutObject");
  };
  auto written = co_await core_.store.write(write);
  if (!written) received.not_written(written.error());
  co_return written;
}

Result<Object> Objects::replace(store::Tx& tx, const Bucket& bucket, const Caller& caller,
                                Object object, const std::optional<Object>& before,
                                std::string reason) {
  object.modified = core_.clock.now();
  TM_TRY(object.sequencer, next_sequencer(tx));
  object.version.clear();
  if (bucket.versioning == Versioning::enabled) {
    object.version = make_version_id(object.sequencer, core_.random);
  }
  TM_CHECK(make_room(tx, bucket, object.key, before));
  TM_CHECK(save_object(tx, bucket.id, object));
  if (!bucket.eventbridge && !bucket.notifies) return object;
  const Happening happening{.reason = std::move(reason),
                            .key = object.key,
                            .size = object.size,
                            .etag = object.etag,
                            .sequencer = object.sequencer,
                            .time = object.modified,
                            .version = object.version};
  TM_CHECK(tell(tx, bucket, caller, happening, created_event));
  return object;
}

Result<Found> Objects::find(store::Tx& tx, const GetRequest& request) const {
  TM_TRY(const auto bucket, require_bucket(tx, request.where));
  TM_TRY(auto version, require_version(tx, bucket, request.key, request.version_id));
  if (version.marker) return marker_refuses("GET", version);
  const Current current{.etag = version.object.etag, .modified = version.object.modified};
  TM_CHECK(check_read(request.conditions, current, core_.clock.now()));
  Found found{.object = std::move(version.object)};
  found.version = shown_version(bucket, found.object);
  TM_CHECK(choose_span(tx, request, found));
  return found;
}

Status Objects::choose_span(store::Tx& tx, const GetRequest& request, Found& found) const {
  const auto& object = found.object;
  found.span = {0, object.size};
  found.checksum = object.checksum;
  if (request.part_number) {
    if (request.range) {
      return invalid_request("Cannot specify both Range header and partNumber query parameter");
    }
    return choose_part(tx, *request.part_number, found);
  }
  if (!request.range) return {};
  TM_TRY(const auto range, parse_range(*request.range, object.size));
  if (!range) return {};
  found.partial = true;
  found.span = *range;
  if (range->length < object.size) found.checksum = std::nullopt;
  return {};
}

Status Objects::choose_part(store::Tx& tx, std::int64_t number, Found& found) const {
  if (number < 1 || number > 10'000) {
    return invalid_argument("Part number must be an integer between 1 and 10000, inclusive",
                            "partNumber", std::to_string(number));
  }
  TM_TRY(auto parts, parts_of(tx, found.object));
  const bool whole = parts.empty();
  if (whole) parts.push_back({.number = 1, .size = found.object.size});
  // AWS counts the parts of the object, whatever numbers they were uploaded under.
  if (std::size_t(number) > parts.size()) {
    return std::unexpected(Error{.code = Errc::range_not_satisfiable,
                                 .message = "The requested partnumber is not satisfiable",
                                 .name = "InvalidPartNumber",
                                 .details = {{"PartNumberRequested", std::to_string(number)},
                                             {"ActualPartCount", std::to_string(parts.size())}}});
  }
  const auto& part = parts[std::size_t(number) - 1];
  found.span = {part.start, part.size};
  found.partial = part.size > 0;
  if (whole) return {};
  found.parts_count = parts.size();
  found.checksum = std::nullopt;
  if (found.object.checksum.composite) {
    found.checksum = Checksum{found.object.checksum.kind, part.checksum, true};
  }
  return {};
}

Task<Result<Found>> Objects::head(GetRequest request) {
  auto look = [&](store::Tx& tx) { return find(tx, request); };
  co_return co_await core_.store.read(look);
}

Task<Result<Objects::Opened>> Objects::get(GetRequest request) {
  auto look = [&](store::Tx& tx) -> Result<Found> {
    TM_TRY(auto found, find(tx, request));
    TM_TRY(found.pieces,
           core_.bodies.load(tx, found.object.body, found.span.first, found.span.length));
    return found;
  };
  for (int tries = 1;; ++tries) {
    TM_CO_TRY(auto found, co_await core_.store.read(look));
    Pieces pieces = std::move(found.pieces);
    auto payload =
        co_await core_.bodies.open_payload(std::move(pieces), found.span.first, found.span.length);
    if (payload) co_return Opened{std::move(found), *std::move(payload)};
    // The object has been replaced, and its file removed, since the row was read.
    const bool gone = payload.error().code == Errc::not_found;
    if (!gone) co_return std::unexpected(std::move(payload).error());
    if (tries == open_tries) {
      co_return fail(Errc::corrupt, "InternalError", "a stored file is missing: run a check");
    }
  }
}

Task<Result<ObjectData>> Objects::read_whole(std::string bucket, std::string key,
                                             std::size_t bytes_max) {
  struct Seen {
    std::string etag;
    std::uint64_t size;
    Pieces pieces;
  };
  auto look = [&](store::Tx& tx) -> Result<Seen> {
    TM_TRY(const auto found, find_bucket(tx, bucket));
    if (!found) return no_such_bucket(bucket);
    TM_TRY(const auto object, find_object(tx, found->id, key));
    if (!object) return no_such_key(key);
    if (object->size > bytes_max) {
      return fail(Errc::too_large,
                  fmt::format("s3://{}/{} is larger than {} bytes", bucket, key, bytes_max));
    }
    TM_TRY(auto pieces, core_.bodies.load(tx, object->body, 0, object->size));
    return Seen{object->etag, object->size, std::move(pieces)};
  };
  for (int tries = 1;; ++tries) {
    TM_CO_TRY(auto seen, co_await core_.store.read(look));
    ObjectData data{.etag = seen.etag};
    TM_CO_TRY(const auto stream, core_.bodies.open_stream(std::move(seen.pieces), 0, seen.size));
    Status status;
    while (true) {
      const auto piece = co_await stream->read();
      if (!piece) status = std::unexpected(piece.error());
      if (!piece || piece->empty()) break;
      data.bytes.append(*piece);
    }
    if (status) co_return data;
    if (status.error().code != Errc::not_found || tries == open_tries) {
      co_return std::unexpected(std::move(status).error());
    }
  }
}

std::optional<Expiry> Objects::expiry_of(std::string_view bucket, const Object& object) const {
  const auto lifecycle = core_.settings.lifecycles.find(bucket);
  return lifecycle ? lifecycle->expiry_of(aging_of(object)) : std::nullopt;
}

Result<Description> Objects::describe(store::Tx& tx, std::string_view bucket,
                                      std::string_view key) {
  Description description;
  TM_TRY(const auto found, find_bucket(tx, bucket));
  if (!found) return description;
  description.bucket_exists = true;
  description.eventbridge = found->eventbridge;
  description.scope = found->scope;
  TM_TRY(const auto object, find_object(tx, found->id, key));
  if (!object) return description;
  description.exists = true;
  description.etag = object->etag;
  description.size = object->size;
  description.modified = object->modified;
  return description;
}

Status Objects::reset(store::Tx& tx) {
  for (const auto* sql :
       {"DELETE FROM objects", "DELETE FROM versions", "DELETE FROM upload_parts",
        "DELETE FROM uploads", "DELETE FROM bucket_settings", "DELETE FROM buckets"}) {
    TM_CHECK(tx.exec(sql));
  }
  return core_.bodies.reset(tx);
}

}  // namespace tidemill::s3
