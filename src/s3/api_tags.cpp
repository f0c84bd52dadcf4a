// The tags of objects.
#include "s3/api.h"
#include "s3/api_values.h"

namespace tidemill::s3 {
namespace {

constexpr std::size_t tags_max = 10;

struct Tagged {
  Bucket bucket;
  Version version;
};

/// What the request means, which isn't a delete marker.
template <class Request>
Result<Tagged> require_tagged(store::Tx& tx, const Caller& caller, const Request& request,
                              std::string_view method) {
  TM_TRY(auto bucket, require_bucket(tx, where_of(caller, request)));
  TM_TRY(auto version, require_version(tx, bucket, *request.Key, request.VersionId));
  if (version.marker) return marker_refuses(method, version);
  return Tagged{std::move(bucket), std::move(version)};
}

}  // namespace

Task<Result<w::GetObjectTaggingOutput>> Api::get_object_tags(const Caller& caller,
                                                             w::GetObjectTaggingRequest request) {
  auto look = [&](store::Tx& tx) { return require_tagged(tx, caller, request, "GET"); };
  TM_CO_TRY(const auto found, co_await core_.store.read(look));
  w::GetObjectTaggingOutput out;
  out.VersionId = shown_version(found.bucket, found.version.object);
  out.TagSet = tag_set(found.version.object.meta.tags);
  co_return out;
}

Task<Result<w::PutObjectTaggingOutput>> Api::put_object_tags(const Caller& caller,
                                                             w::PutObjectTaggingRequest request) {
  TM_CO_TRY(const auto tags, tags_of(*request.Tagging->TagSet, tags_max));
  auto change = [&](store::Tx& tx) -> Result<std::optional<std::string>> {
    TM_TRY(const auto found, require_tagged(tx, caller, request, "PUT"));
    TM_CHECK(save_tags(tx, found.bucket.id, found.version, tags));
    return shown_version(found.bucket, found.version.object);
  };
  w::PutObjectTaggingOutput out;
  TM_CO_TRY(out.VersionId, co_await core_.store.write(change));
  co_return out;
}

Task<Result<w::DeleteObjectTaggingOutput>> Api::delete_object_tags(
    const Caller& caller, w::DeleteObjectTaggingRequest request) {
  auto change = [&](store::Tx& tx) -> Result<std::optional<std::string>> {
    TM_TRY(const auto found, require_tagged(tx, caller, request, "DELETE"));
    TM_CHECK(save_tags(tx, found.bucket.id, found.version, {}));
    return shown_version(found.bucket, found.version.object);
  };
  w::DeleteObjectTaggingOutput out;
  TM_CO_TRY(out.VersionId, co_await core_.store.write(change));
  co_return out;
}

}  // namespace tidemill::s3
