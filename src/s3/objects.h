/// Objects: put, get, copy, delete, list, with their conditions, checksums and events. Owned by the
/// server; called on event loops. What changes an object and what tells EventBridge of it are one
/// transaction.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/caller.h"
#include "base/random.h"
#include "base/time.h"
#include "events/bus.h"
#include "s3/bodies.h"
#include "s3/buckets.h"
#include "s3/conditions.h"
#include "s3/events.h"
#include "s3/listing.h"
#include "s3/notifications.h"
#include "s3/object.h"
#include "s3/parsed_settings.h"
#include "s3/range.h"
#include "s3/versions.h"
#include "store/store.h"

namespace tidemill::s3 {

/// What S3 works with; all outlive it.
struct Core {
  store::Store& store;
  Bodies& bodies;
  events::Bus& bus;
  const Clock& clock;
  Random& random;
  ParsedSettings& settings;
  NotificationOutlet* notifications = nullptr;  ///< Without one buckets have none of their own.
};

constexpr std::uint64_t put_bytes_max = std::uint64_t{5} << 30;

struct PutRequest {
  BucketRequest where;
  std::string key;
  ObjectMeta meta;
  WriteConditions conditions;
  ChecksumClaim claim;
};

struct GetRequest {
  BucketRequest where;
  std::string key;
  ReadConditions conditions;
  std::optional<std::string> range, version_id;
  std::optional<std::int64_t> part_number;
};

/// An object as GET and HEAD tell of it.
struct Found {
  Object object;
  ByteRange span;                          ///< The bytes asked for.
  bool partial = false;                    ///< Answered as 206.
  std::optional<std::size_t> parts_count;  ///< Only where a part was asked for.
  std::optional<Checksum> checksum;        ///< Of what is answered, where there is one.
  std::optional<std::string> version;      ///< As it is shown.
  Pieces pieces;
};

struct CopyRequest {
  BucketRequest where;
  std::string key;
  BucketRequest source;
  std::string source_key;
  std::optional<std::string> source_version;
  ReadConditions source_conditions;
  WriteConditions conditions;
  bool replaces_meta = false, replaces_tags = false;
  bool changes_something = false;  ///< Storage class, redirect or encryption is named.
  ObjectMeta meta;                 ///< What replaces, and the headers that are never copied.
  std::optional<DigestKind> kind;
};

struct ObjectPage {
  std::vector<ListedObject> objects;
  std::vector<std::string> prefixes;
  bool truncated = false;
  PageEnd end;
};

/// What a copy came to; the versions as they are shown.
struct CopyResult {
  Object object;
  std::optional<std::string> version, source_version;
};

struct RemoveRequest {
  const Bucket& bucket;
  const Caller& caller;
  std::string key;
  std::optional<std::string> if_match;  ///< 412 unless it is the object's ETag.
  std::optional<std::string> version_id;
  std::string_view reason = "DeleteObject";  ///< As the event tells it.
};
/// What a delete came to, as answers tell it.
struct Removed {
  std::optional<std::string> version;  ///< What went, or the marker that came.
  bool marker = false;                 ///< It is a delete marker.
};

/// What the rest of the program asks of an object (job scripts, `explain`).
struct ObjectData {
  std::string bytes, etag;
};
struct Description {
  bool bucket_exists = false, eventbridge = false, exists = false;
  Scope scope;  ///< The bucket's owner and region.
  std::string etag;
  std::uint64_t size = 0;
  TimeMs modified;
};

class Objects {
 public:
  explicit Objects(const Core& core) : core_(core) {}

  Task<Result<Object>> put(PutRequest request, Source& source);
  /// What is there; without its bytes.
  Task<Result<Found>> head(GetRequest request);
  /// The same and its bytes, ready to be sent.
  struct Opened {
    Found found;
    Payload payload;
  };
  Task<Result<Opened>> get(GetRequest request);
  Task<Result<CopyResult>> copy(CopyRequest request);
  /// Well if there is no such key or version.
  Result<Removed> remove(store::Tx& tx, const RemoveRequest& request);

  /// In the caller's transaction: makes `object` (key, body, size, etag, checksum, meta) the
  /// key's content, in place of `before`, and publishes it.
  Result<Object> replace(store::Tx& tx, const Bucket& bucket, const Caller& caller, Object object,
                         const std::optional<Object>& before, std::string reason);

  static Result<ObjectPage> list(store::Tx& tx, const Bucket& bucket, const ListQuery& query);

  /// A whole object, for the program itself. Fails with NoSuchBucket, NoSuchKey, too_large.
  Task<Result<ObjectData>> read_whole(std::string bucket, std::string key, std::size_t bytes_max);
  static Result<Description> describe(store::Tx& tx, std::string_view bucket, std::string_view key);

  /// Test mode: buckets, objects and uploads go, without events.
  Status reset(store::Tx& tx);

  /// When the object will be gone by its bucket's lifecycle.
  [[nodiscard]] std::optional<Expiry> expiry_of(std::string_view bucket,
                                                const Object& object) const;

  [[nodiscard]] const Core& core() const noexcept { return core_; }

 private:
  struct Copied;
  Result<Found> find(store::Tx& tx, const GetRequest& request) const;
  /// Before a key becomes something else: what it was is kept as a version, or goes.
  Status make_room(store::Tx& tx, const Bucket& bucket, const std::string& key,
                   const std::optional<Object>& before);
  Result<Removed> leave_marker(store::Tx& tx, const RemoveRequest& request,
                               const std::optional<Object>& before);
  Result<Removed> remove_version(store::Tx& tx, const RemoveRequest& request);
  /// Tells EventBridge and the bucket's own destinations, where it has them. `make` makes the
  /// event.
  template <class Make>
  Status tell(store::Tx& tx, const Bucket& bucket, const Caller& caller, const Happening& happening,
              Make make) {
    if (bucket.eventbridge) {
      TM_CHECK(core_.bus.publish(tx, make(bucket, happening, caller, core_.random)));
    }
    return bucket.notifies ? notify(tx, bucket, caller, happening) : Status();
  }
  Status notify(store::Tx& tx, const Bucket& bucket, const Caller& caller,
                const Happening& happening);
  Status tell_removed(store::Tx& tx, const RemoveRequest& request, Happening happening);
  Result<Copied> copy_in(store::Tx& tx, const CopyRequest& request);
  Task<Result<CopyResult>> copy_bytes(const CopyRequest& request, Copied source);
  Status choose_span(store::Tx& tx, const GetRequest& request, Found& found) const;
  Status choose_part(store::Tx& tx, std::int64_t number, Found& found) const;

  const Core core_;
};

/// A bucket's own; empty if it has none.
[[nodiscard]] Result<Notifications> bucket_notifications(store::Tx& tx, const Bucket& bucket);

/// What was received against what was claimed, in a header or behind the bytes: the checksum to
/// store.
Task<Result<Checksum>> settle_checksum(Bodies& bodies, const Source& source, ChecksumClaim claim,
                                       const Received& received);

}  // namespace tidemill::s3
