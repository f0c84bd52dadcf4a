// DeleteObject, and what a key leaves behind where there are versions.
#include "s3/errors.h"
#include "s3/objects.h"

namespace tidemill::s3 {

Status Objects::make_room(store::Tx& tx, const Bucket& bucket, const std::string& key,
                          const std::optional<Object>& before) {
  const bool null_now = before && before->version.empty();
  if (before && (bucket.versioning == Versioning::never ||
                 (bucket.versioning == Versioning::suspended && null_now))) {
    return core_.bodies.release(tx, before->body);
  }
  if (bucket.versioning == Versioning::never) return {};
  if (before) TM_CHECK(retire_object(tx, bucket.id, key));
  if (bucket.versioning == Versioning::enabled) return {};
  // There is one null version of a key, and a new one is to come.
  TM_TRY(const auto older, find_version(tx, bucket, key, null_version));
  if (!older || older->current) return {};
  if (!older->marker) TM_CHECK(core_.bodies.release(tx, older->object.body));
  return drop_version(tx, bucket.id, *older);
}

Status Objects::tell_removed(store::Tx& tx, const RemoveRequest& request, Happening happening) {
  if (!request.bucket.eventbridge && !request.bucket.notifies) return {};
  happening.reason = request.reason;
  happening.key = request.key;
  happening.time = core_.clock.now();
  if (happening.sequencer == 0) {
    TM_TRY(happening.sequencer, next_sequencer(tx));
  }
  return tell(tx, request.bucket, request.caller, happening, deleted_event);
}

Result<Removed> Objects::remove(store::Tx& tx, const RemoveRequest& request) {
  if (request.version_id) return remove_version(tx, request);
  const auto& bucket = request.bucket;
  TM_TRY(const auto before, find_object(tx, bucket.id, request.key));
  const WriteConditions conditions{.if_match = request.if_match};
  const auto etag = before ? std::optional(before->etag) : std::nullopt;
  TM_CHECK(check_write(conditions, etag, request.key));
  if (bucket.versioning != Versioning::never) return leave_marker(tx, request, before);
  if (!before) return Removed();
  TM_CHECK(make_room(tx, bucket, request.key, before));
  TM_CHECK(drop_object(tx, bucket.id, request.key));
  TM_CHECK(tell_removed(tx, request, {}));
  return Removed();
}

Result<Removed> Objects::leave_marker(store::Tx& tx, const RemoveRequest& request,
                                      const std::optional<Object>& before) {
  const auto& bucket = request.bucket;
  Object marker{.key = request.key, .modified = core_.clock.now()};
  TM_TRY(marker.sequencer, next_sequencer(tx));
  if (bucket.versioning == Versioning::enabled) {
    marker.version = make_version_id(marker.sequencer, core_.random);
  }
  TM_CHECK(make_room(tx, bucket, request.key, before));
  if (before) TM_CHECK(drop_object(tx, bucket.id, request.key));
  TM_CHECK(save_marker(tx, bucket.id, marker));
  TM_CHECK(tell_removed(
      tx, request, {.sequencer = marker.sequencer, .version = marker.version, .marker = true}));
  return Removed{.version = shown_version(marker.version), .marker = true};
}

Result<Removed> Objects::remove_version(store::Tx& tx, const RemoveRequest& request) {
  const auto& bucket = request.bucket;
  TM_TRY(const auto found, find_version(tx, bucket, request.key, *request.version_id));
  const WriteConditions conditions{.if_match = request.if_match};
  const auto etag = found && !found->marker ? std::optional(found->object.etag) : std::nullopt;
  TM_CHECK(check_write(conditions, etag, request.key));
  Removed removed;
  if (bucket.versioning != Versioning::never) removed.version = request.version_id;
  if (!found) return removed;
  removed.marker = found->marker;
  TM_CHECK(drop_version(tx, bucket.id, *found));
  if (!found->marker) TM_CHECK(core_.bodies.release(tx, found->object.body));
  if (bucket.versioning != Versioning::never && (found->current || found->marker)) {
    TM_CHECK(promote_newest(tx, bucket.id, request.key));
  }
  TM_CHECK(tell_removed(tx, request, {.version = found->object.version}));
  return removed;
}

}  // namespace tidemill::s3
