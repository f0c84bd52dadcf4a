/// What S3 tells EventBridge of an object (AWS: "EventBridge event message structure"). Pure but
/// for the id.
#pragma once

#include "base/caller.h"
#include "base/random.h"
#include "events/event.h"
#include "s3/buckets.h"

namespace tidemill::s3 {

/// What happened to a key.
struct Happening {
  std::string reason;  ///< "PutObject", "CopyObject", "CompleteMultipartUpload", "DeleteObject".
  std::string key;
  std::uint64_t size = 0;
  std::string etag;
  std::int64_t sequencer = 0;
  TimeMs time;
  std::string version = {};  ///< Empty: none is told.
  bool marker = false;       ///< A delete that left a marker.
};

/// Sixteen or more hex digits that sort like the numbers.
[[nodiscard]] std::string sequencer_text(std::int64_t sequencer);

[[nodiscard]] events::Event created_event(const Bucket& bucket, const Happening& happening,
                                          const Caller& caller, Random& random);
[[nodiscard]] events::Event deleted_event(const Bucket& bucket, const Happening& happening,
                                          const Caller& caller, Random& random);

}  // namespace tidemill::s3
