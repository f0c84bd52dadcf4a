/// Between the wire's members and this folder's values: what the operations of S3 share. Pure.
#pragma once

#include <map>
#include <optional>
#include <string>

#include <fmt/format.h>

#include "s3/conditions.h"
#include "s3/errors.h"
#include "s3/object.h"
#include "s3/objects.h"
#include "wire/gen/s3.h"
#include "wire/router.h"

namespace tidemill::s3 {

namespace w = wire::s3;

/// The request's body as this folder reads it.
class BodySource final : public Source {
 public:
  explicit BodySource(http::Body& body) : body_(body) {}
  Task<Result<std::string_view>> read() override { return body_.read(); }
  [[nodiscard]] std::optional<std::uint64_t> size() const noexcept override { return body_.size(); }
  [[nodiscard]] std::optional<std::string> trailer(std::string_view name) const override;

 private:
  http::Body& body_;
};

/// The bytes of an object as the answer's body.
void give_payload(Payload payload, std::string& text, std::unique_ptr<http::Body>& stream,
                  std::optional<http::FileRange>& file);

/// What AWS shows of a time: whole seconds.
[[nodiscard]] inline TimeMs whole_seconds(TimeMs t) { return {t.ms / 1000 * 1000}; }
[[nodiscard]] inline std::string quoted(std::string_view etag) {
  return fmt::format("\"{}\"", etag);
}
[[nodiscard]] w::Owner owner_of(const Bucket& bucket);

/// "arn:aws:s3:::bucket" and "arn:aws:s3:::bucket/key".
[[nodiscard]] inline wire::Access on_bucket(const std::string& bucket) {
  return {.resource = "arn:aws:s3:::" + bucket};
}
[[nodiscard]] inline wire::Access on_object(const std::string& bucket, const std::string& key) {
  return {.resource = fmt::format("arn:aws:s3:::{}/{}", bucket, key)};
}
template <class Request>
wire::Access bucket_access(const Caller& /*caller*/, const Request& request) {
  return on_bucket(request.Bucket.value_or(""));
}
template <class Request>
wire::Access object_access(const Caller& /*caller*/, const Request& request) {
  return on_object(request.Bucket.value_or(""), request.Key.value_or(""));
}
/// Where an older version is meant, another action is asked for.
template <class Request>
auto version_access(std::string action) {
  return [action](const Caller& /*caller*/, const Request& request) {
    auto access = on_object(request.Bucket.value_or(""), request.Key.value_or(""));
    if (request.VersionId) access.action = action;
    return access;
  };
}
template <class Request>
BucketRequest where_of(const Caller& caller, const Request& request) {
  return {caller, *request.Bucket, request.ExpectedBucketOwner};
}

/// x-amz-copy-source: "/bucket/key", percent-encoded, with "?versionId=…". Fails with
/// InvalidArgument.
struct CopySource {
  std::string bucket, key;
  std::optional<std::string> version;
};
[[nodiscard]] Result<CopySource> parse_copy_source(const std::string& header);

/// x-amz-tagging: "a=1&b=2". Fails with InvalidArgument or InvalidTag.
[[nodiscard]] Result<Texts> parse_tagging_header(const std::string& header);
/// At most `count_max` tags. Fails with InvalidTag or BadRequest, as AWS words it.
[[nodiscard]] Result<Texts> tags_of(const std::vector<w::Tag>& tags, std::size_t count_max);
[[nodiscard]] std::vector<w::Tag> tag_set(const Texts& tags);

/// Fails with InvalidStorageClass.
[[nodiscard]] Status check_storage_class(const std::optional<std::string>& name);

/// Fails with MetadataTooLarge.
[[nodiscard]] Status check_metadata(const Texts& metadata);
/// Fails with MissingContentLength: a body must say how long it is, or come in chunks.
[[nodiscard]] Status check_length(const std::optional<std::int64_t>& content_length,
                                  const http::Body& body);

/// What PutObject, CopyObject and CreateMultipartUpload say of the content.
template <class Request>
Result<ObjectMeta> meta_of(const Request& request) {
  TM_CHECK(check_storage_class(request.StorageClass));
  ObjectMeta meta;
  meta.content_type = request.ContentType;
  const auto keep = [&](std::string name, const std::optional<std::string>& value) {
    if (value) meta.headers[std::move(name)] = *value;
  };
  keep("cache-control", request.CacheControl);
  keep("content-disposition", request.ContentDisposition);
  keep("content-encoding", request.ContentEncoding);
  keep("content-language", request.ContentLanguage);
  keep("expires", request.Expires);
  keep("x-amz-website-redirect-location", request.WebsiteRedirectLocation);
  if (request.StorageClass && *request.StorageClass != "STANDARD") {
    keep("x-amz-storage-class", request.StorageClass);
  }
  if (request.Metadata) meta.metadata = *request.Metadata;
  TM_CHECK(check_metadata(meta.metadata));
  if (request.Tagging) {
    TM_TRY(meta.tags, parse_tagging_header(*request.Tagging));
  }
  return meta;
}

/// The five checksum members that a shape has, by kind.
template <class Shape>
std::map<DigestKind, std::string> checksums_of(const Shape& shape) {
  std::map<DigestKind, std::string> given;
  const auto take = [&](DigestKind kind, const std::optional<std::string>& value) {
    if (value) given[kind] = *value;
  };
  take(DigestKind::crc32, shape.ChecksumCRC32);
  take(DigestKind::crc32c, shape.ChecksumCRC32C);
  take(DigestKind::crc64nvme, shape.ChecksumCRC64NVME);
  take(DigestKind::sha1, shape.ChecksumSHA1);
  take(DigestKind::sha256, shape.ChecksumSHA256);
  return given;
}

/// The headers of PutObject and UploadPart that say what the bytes must add up to.
template <class Request>
Result<ChecksumClaim> claim_of(const Request& request) {
  ChecksumClaim claim;
  if (request.ChecksumAlgorithm) {
    TM_TRY(claim.kind, parse_checksum_name(*request.ChecksumAlgorithm));
  }
  const auto given = checksums_of(request);
  if (given.size() > 1) {
    return invalid_request(
        "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.");
  }
  if (!given.empty()) {
    claim.kind = given.begin()->first;
    claim.value = given.begin()->second;
    TM_CHECK(check_checksum_form(*claim.kind, *claim.value));
  }
  if (request.ContentMD5) {
    TM_TRY(claim.md5, parse_content_md5(*request.ContentMD5));
  }
  return claim;
}

template <class Shape>
void show_value(const Checksum& checksum, Shape& shape) {
  switch (checksum.kind) {
    case DigestKind::crc32: shape.ChecksumCRC32 = checksum.value; break;
    case DigestKind::crc32c: shape.ChecksumCRC32C = checksum.value; break;
    case DigestKind::crc64nvme: shape.ChecksumCRC64NVME = checksum.value; break;
    case DigestKind::sha1: shape.ChecksumSHA1 = checksum.value; break;
    case DigestKind::sha256: shape.ChecksumSHA256 = checksum.value; break;
    case DigestKind::md5: break;
  }
}
/// With its type.
template <class Shape>
void show_checksum(const Checksum& checksum, Shape& shape) {
  show_value(checksum, shape);
  shape.ChecksumType = checksum.composite ? "COMPOSITE" : "FULL_OBJECT";
}

template <class Request>
ReadConditions read_conditions(const Request& request) {
  return {.if_match = request.IfMatch,
          .if_none_match = request.IfNoneMatch,
          .if_modified_since = request.IfModifiedSince,
          .if_unmodified_since = request.IfUnmodifiedSince};
}
template <class Request>
ReadConditions source_conditions(const Request& request) {
  return {.if_match = request.CopySourceIfMatch,
          .if_none_match = request.CopySourceIfNoneMatch,
          .if_modified_since = request.CopySourceIfModifiedSince,
          .if_unmodified_since = request.CopySourceIfUnmodifiedSince};
}

/// The most that a page of a listing holds, and what is asked of it. Fails with InvalidArgument.
constexpr std::int32_t page_max = 1000;
[[nodiscard]] Result<std::int32_t> page_size(const std::optional<std::int32_t>& asked,
                                             std::string_view name);

/// The encoding-type parameter: what names in a listing are shown as. Fails with InvalidArgument.
[[nodiscard]] Status check_encoding(const std::optional<std::string>& encoding);
[[nodiscard]] std::string shown_name(std::string_view name,
                                     const std::optional<std::string>& encoding);

}  // namespace tidemill::s3
