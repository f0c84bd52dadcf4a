// Buckets and their tags.
#include "s3/api.h"
#include "s3/api_values.h"

namespace tidemill::s3 {
namespace {

constexpr std::string_view tags_setting = "tags";

}  // namespace

void Api::register_with(wire::Router& router) {
  register_buckets(router);
  register_objects(router);
  register_listing(router);
  register_versions(router);
  register_multipart(router);
  settings_.register_with(router);
  metrics_.register_with(router);
}

void Api::register_buckets(wire::Router& router) {
  router.on<w::op::ListBuckets>(this, &Api::list_buckets);
  router.on<w::op::CreateBucket>(this, &Api::create_bucket, bucket_access<w::CreateBucketRequest>);
  router.on<w::op::HeadBucket>(this, &Api::head_bucket, bucket_access<w::HeadBucketRequest>);
  router.on<w::op::DeleteBucket>(this, &Api::delete_bucket, bucket_access<w::DeleteBucketRequest>);
  router.on<w::op::GetBucketLocation>(this, &Api::get_location,
                                      bucket_access<w::GetBucketLocationRequest>);
  router.on<w::op::GetBucketNotificationConfiguration>(
      this, &Api::get_notification, bucket_access<w::GetBucketNotificationConfigurationRequest>);
  router.on<w::op::PutBucketNotificationConfiguration>(
      this, &Api::put_notification, bucket_access<w::PutBucketNotificationConfigurationRequest>);
  router.on<w::op::GetBucketTagging>(this, &Api::get_bucket_tags,
                                     bucket_access<w::GetBucketTaggingRequest>);
  router.on<w::op::PutBucketTagging>(this, &Api::put_bucket_tags,
                                     bucket_access<w::PutBucketTaggingRequest>);
  router.on<w::op::DeleteBucketTagging>(this, &Api::delete_bucket_tags,
                                        bucket_access<w::DeleteBucketTaggingRequest>);
}

Task<Result<w::ListBucketsOutput>> Api::list_buckets(const Caller& caller,
                                                     w::ListBucketsRequest request) {
  const BucketQuery query{.account = caller.scope.account,
                          .after = request.ContinuationToken.value_or(""),
                          .prefix = request.Prefix.value_or(""),
                          .region = request.BucketRegion,
                          .max = std::size_t(request.MaxBuckets.value_or(10'000))};
  auto look = [&](store::Tx& tx) { return s3::list_buckets(tx, query); };
  TM_CO_TRY(const auto page, co_await core_.store.read(look));
  const bool with_regions = request.Prefix || request.BucketRegion || request.MaxBuckets;
  w::ListBucketsOutput out;
  out.Owner.emplace().ID = canonical_id(caller.scope.account);
  out.Prefix = request.Prefix;
  auto& buckets = out.Buckets.emplace();
  for (const auto& bucket : page.buckets) {
    w::Bucket shown;
    shown.Name = bucket.name;
    shown.CreationDate = whole_seconds(bucket.created);
    if (with_regions) shown.BucketRegion = bucket.scope.region;
    if (with_regions) shown.BucketArn = bucket.arn();
    buckets.push_back(std::move(shown));
  }
  if (page.truncated) out.ContinuationToken = page.buckets.back().name;
  co_return out;
}

Task<Result<w::CreateBucketOutput>> Api::create_bucket(const Caller& caller,
                                                       w::CreateBucketRequest request) {
  std::optional<std::string> constraint;
  Texts tags;
  if (const auto& configuration = request.CreateBucketConfiguration) {
    constraint = configuration->LocationConstraint;
    if (configuration->Tags) {
      TM_CO_TRY(tags, tags_of(*configuration->Tags, 50));
    }
  }
  auto change = [&](store::Tx& tx) -> Result<Bucket> {
    const BucketRequest where{caller, *request.Bucket, {}};
    TM_TRY(const auto bucket, s3::create_bucket(tx, where, constraint, !tags.empty()));
    if (const auto json = texts_to_json(tags)) {
      TM_CHECK(save_setting(tx, bucket, tags_setting, *json));
    }
    if (const auto& ownership = request.ObjectOwnership) {
      TM_CHECK(save_setting(tx, bucket, ownership_setting, ownership_text(*ownership)));
    }
    return bucket;
  };
  TM_CO_TRY(const auto bucket, co_await core_.store.write(change));
  w::CreateBucketOutput out;
  out.Location = "/" + bucket.name;
  out.BucketArn = bucket.arn();
  co_return out;
}

Task<Result<w::HeadBucketOutput>> Api::head_bucket(const Caller& caller,
                                                   w::HeadBucketRequest request) {
  auto look = [&](store::Tx& tx) { return require_bucket(tx, where_of(caller, request)); };
  TM_CO_TRY(const auto bucket, co_await core_.store.read(look));
  w::HeadBucketOutput out;
  out.BucketArn = bucket.arn();
  out.BucketRegion = bucket.scope.region;
  out.AccessPointAlias = false;
  co_return out;
}

Task<Result<wire::Empty>> Api::delete_bucket(const Caller& caller, w::DeleteBucketRequest request) {
  const auto where = where_of(caller, request);
  auto change = [&](store::Tx& tx) -> Result<bool> {
    TM_CHECK(require_empty(tx, where));
    TM_TRY(const bool had_uploads, multipart_.abort_some(tx, where));
    if (had_uploads) return false;
    TM_CHECK(s3::delete_bucket(tx, where));
    TM_CHECK(core_.settings.forget(tx, *request.Bucket));
    return true;
  };
  for (bool is_gone = false; !is_gone;) {
    TM_CO_TRY(is_gone, co_await core_.store.write(change));
  }
  co_return wire::Empty();
}

Task<Result<w::GetBucketLocationOutput>> Api::get_location(const Caller& caller,
                                                           w::GetBucketLocationRequest request) {
  auto look = [&](store::Tx& tx) { return require_bucket(tx, where_of(caller, request)); };
  TM_CO_TRY(const auto bucket, co_await core_.store.read(look));
  w::GetBucketLocationOutput out;
  // us-east-1 is said by saying nothing.
  out.LocationConstraint = bucket.scope.region == "us-east-1" ? "" : bucket.scope.region;
  co_return out;
}

Task<Result<w::GetBucketTaggingOutput>> Api::get_bucket_tags(const Caller& caller,
                                                             w::GetBucketTaggingRequest request) {
  auto look = [&](store::Tx& tx) -> Result<Texts> {
    TM_TRY(const auto bucket, require_bucket(tx, where_of(caller, request)));
    TM_TRY(const auto json, load_setting(tx, bucket, tags_setting));
    if (json) return texts_from_json(*json);
    return std::unexpected(Error{.code = Errc::not_found,
                                 .message = "The TagSet does not exist",
                                 .name = "NoSuchTagSet",
                                 .details = {{"BucketName", bucket.name}}});
  };
  TM_CO_TRY(const auto tags, co_await core_.store.read(look));
  w::GetBucketTaggingOutput out;
  out.TagSet = tag_set(tags);
  co_return out;
}

Task<Result<wire::Download<wire::Empty>>> Api::put_bucket_tags(const Caller& caller,
                                                               w::PutBucketTaggingRequest request) {
  TM_CO_TRY(const auto tags, tags_of(*request.Tagging->TagSet, 50));
  auto change = [&](store::Tx& tx) -> Status {
    TM_TRY(const auto bucket, require_bucket(tx, where_of(caller, request)));
    const auto json = texts_to_json(tags);
    return json ? save_setting(tx, bucket, tags_setting, *json)
                : drop_setting(tx, bucket, tags_setting);
  };
  TM_CO_CHECK(co_await core_.store.write(change));
  wire::Download<wire::Empty> answer{.head = {}, .status = 204};
  co_return answer;
}

Task<Result<wire::Empty>> Api::delete_bucket_tags(const Caller& caller,
                                                  w::DeleteBucketTaggingRequest request) {
  auto change = [&](store::Tx& tx) -> Status {
    TM_TRY(const auto bucket, require_bucket(tx, where_of(caller, request)));
    return drop_setting(tx, bucket, tags_setting);
  };
  TM_CO_CHECK(co_await core_.store.write(change));
  co_return wire::Empty();
}

}  // namespace tidemill::s3
