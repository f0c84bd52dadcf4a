/// A bucket's metrics configurations: which of its requests CloudWatch counts. One setting of the
/// bucket holds all of them. Made once by the server; called on event loops.
#pragma once

#include "base/caller.h"
#include "s3/api_values.h"
#include "s3/objects.h"
#include "wire/gen/s3.h"
#include "wire/router.h"

namespace tidemill::s3 {

class MetricsApi {
 public:
  explicit MetricsApi(const Core& core) : core_(core) {}

  void register_with(wire::Router& router);

 private:
  using All = w::ListBucketMetricsConfigurationsOutput;

  Task<Result<wire::Empty>> put(const Caller& caller,
                                w::PutBucketMetricsConfigurationRequest request);
  Task<Result<w::GetBucketMetricsConfigurationOutput>> get(
      const Caller& caller, w::GetBucketMetricsConfigurationRequest request);
  Task<Result<wire::Empty>> remove(const Caller& caller,
                                   w::DeleteBucketMetricsConfigurationRequest request);
  /// Pages of 100, in order of their Ids.
  Task<Result<All>> list(const Caller& caller, w::ListBucketMetricsConfigurationsRequest request);

  /// All of the bucket, in order of their Ids.
  static Result<All> load(store::Tx& tx, const Bucket& bucket);
  Status save(store::Tx& tx, const Bucket& bucket, const All& all) const;

  const Core core_;
};

}  // namespace tidemill::s3
