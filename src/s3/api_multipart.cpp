// Multipart uploads.
#include <algorithm>

#include "base/encoding.h"
#include "s3/api.h"
#include "s3/api_values.h"

namespace tidemill::s3 {
namespace {

template <class Request>
UploadRequest upload_request(const Caller& caller, const Request& request) {
  return {where_of(caller, request), *request.Key, *request.UploadId};
}

template <class Output>
void show_choice(const UploadChecksum& checksum, Output& out) {
  if (!checksum.kind) return;
  out.ChecksumAlgorithm = std::string(checksum_name(*checksum.kind));
  out.ChecksumType = checksum.composite ? "COMPOSITE" : "FULL_OBJECT";
}

std::string storage_class_of(const ObjectMeta& meta) {
  const auto found = meta.headers.find("x-amz-storage-class");
  return found == meta.headers.end() ? "STANDARD" : found->second;
}

w::Initiator initiator_of(const Upload& upload, const Bucket& bucket) {
  w::Initiator initiator;
  initiator.ID = upload.initiator.empty() ? canonical_id(bucket.scope.account) : upload.initiator;
  initiator.DisplayName = initiator.ID->substr(initiator.ID->rfind('/') + 1);
  return initiator;
}

w::Part shown_part(const UploadPart& part, const Upload& upload) {
  w::Part out;
  out.PartNumber = std::int32_t(part.number);
  out.LastModified = whole_seconds(part.modified);
  out.ETag = quoted(part.etag);
  out.Size = std::int64_t(part.size);
  if (upload.checksum.kind) {
    const Checksum checksum{.kind = *upload.checksum.kind, .value = part.checksum};
    show_value(checksum, out);
  }
  return out;
}

}  // namespace

void Api::register_multipart(wire::Router& router) {
  router.on<w::op::CreateMultipartUpload>(this, &Api::create_upload,
                                          object_access<w::CreateMultipartUploadRequest>);
  router.on<w::op::UploadPart>(this, &Api::upload_part, object_access<w::UploadPartRequest>);
  router.on<w::op::UploadPartCopy>(this, &Api::copy_part, object_access<w::UploadPartCopyRequest>);
  router.on<w::op::CompleteMultipartUpload>(this, &Api::complete_upload,
                                            object_access<w::CompleteMultipartUploadRequest>);
  router.on<w::op::AbortMultipartUpload>(this, &Api::abort_upload,
                                         object_access<w::AbortMultipartUploadRequest>);
  router.on<w::op::ListParts>(this, &Api::list_parts, object_access<w::ListPartsRequest>);
  router.on<w::op::ListMultipartUploads>(this, &Api::list_uploads,
                                         bucket_access<w::ListMultipartUploadsRequest>);
}

Task<Result<w::CreateMultipartUploadOutput>> Api::create_upload(
    const Caller& caller, w::CreateMultipartUploadRequest request) {
  TM_CO_TRY(const auto checksum,
            choose_upload_checksum(request.ChecksumAlgorithm, request.ChecksumType));
  TM_CO_TRY(auto meta, meta_of(request));
  BucketRequest where = where_of(caller, request);
  TM_CO_TRY(const auto upload,
            co_await multipart_.create(std::move(where), *request.Key, checksum, std::move(meta)));
  w::CreateMultipartUploadOutput out;
  out.Bucket = request.Bucket;
  out.Key = request.Key;
  out.UploadId = upload.upload_id;
  out.ServerSideEncryption = "AES256";
  show_choice(upload.checksum, out);
  co_return out;
}

Task<Result<w::UploadPartOutput>> Api::upload_part(const Caller& caller,
                                                   w::UploadPartRequest request, http::Body& body) {
  TM_CO_TRY(auto claim, claim_of(request));
  PutPartRequest put{.upload = upload_request(caller, request),
                     .number = *request.PartNumber,
                     .claim = std::move(claim)};
  BodySource source(body);
  TM_CO_TRY(const auto stored, co_await multipart_.put_part(std::move(put), source));
  w::UploadPartOutput out;
  out.ETag = quoted(stored.part.etag);
  out.ServerSideEncryption = "AES256";
  show_value(stored.echo, out);
  co_return out;
}

Task<Result<w::UploadPartCopyOutput>> Api::copy_part(const Caller& caller,
                                                     w::UploadPartCopyRequest request) {
  TM_CO_TRY(const auto source, parse_copy_source(*request.CopySource));
  TM_CO_CHECK(may_read_source(caller, source));
  CopyPartRequest copy{.upload = upload_request(caller, request),
                       .number = *request.PartNumber,
                       .source = {caller, source.bucket, request.ExpectedSourceBucketOwner},
                       .source_key = source.key,
                       .source_version = source.version,
                       .source_conditions = source_conditions(request),
                       .range = request.CopySourceRange};
  TM_CO_TRY(const auto stored, co_await multipart_.copy_part(std::move(copy)));
  w::UploadPartCopyOutput out;
  out.CopySourceVersionId = stored.source_version;
  out.ServerSideEncryption = "AES256";
  auto& result = out.CopyPartResult.emplace();
  result.ETag = quoted(stored.part.etag);
  result.LastModified = whole_seconds(stored.part.modified);
  show_value(stored.echo, result);
  co_return out;
}

Task<Result<w::CompleteMultipartUploadOutput>> Api::complete_upload(
    const Caller& caller, w::CompleteMultipartUploadRequest request) {
  CompleteRequest complete{
      .upload = upload_request(caller, request),
      .checksums = checksums_of(request),
      .checksum_type = request.ChecksumType,
      .conditions = {.if_match = request.IfMatch, .if_none_match = request.IfNoneMatch}};
  if (request.MpuObjectSize) complete.object_size = std::uint64_t(*request.MpuObjectSize);
  if (request.MultipartUpload && request.MultipartUpload->Parts) {
    for (const auto& part : *request.MultipartUpload->Parts) {
      complete.parts.push_back({.number = part.PartNumber.value_or(0),
                                .etag = part.ETag.value_or(""),
                                .checksums = checksums_of(part)});
    }
  }
  TM_CO_TRY(const auto object, co_await multipart_.complete(std::move(complete)));
  w::CompleteMultipartUploadOutput out;
  out.Bucket = request.Bucket;
  out.Key = request.Key;
  if (!object.version.empty()) out.VersionId = object.version;
  out.Location = fmt::format("/{}/{}", *request.Bucket, percent_encode(*request.Key, true));
  out.ETag = quoted(object.etag);
  out.ServerSideEncryption = "AES256";
  tell_expiry(*request.Bucket, object, out);
  show_checksum(object.checksum, out);
  co_return out;
}

Task<Result<w::AbortMultipartUploadOutput>> Api::abort_upload(
    const Caller& caller, w::AbortMultipartUploadRequest request) {
  const UploadRequest upload = upload_request(caller, request);
  auto change = [&](store::Tx& tx) { return multipart_.abort(tx, upload); };
  TM_CO_CHECK(co_await core_.store.write(change));
  co_return w::AbortMultipartUploadOutput();
}

Task<Result<w::ListPartsOutput>> Api::list_parts(const Caller& caller,
                                                 w::ListPartsRequest request) {
  const auto after = request.PartNumberMarker.value_or(0);
  const auto max = std::clamp(request.MaxParts.value_or(page_max), 0, page_max);
  auto look = [&](store::Tx& tx) -> Result<w::ListPartsOutput> {
    TM_TRY(const auto bucket, require_bucket(tx, where_of(caller, request)));
    TM_TRY(const auto page,
           Multipart::list_parts(tx, upload_request(caller, request), after, std::size_t(max)));
    w::ListPartsOutput out;
    out.Bucket = request.Bucket;
    out.Key = request.Key;
    out.UploadId = request.UploadId;
    out.PartNumberMarker = after;
    out.NextPartNumberMarker = page.parts.empty() ? 0 : std::int32_t(page.parts.back().number);
    out.MaxParts = max;
    out.IsTruncated = page.truncated;
    out.Initiator = initiator_of(page.upload, bucket);
    out.Owner = owner_of(bucket);
    out.StorageClass = storage_class_of(page.upload.meta);
    show_choice(page.upload.checksum, out);
    auto& parts = out.Parts.emplace();
    for (const auto& part : page.parts) parts.push_back(shown_part(part, page.upload));
    return out;
  };
  co_return co_await core_.store.read(look);
}

Task<Result<w::ListMultipartUploadsOutput>> Api::list_uploads(
    const Caller& caller, w::ListMultipartUploadsRequest request) {
  TM_CO_CHECK(check_encoding(request.EncodingType));
  const auto max = std::clamp(request.MaxUploads.value_or(page_max), 0, page_max);
  UploadQuery query{.keys = {.prefix = request.Prefix.value_or(""),
                             .delimiter = request.Delimiter.value_or(""),
                             .after = request.KeyMarker.value_or(""),
                             .max = std::size_t(max)}};
  // Without a key marker, AWS doesn't heed the other.
  if (!query.keys.after.empty()) query.upload_id_marker = request.UploadIdMarker;
  auto look = [&](store::Tx& tx) -> Result<w::ListMultipartUploadsOutput> {
    TM_TRY(const auto bucket, require_bucket(tx, where_of(caller, request)));
    TM_TRY(const auto page, Multipart::list_uploads(tx, bucket, query));
    const auto& encoding = request.EncodingType;
    w::ListMultipartUploadsOutput out;
    out.Bucket = bucket.name;
    out.KeyMarker = shown_name(query.keys.after, encoding);
    out.UploadIdMarker = query.upload_id_marker.value_or("");
    out.Prefix = shown_name(query.keys.prefix, encoding);
    if (!query.keys.delimiter.empty()) out.Delimiter = shown_name(query.keys.delimiter, encoding);
    out.EncodingType = encoding;
    out.MaxUploads = max;
    out.IsTruncated = page.truncated;
    const bool any = !page.uploads.empty();
    out.NextKeyMarker = any ? shown_name(page.uploads.back().key, encoding) : "";
    out.NextUploadIdMarker = any ? page.uploads.back().upload_id : "";
    auto& uploads = out.Uploads.emplace();
    for (const auto& upload : page.uploads) {
      w::MultipartUpload shown;
      shown.UploadId = upload.upload_id;
      shown.Key = shown_name(upload.key, encoding);
      shown.Initiated = whole_seconds(upload.initiated);
      shown.StorageClass = storage_class_of(upload.meta);
      shown.Owner = owner_of(bucket);
      shown.Initiator = initiator_of(upload, bucket);
      show_choice(upload.checksum, shown);
      uploads.push_back(std::move(shown));
    }
    auto& prefixes = out.CommonPrefixes.emplace();
    for (const auto& prefix : page.prefixes) prefixes.push_back({shown_name(prefix, encoding)});
    return out;
  };
  co_return co_await core_.store.read(look);
}

}  // namespace tidemill::s3
