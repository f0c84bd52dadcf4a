/// Buckets: their names, owners and settings. Functions over an open transaction; the rows are the
/// only state.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/caller.h"
#include "store/store.h"

namespace tidemill::s3 {

/// As PutBucketVersioning left it; numbers are stored.
enum class Versioning : std::uint8_t { never = 0, enabled = 1, suspended = 2 };

struct Bucket {
  std::int64_t id = 0;
  std::string name;
  Scope scope;  ///< The owner's account, and the bucket's region.
  TimeMs created;
  bool eventbridge = false;  ///< Its events go to the default bus.
  bool notifies = false;     ///< It has notifications of its own.
  Versioning versioning = Versioning::never;

  [[nodiscard]] std::string arn() const { return "arn:aws:s3:::" + name; }
};

/// Fails with InvalidBucketName (AWS: "Bucket naming rules").
[[nodiscard]] Status check_bucket_name(const std::string& name);
/// Fails with KeyTooLongError, or with InvalidURI where the key isn't UTF-8.
[[nodiscard]] Status check_key(std::string_view key);

/// Which bucket, and on whose behalf.
struct BucketRequest {
  const Caller& caller;
  std::string bucket;
  std::optional<std::string> expected_owner;
};

[[nodiscard]] Result<std::optional<Bucket>> find_bucket(store::Tx& tx, std::string_view name);
/// Fails with NoSuchBucket, or with AccessDenied if it belongs to another account than the caller's
/// or than the expected one.
[[nodiscard]] Result<Bucket> require_bucket(store::Tx& tx, const BucketRequest& request);

/// `constraint`: the region asked for, if any. Gives the bucket, which may have been there before
/// (us-east-1's old habit).
[[nodiscard]] Result<Bucket> create_bucket(store::Tx& tx, const BucketRequest& request,
                                           const std::optional<std::string>& constraint,
                                           bool has_tags);
/// Fails with BucketNotEmpty where it has objects, versions or delete markers. Uploads that were
/// never completed don't count.
[[nodiscard]] Status require_empty(store::Tx& tx, const BucketRequest& request);
/// Of an empty bucket whose uploads are gone (Multipart::abort_some).
[[nodiscard]] Status delete_bucket(store::Tx& tx, const BucketRequest& request);

struct BucketPage {
  std::vector<Bucket> buckets;
  bool truncated = false;
};
/// The account's buckets behind `after`, in order of their names.
struct BucketQuery {
  std::string account, after, prefix;
  std::optional<std::string> region;
  std::size_t max = 10'000;
};
[[nodiscard]] Result<BucketPage> list_buckets(store::Tx& tx, const BucketQuery& query);

/// Settings by name, as JSON texts.
[[nodiscard]] Result<std::optional<std::string>> load_setting(store::Tx& tx, const Bucket& bucket,
                                                              std::string_view name);
[[nodiscard]] Status save_setting(store::Tx& tx, const Bucket& bucket, std::string_view name,
                                  std::string_view value);
[[nodiscard]] Status drop_setting(store::Tx& tx, const Bucket& bucket, std::string_view name);
/// Where its events go; both in one column, as its two lowest bits.
[[nodiscard]] Status set_events(store::Tx& tx, const Bucket& bucket, bool eventbridge,
                                bool notifies);
[[nodiscard]] Status set_versioning(store::Tx& tx, const Bucket& bucket, Versioning versioning);

/// The 64 hex digits by which S3 calls an account's owner.
[[nodiscard]] std::string canonical_id(std::string_view account);

}  // namespace tidemill::s3
