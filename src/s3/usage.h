/// What buckets hold: the metrics NumberOfObjects and BucketSizeBytes of AWS/S3. The count is in
/// the bucket's row, kept by triggers (schema.h), so that nothing here walks through a bucket but
/// check_usage(). Functions over an open transaction.
#pragma once

#include <string>
#include <vector>

#include "base/meter.h"
#include "base/time.h"
#include "store/store.h"

namespace tidemill::s3 {

/// A bucket is measured once in each day of UTC, at midnight; or, where the server was down then or
/// the bucket is new, when it is first asked for. Empty ones have no metrics before their first
/// object, as on AWS.
///
/// Whether one is to be measured at `now`.
[[nodiscard]] Result<bool> is_usage_due(store::Tx& tx, TimeMs now);
/// Measures those; `meter` is told, as of `now`, once `tx` is committed. Gives the next midnight.
[[nodiscard]] Result<TimeMs> measure_usage(store::Tx& tx, TimeMs now, Meter& meter);

struct Usage {
  std::string bucket;
  std::int64_t objects = 0, bytes = 0;
};
/// Of all buckets, as it is now.
[[nodiscard]] Result<std::vector<Usage>> usage_of_all(store::Tx& tx);

/// For `check`: counts again, and names the buckets where that gives something else.
[[nodiscard]] Result<std::vector<std::string>> check_usage(store::Tx& tx);

}  // namespace tidemill::s3
