// What happened to an object, to the destinations that its bucket names.
#include "base/log.h"
#include "s3/objects.h"

namespace tidemill::s3 {

Result<Notifications> bucket_notifications(store::Tx& tx, const Bucket& bucket) {
  if (!bucket.notifies) return Notifications();
  TM_TRY(const auto text, load_setting(tx, bucket, notifications_setting));
  return text ? notifications_of(*text) : Notifications();
}

/// As on AWS, what can't be sent is no failure of the write; here the log says so.
Status Objects::notify(store::Tx& tx, const Bucket& bucket, const Caller& caller,
                       const Happening& happening) {
  if (core_.notifications == nullptr) return {};
  TM_TRY(const auto notifications, bucket_notifications(tx, bucket));
  const auto event = event_name(happening);
  for (const auto& one : notifications) {
    if (!one.wants(event, happening.key)) continue;
    TM_TRY(
        const auto against,
        core_.notifications->send(tx, bucket, one, record_text(bucket, happening, caller, one.id)));
    if (!against) continue;
    tx.on_commit([bucket = bucket.name, event, arn = one.arn, reason = *against] {
      TM_LOG(warn, "s3", "notification not sent",
             {{"bucket", bucket}, {"event", event}, {"destination", arn}, {"reason", reason}});
    });
  }
  return {};
}

}  // namespace tidemill::s3
