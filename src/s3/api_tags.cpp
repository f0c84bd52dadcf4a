// The tags of objects.
#include "s3/api.h"
#include "s3/api_values.h"

namespace tidemill::s3 {
namespace {

constexpr std::size_t tags_max = 10;

/// The bucket, and the object as it is now.
template <class Request>
Result<std::pair<Bucket, Object>> require_object(store::Tx& tx, const Caller& caller,
                                                 const Request& request) {
  TM_TRY(auto bucket, require_bucket(tx, where_of(caller, request)));
  if (request.VersionId && *request.VersionId != "null") {
    return invalid_argument("Invalid version id specified", "versionId", *request.VersionId);
  }
  TM_TRY(auto object, find_object(tx, bucket.id, *request.Key));
  if (!object) return no_such_key(*request.Key);
  return std::pair(std::move(bucket), *std::move(object));
}

}  // namespace

Task<Result<w::GetObjectTaggingOutput>> Api::get_object_tags(const Caller& caller,
                                                             w::GetObjectTaggingRequest request) {
  auto look = [&](store::Tx& tx) { return require_object(tx, caller, request); };
  TM_CO_TRY(const auto found, co_await core_.store.read(look));
  w::GetObjectTaggingOutput out;
  out.TagSet = tag_set(found.second.meta.tags);
  co_return out;
}

Task<Result<w::PutObjectTaggingOutput>> Api::put_object_tags(const Caller& caller,
                                                             w::PutObjectTaggingRequest request) {
  TM_CO_TRY(const auto tags, tags_of(*request.Tagging->TagSet, tags_max));
  auto change = [&](store::Tx& tx) -> Status {
    TM_TRY(const auto found, require_object(tx, caller, request));
    return save_tags(tx, found.first.id, found.second.key, tags);
  };
  TM_CO_CHECK(co_await core_.store.write(change));
  co_return w::PutObjectTaggingOutput();
}

Task<Result<w::DeleteObjectTaggingOutput>> Api::delete_object_tags(
    const Caller& caller, w::DeleteObjectTaggingRequest request) {
  auto change = [&](store::Tx& tx) -> Status {
    TM_TRY(const auto found, require_object(tx, caller, request));
    return save_tags(tx, found.first.id, found.second.key, {});
  };
  TM_CO_CHECK(co_await core_.store.write(change));
  co_return w::DeleteObjectTaggingOutput();
}

}  // namespace tidemill::s3
