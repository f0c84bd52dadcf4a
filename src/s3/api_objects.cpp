// One object at a time, and DeleteObjects.
#include "s3/api.h"
#include "s3/api_values.h"

namespace tidemill::s3 {
namespace {

constexpr std::string_view default_content_type = "binary/octet-stream";

/// What GetObject and HeadObject answer alike.
template <class Request, class Output>
void describe(const Found& found, const Request& request, Output& out) {
  const auto& object = found.object;
  out.AcceptRanges = "bytes";
  out.LastModified = object.modified;
  out.ContentLength = std::int64_t(found.span.length);
  out.ETag = quoted(object.etag);
  out.ServerSideEncryption = "AES256";
  out.ContentType = object.meta.content_type.value_or(std::string(default_content_type));
  if (!object.meta.metadata.empty()) out.Metadata = object.meta.metadata;
  if (!object.meta.tags.empty()) out.TagCount = std::int32_t(object.meta.tags.size());
  out.VersionId = found.version;
  if (found.parts_count) out.PartsCount = std::int32_t(*found.parts_count);
  if (found.partial) {
    out.ContentRange = fmt::format("bytes {}-{}/{}", found.span.first,
                                   found.span.first + found.span.length - 1, object.size);
  }
  if (found.checksum && request.ChecksumMode == "ENABLED") show_checksum(*found.checksum, out);
  const auto give = [&](const char* name, std::optional<std::string>& member) {
    const auto kept = object.meta.headers.find(name);
    if (kept != object.meta.headers.end()) member = kept->second;
  };
  give("cache-control", out.CacheControl);
  give("content-disposition", out.ContentDisposition);
  give("content-encoding", out.ContentEncoding);
  give("content-language", out.ContentLanguage);
  give("expires", out.Expires);
  give("x-amz-website-redirect-location", out.WebsiteRedirectLocation);
  give("x-amz-storage-class", out.StorageClass);
  const auto replace = [](const std::optional<std::string>& wanted,
                          std::optional<std::string>& member) {
    if (wanted) member = wanted;
  };
  replace(request.ResponseCacheControl, out.CacheControl);
  replace(request.ResponseContentDisposition, out.ContentDisposition);
  replace(request.ResponseContentEncoding, out.ContentEncoding);
  replace(request.ResponseContentLanguage, out.ContentLanguage);
  replace(request.ResponseContentType, out.ContentType);
  if (request.ResponseExpires) out.Expires = http_date(*request.ResponseExpires);
}

template <class Request>
GetRequest get_request(const Caller& caller, const Request& request) {
  return {.where = where_of(caller, request),
          .key = *request.Key,
          .conditions = read_conditions(request),
          .range = request.Range,
          .version_id = request.VersionId,
          .part_number = request.PartNumber};
}

std::unexpected<Error> header_not_implemented(std::string header) {
  return std::unexpected(
      Error{.code = Errc::not_implemented,
            .message = "A header you provided implies functionality that is not implemented",
            .name = "NotImplemented",
            .details = {{"Header", std::move(header)}}});
}

template <class Request>
Status refuse_customer_keys(const Request& request) {
  if (request.SSECustomerAlgorithm || request.SSECustomerKey) {
    return header_not_implemented("x-amz-server-side-encryption-customer-algorithm");
  }
  return {};
}

}  // namespace

void Api::register_objects(wire::Router& router) {
  router.on<w::op::PutObject>(this, &Api::put_object, object_access<w::PutObjectRequest>);
  router.on<w::op::GetObject>(this, &Api::get_object,
                              version_access<w::GetObjectRequest>("s3:GetObjectVersion"));
  router.on<w::op::HeadObject>(this, &Api::head_object,
                               version_access<w::HeadObjectRequest>("s3:GetObjectVersion"));
  router.on<w::op::DeleteObject>(this, &Api::delete_object,
                                 version_access<w::DeleteObjectRequest>("s3:DeleteObjectVersion"));
  router.on<w::op::DeleteObjects>(this, &Api::delete_objects);
  router.on<w::op::CopyObject>(this, &Api::copy_object, object_access<w::CopyObjectRequest>);
  router.on<w::op::GetObjectTagging>(
      this, &Api::get_object_tags,
      version_access<w::GetObjectTaggingRequest>("s3:GetObjectVersionTagging"));
  router.on<w::op::PutObjectTagging>(
      this, &Api::put_object_tags,
      version_access<w::PutObjectTaggingRequest>("s3:PutObjectVersionTagging"));
  router.on<w::op::DeleteObjectTagging>(
      this, &Api::delete_object_tags,
      version_access<w::DeleteObjectTaggingRequest>("s3:DeleteObjectVersionTagging"));
}

Task<Result<w::PutObjectOutput>> Api::put_object(const Caller& caller, w::PutObjectRequest request,
                                                 http::Body& body) {
  TM_CO_CHECK(check_length(request.ContentLength, body));
  TM_CO_CHECK(refuse_customer_keys(request));
  TM_CO_TRY(auto meta, meta_of(request));
  TM_CO_TRY(auto claim, claim_of(request));
  PutRequest put{.where = where_of(caller, request),
                 .key = *request.Key,
                 .meta = std::move(meta),
                 .conditions = {.if_match = request.IfMatch, .if_none_match = request.IfNoneMatch},
                 .claim = std::move(claim)};
  BodySource source(body);
  TM_CO_TRY(const auto object, co_await objects_.put(std::move(put), source));
  w::PutObjectOutput out;
  out.ETag = quoted(object.etag);
  out.ServerSideEncryption = "AES256";
  if (!object.version.empty()) out.VersionId = object.version;
  show_checksum(object.checksum, out);
  tell_expiry(*request.Bucket, object, out);
  co_return out;
}

Task<Result<wire::Download<w::GetObjectOutput>>> Api::get_object(const Caller& caller,
                                                                 w::GetObjectRequest request) {
  TM_CO_CHECK(refuse_customer_keys(request));
  GetRequest wanted = get_request(caller, request);
  TM_CO_TRY(auto opened, co_await objects_.get(std::move(wanted)));
  wire::Download<w::GetObjectOutput> answer;
  describe(opened.found, request, answer.head);
  if (!request.VersionId) tell_expiry(*request.Bucket, opened.found.object, answer.head);
  if (opened.found.partial) answer.status = 206;
  give_payload(std::move(opened.payload), answer.text, answer.stream, answer.file);
  co_return answer;
}

Task<Result<wire::Download<w::HeadObjectOutput>>> Api::head_object(const Caller& caller,
                                                                   w::HeadObjectRequest request) {
  TM_CO_CHECK(refuse_customer_keys(request));
  GetRequest wanted = get_request(caller, request);
  TM_CO_TRY(const auto found, co_await objects_.head(std::move(wanted)));
  wire::Download<w::HeadObjectOutput> answer;
  describe(found, request, answer.head);
  if (!request.VersionId) tell_expiry(*request.Bucket, found.object, answer.head);
  if (found.partial) answer.status = 206;
  co_return answer;
}

Task<Result<w::DeleteObjectOutput>> Api::delete_object(const Caller& caller,
                                                       w::DeleteObjectRequest request) {
  if (request.IfMatchSize) co_return header_not_implemented("x-amz-if-match-size");
  if (request.IfMatchLastModifiedTime) {
    co_return header_not_implemented("x-amz-if-match-last-modified-time");
  }
  auto change = [&](store::Tx& tx) -> Result<Removed> {
    TM_TRY(const auto bucket, require_bucket(tx, where_of(caller, request)));
    return objects_.remove(tx, {bucket, caller, *request.Key, request.IfMatch, request.VersionId});
  };
  TM_CO_TRY(const auto removed, co_await core_.store.write(change));
  w::DeleteObjectOutput out;
  out.VersionId = removed.version;
  if (removed.marker) out.DeleteMarker = true;
  co_return out;
}

Result<w::DeleteObjectsOutput> Api::delete_all(store::Tx& tx, const Caller& caller,
                                               const w::DeleteObjectsRequest& request) {
  TM_TRY(const auto bucket, require_bucket(tx, where_of(caller, request)));
  w::DeleteObjectsOutput out;
  auto& deleted = out.Deleted.emplace();
  auto& errors = out.Errors.emplace();
  for (const auto& named : *request.Delete->Objects) {
    const auto done = delete_one(tx, caller, bucket, named);
    // A broken store ends it all; what is refused concerns its key only.
    if (!done && done.error().code == Errc::corrupt) return std::unexpected(done.error());
    if (!done) {
      w::Error error;
      error.Key = named.Key;
      error.VersionId = named.VersionId;
      error.Code = std::string(aws_name(done.error()));
      error.Message = done.error().message;
      errors.push_back(std::move(error));
    } else if (!request.Delete->Quiet.value_or(false)) {
      deleted.push_back(*done);
    }
  }
  return out;
}

Result<w::DeletedObject> Api::delete_one(store::Tx& tx, const Caller& caller, const Bucket& bucket,
                                         const w::ObjectIdentifier& named) {
  const auto access = on_object(bucket.name, *named.Key);
  const auto* action = named.VersionId ? "s3:DeleteObjectVersion" : "s3:DeleteObject";
  TM_CHECK(authorizer_.authorize(caller, action, access.resource));
  const bool ids = bucket.versioning != Versioning::never;
  if (named.VersionId && *named.VersionId != null_version &&
      (!ids || !sequencer_of(*named.VersionId))) {
    return no_such_version(*named.Key, *named.VersionId);
  }
  TM_TRY(const auto removed,
         objects_.remove(tx, {bucket, caller, *named.Key, named.ETag, named.VersionId}));
  w::DeletedObject gone;
  gone.Key = named.Key;
  gone.VersionId = named.VersionId;
  if (removed.marker) {
    gone.DeleteMarker = true;
    gone.DeleteMarkerVersionId = removed.version;
  }
  return gone;
}

Task<Result<w::DeleteObjectsOutput>> Api::delete_objects(const Caller& caller,
                                                         w::DeleteObjectsRequest request) {
  if (request.Delete->Objects->empty() || request.Delete->Objects->size() > 1000) {
    co_return fail(Errc::invalid_argument, "MalformedXML",
                   "The XML you provided was not well-formed or did not validate against our "
                   "published schema");
  }
  auto change = [&](store::Tx& tx) { return delete_all(tx, caller, request); };
  co_return co_await core_.store.write(change);
}

Status Api::may_read_source(const Caller& caller, const CopySource& source) const {
  const auto* action = source.version ? "s3:GetObjectVersion" : "s3:GetObject";
  return authorizer_.authorize(caller, action, on_object(source.bucket, source.key).resource);
}

Task<Result<w::CopyObjectOutput>> Api::copy_object(const Caller& caller,
                                                   w::CopyObjectRequest request) {
  TM_CO_CHECK(refuse_customer_keys(request));
  TM_CO_TRY(const auto source, parse_copy_source(*request.CopySource));
  TM_CO_CHECK(may_read_source(caller, source));
  TM_CO_TRY(auto meta, meta_of(request));
  std::optional<DigestKind> kind;
  if (request.ChecksumAlgorithm) {
    TM_CO_TRY(kind, parse_checksum_name(*request.ChecksumAlgorithm));
  }
  CopyRequest copy{
      .where = where_of(caller, request),
      .key = *request.Key,
      .source = {caller, source.bucket, request.ExpectedSourceBucketOwner},
      .source_key = source.key,
      .source_version = source.version,
      .source_conditions = source_conditions(request),
      .conditions = {.if_match = request.IfMatch, .if_none_match = request.IfNoneMatch},
      .replaces_meta = request.MetadataDirective == "REPLACE",
      .replaces_tags = request.TaggingDirective == "REPLACE",
      .changes_something =
          request.StorageClass || request.WebsiteRedirectLocation || request.ServerSideEncryption,
      .meta = std::move(meta),
      .kind = kind};
  if (!copy.replaces_meta) {
    // What isn't to be replaced isn't heeded; these two are never copied.
    std::erase_if(copy.meta.headers, [](const auto& header) {
      return header.first != "x-amz-storage-class" &&
             header.first != "x-amz-website-redirect-location";
    });
  }
  TM_CO_TRY(const auto copied, co_await objects_.copy(std::move(copy)));
  const auto& object = copied.object;
  w::CopyObjectOutput out;
  out.VersionId = copied.version;
  out.CopySourceVersionId = copied.source_version;
  tell_expiry(*request.Bucket, object, out);
  out.ServerSideEncryption = "AES256";
  auto& result = out.CopyObjectResult.emplace();
  result.ETag = quoted(object.etag);
  result.LastModified = whole_seconds(object.modified);
  show_checksum(object.checksum, result);
  co_return out;
}

}  // namespace tidemill::s3
