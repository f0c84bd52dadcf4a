// CompleteMultipartUpload: the rules, then the transaction.
#include <fmt/format.h>

#include "base/encoding.h"
#include "s3/errors.h"
#include "s3/multipart.h"

namespace tidemill::s3 {
namespace {

std::string lower_name(DigestKind kind) { return to_lower(checksum_name(kind)); }

std::string_view unquoted(std::string_view etag) noexcept {
  if (etag.size() >= 2 && etag.front() == '"' && etag.back() == '"') {
    return etag.substr(1, etag.size() - 2);
  }
  return etag;
}

std::unexpected<Error> invalid_part(const ClaimedPart& part, const Upload& upload) {
  return std::unexpected(
      Error{.code = Errc::invalid_argument,
            .message = "One or more of the specified parts could not be found.  The part may not "
                       "have been uploaded, or the specified entity tag may not match the part's "
                       "entity tag.",
            .name = "InvalidPart",
            .details = {{"UploadId", upload.upload_id},
                        {"PartNumber", std::to_string(part.number)},
                        {"ETag", std::string(unquoted(part.etag))}}});
}

std::unexpected<Error> too_small(const UploadPart& part) {
  return std::unexpected(
      Error{.code = Errc::invalid_argument,
            .message = "Your proposed upload is smaller than the minimum allowed size",
            .name = "EntityTooSmall",
            .details = {{"ETag", part.etag},
                        {"MinSizeAllowed", std::to_string(part_bytes_min)},
                        {"PartNumber", std::to_string(part.number)},
                        {"ProposedSize", std::to_string(part.size)}}});
}

/// The checksums that the request names for a part.
Status check_part_checksums(const ClaimedPart& claimed, const UploadPart& stored,
                            const Upload& upload) {
  const auto& kind = upload.checksum.kind;
  if (kind && upload.checksum.composite && !claimed.checksums.contains(*kind)) {
    return invalid_request(
        fmt::format("The upload was created using a {} checksum. The complete request must include "
                    "the checksum for each part. It was missing for part {} in the request.",
                    lower_name(*kind), claimed.number));
  }
  for (const auto& [named, value] : claimed.checksums) {
    if (!kind) continue;  // Were sent with the parts, checked there, and not kept.
    if (named != *kind) {
      return fail(Errc::invalid_argument, "BadDigest",
                  fmt::format("The {} you specified for part {} did not match what we received.",
                              lower_name(named), claimed.number));
    }
    if (value != stored.checksum) return invalid_part(claimed, upload);
  }
  return {};
}

}  // namespace

Result<std::vector<UploadPart>> match_parts(const CompleteRequest& request, const Upload& upload,
                                            const std::vector<UploadPart>& stored) {
  if (request.parts.empty()) return invalid_request("You must specify at least one part");
  std::vector<UploadPart> matched;
  std::int64_t before = 0;
  for (const auto& claimed : request.parts) {
    if (claimed.number <= before) {
      return std::unexpected(Error{.code = Errc::invalid_argument,
                                   .message = "The list of parts was not in ascending order. Parts "
                                              "must be ordered by part number.",
                                   .name = "InvalidPartOrder",
                                   .details = {{"UploadId", upload.upload_id}}});
    }
    before = claimed.number;
    const auto found = std::ranges::find(stored, claimed.number, &UploadPart::number);
    if (found == stored.end() || found->etag != unquoted(claimed.etag)) {
      return invalid_part(claimed, upload);
    }
    TM_CHECK(check_part_checksums(claimed, *found, upload));
    matched.push_back(*found);
  }
  std::uint64_t size = 0;
  for (const auto& part : matched) {
    if (part.size < part_bytes_min && &part != &matched.back()) return too_small(part);
    size += part.size;
  }
  if (request.object_size && *request.object_size != size) {
    return invalid_request(
        fmt::format("The provided 'x-amz-mp-object-size' header value {} does "
                    "not match what was computed: {}",
                    *request.object_size, size));
  }
  return matched;
}

Result<Checksum> match_checksum(const CompleteRequest& request, const Upload& upload,
                                const std::vector<UploadPart>& parts) {
  const auto& chosen = upload.checksum;
  const auto kind = chosen.kind.value_or(DigestKind::crc64nvme);
  if (request.checksum_type &&
      (!chosen.kind ||
       *request.checksum_type != (chosen.composite ? "COMPOSITE" : "FULL_OBJECT"))) {
    const std::string_view mode = !chosen.kind       ? "null"
                                  : chosen.composite ? "COMPOSITE"
                                                     : "FULL_OBJECT";
    return invalid_request(
        fmt::format("The upload was created using the {} checksum mode. The "
                    "complete request must use the same checksum mode.",
                    mode));
  }
  std::vector<PartSum> sums;
  for (const auto& part : parts) {
    sums.push_back({from_base64(part.checksum).value_or(std::string()), part.size});
  }
  auto whole = assemble_checksum(kind, chosen.composite, sums);
  for (const auto& [named, value] : request.checksums) {
    // A composite value may be given without its "-N".
    const auto plain = whole.value.substr(0, whole.value.find('-'));
    if (named == kind && (value == whole.value || value == plain)) continue;
    return fail(Errc::invalid_argument, "BadDigest",
                fmt::format("The {} you specified did not match the calculated checksum.",
                            lower_name(named)));
  }
  return whole;
}

Task<Result<Object>> Multipart::complete(CompleteRequest request) {
  TM_CO_CHECK(check_form(request.conditions));
  auto write = [&](store::Tx& tx) { return complete_in(tx, request); };
  co_return co_await core_.store.write(write);
}

Result<Object> Multipart::complete_in(store::Tx& tx, const CompleteRequest& request) {
  const auto& where = request.upload.where;
  TM_TRY(const auto bucket, require_bucket(tx, where));
  TM_TRY(const auto upload, require_upload(tx, bucket, request.upload));
  TM_TRY(auto stored, list_parts(tx, request.upload, 0, part_number_max));
  TM_TRY(const auto parts, match_parts(request, upload, stored.parts));
  TM_TRY(auto checksum, match_checksum(request, upload, parts));
  TM_TRY(const auto before, find_object(tx, bucket.id, upload.key));
  const auto etag = before ? std::optional(before->etag) : std::nullopt;
  TM_CHECK(check_write(request.conditions, etag, upload.key));
  if (request.conditions.if_match && before && before->sequencer > upload.sequencer) {
    return std::unexpected(
        Error{.code = Errc::conflict,
              .message = "The conditional request cannot succeed due to a conflicting operation "
                         "against this resource.",
              .name = "ConditionalRequestConflict",
              .details = {{"Condition", "If-Match"}, {"Key", upload.key}}});
  }
  Object object{.key = upload.key, .checksum = std::move(checksum), .meta = upload.meta};
  std::vector<Bodies::Part> bodies;
  std::vector<std::string> md5s;
  for (const auto& part : parts) {
    bodies.push_back({part.number, part.body, std::int64_t(part.size), part.checksum});
    md5s.push_back(from_hex(part.etag).value_or(std::string()));
    object.size += part.size;
    std::erase_if(stored.parts, [&](const UploadPart& p) { return p.number == part.number; });
  }
  object.etag = assemble_etag(md5s);
  TM_TRY(object.body, core_.bodies.assemble(tx, bodies));
  for (const auto& unused : stored.parts) TM_CHECK(core_.bodies.release(tx, unused.body));
  TM_CHECK(forget(tx, upload));
  return objects_.replace(tx, bucket, where.caller, std::move(object), before,
                          "CompleteMultipartUpload");
}

}  // namespace tidemill::s3
