// The versioning of buckets, and ListObjectVersions.
#include "s3/api.h"
#include "s3/api_values.h"

namespace tidemill::s3 {
namespace {

/// What versions and delete markers tell alike.
template <class Entry>
void show_entry(const ListedVersion& listed, const std::optional<std::string>& encoding,
                Entry& entry) {
  const auto& object = listed.object;
  entry.Key = shown_name(object.key, encoding);
  entry.VersionId = shown_version(object.version);
  entry.IsLatest = listed.latest;
  entry.LastModified = whole_seconds(object.modified);
}

w::ObjectVersion shown(const ListedVersion& listed, const std::optional<std::string>& encoding) {
  const auto& object = listed.object;
  w::ObjectVersion out;
  show_entry(listed, encoding, out);
  out.ETag = quoted(object.etag);
  out.ChecksumAlgorithm = {object.checksum_kind};
  out.ChecksumType = object.composite ? "COMPOSITE" : "FULL_OBJECT";
  out.Size = std::int64_t(object.size);
  out.StorageClass = object.storage_class;
  return out;
}

w::ListObjectVersionsOutput shown(const VersionPage& page, const VersionQuery& query,
                                  const Bucket& bucket,
                                  const std::optional<std::string>& encoding) {
  w::ListObjectVersionsOutput out;
  out.Name = bucket.name;
  out.Prefix = shown_name(query.keys.prefix, encoding);
  if (!query.keys.delimiter.empty()) out.Delimiter = shown_name(query.keys.delimiter, encoding);
  out.KeyMarker = shown_name(query.keys.after, encoding);
  out.VersionIdMarker = query.version_marker.value_or("");
  out.EncodingType = encoding;
  out.IsTruncated = page.truncated;
  if (page.truncated) {
    out.NextKeyMarker = shown_name(page.end.last, encoding);
    if (!page.end.is_prefix) {
      const auto& last = page.versions.back().object.version;
      out.NextVersionIdMarker = shown_version(last);
    }
  }
  auto& versions = out.Versions.emplace();
  auto& markers = out.DeleteMarkers.emplace();
  for (const auto& listed : page.versions) {
    if (listed.marker) {
      show_entry(listed, encoding, markers.emplace_back());
      markers.back().Owner = owner_of(bucket);
    } else {
      versions.push_back(shown(listed, encoding));
      versions.back().Owner = owner_of(bucket);
    }
  }
  auto& prefixes = out.CommonPrefixes.emplace();
  for (const auto& prefix : page.prefixes) prefixes.push_back({shown_name(prefix, encoding)});
  return out;
}

}  // namespace

void Api::register_versions(wire::Router& router) {
  router.on<w::op::GetBucketVersioning>(this, &Api::get_versioning,
                                        bucket_access<w::GetBucketVersioningRequest>);
  router.on<w::op::PutBucketVersioning>(this, &Api::put_versioning,
                                        bucket_access<w::PutBucketVersioningRequest>);
  router.on<w::op::ListObjectVersions>(this, &Api::list_versions,
                                       bucket_access<w::ListObjectVersionsRequest>);
}

Task<Result<w::GetBucketVersioningOutput>> Api::get_versioning(
    const Caller& caller, w::GetBucketVersioningRequest request) {
  auto look = [&](store::Tx& tx) { return require_bucket(tx, where_of(caller, request)); };
  TM_CO_TRY(const auto bucket, co_await core_.store.read(look));
  w::GetBucketVersioningOutput out;
  if (bucket.versioning == Versioning::enabled) out.Status = "Enabled";
  if (bucket.versioning == Versioning::suspended) out.Status = "Suspended";
  co_return out;
}

Task<Result<wire::Empty>> Api::put_versioning(const Caller& caller,
                                              w::PutBucketVersioningRequest request) {
  const auto& wanted = *request.VersioningConfiguration;
  if (!wanted.Status) {
    co_return fail(Errc::invalid_argument, "IllegalVersioningConfigurationException",
                   "The Versioning element must be specified");
  }
  if (wanted.MFADelete == "Enabled") {
    co_return fail(Errc::not_implemented, "NotImplemented",
                   "A header you provided implies functionality that is not implemented");
  }
  const auto versioning = *wanted.Status == "Enabled" ? Versioning::enabled : Versioning::suspended;
  auto change = [&](store::Tx& tx) -> Status {
    TM_TRY(const auto bucket, require_bucket(tx, where_of(caller, request)));
    return set_versioning(tx, bucket, versioning);
  };
  TM_CO_CHECK(co_await core_.store.write(change));
  co_return wire::Empty();
}

Task<Result<w::ListObjectVersionsOutput>> Api::list_versions(const Caller& caller,
                                                             w::ListObjectVersionsRequest request) {
  TM_CO_CHECK(check_encoding(request.EncodingType));
  TM_CO_TRY(const auto max, page_size(request.MaxKeys, "maxKeys"));
  VersionQuery query{.keys = {.prefix = request.Prefix.value_or(""),
                              .delimiter = request.Delimiter.value_or(""),
                              .after = request.KeyMarker.value_or(""),
                              .max = std::size_t(max)},
                     .version_marker = std::nullopt};
  if (const auto& marker = request.VersionIdMarker; marker && !marker->empty()) {
    if (query.keys.after.empty()) {
      co_return invalid_argument("A version-id marker cannot be specified without a key marker.",
                                 "version-id-marker", *marker);
    }
    query.version_marker = marker;
  }
  auto look = [&](store::Tx& tx) -> Result<w::ListObjectVersionsOutput> {
    TM_TRY(const auto bucket, require_bucket(tx, where_of(caller, request)));
    TM_TRY(const auto page, s3::list_versions(tx, bucket, query));
    auto out = shown(page, query, bucket, request.EncodingType);
    out.MaxKeys = request.MaxKeys.value_or(page_max);
    return out;
  };
  co_return co_await core_.store.read(look);
}

}  // namespace tidemill::s3
