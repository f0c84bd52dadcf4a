/// CloudWatch Logs' operations: each maps a request to the ledger. Made once by the server; called
/// on event loops.
#pragma once

#include "base/caller.h"
#include "logs/ledger.h"
#include "store/store.h"
#include "wire/gen/logs.h"
#include "wire/router.h"

namespace tidemill::logs {

namespace w = wire::logs;

class Api {
 public:
  /// `store` is that of logs.db. Both outlive the Api.
  Api(store::Store& store, Ledger& ledger) : store_(store), ledger_(ledger) {}

  void register_with(wire::Router& router);

  Task<Result<wire::Empty>> create_group(const Caller& caller, w::CreateLogGroupRequest request);
  Task<Result<wire::Empty>> delete_group(const Caller& caller, w::DeleteLogGroupRequest request);
  Task<Result<w::DescribeLogGroupsResponse>> describe_groups(const Caller& caller,
                                                             w::DescribeLogGroupsRequest request);
  Task<Result<wire::Empty>> put_retention(const Caller& caller,
                                          w::PutRetentionPolicyRequest request);
  Task<Result<wire::Empty>> delete_retention(const Caller& caller,
                                             w::DeleteRetentionPolicyRequest request);

  Task<Result<wire::Empty>> tag(const Caller& caller, w::TagResourceRequest request);
  Task<Result<wire::Empty>> untag(const Caller& caller, w::UntagResourceRequest request);
  Task<Result<w::ListTagsForResourceResponse>> list_tags(const Caller& caller,
                                                         w::ListTagsForResourceRequest request);
  Task<Result<wire::Empty>> tag_group(const Caller& caller, w::TagLogGroupRequest request);
  Task<Result<wire::Empty>> untag_group(const Caller& caller, w::UntagLogGroupRequest request);
  Task<Result<w::ListTagsLogGroupResponse>> list_group_tags(const Caller& caller,
                                                            w::ListTagsLogGroupRequest request);

  Task<Result<wire::Empty>> create_stream(const Caller& caller, w::CreateLogStreamRequest request);
  Task<Result<wire::Empty>> delete_stream(const Caller& caller, w::DeleteLogStreamRequest request);
  Task<Result<w::DescribeLogStreamsResponse>> describe_streams(
      const Caller& caller, w::DescribeLogStreamsRequest request);
  Task<Result<w::PutLogEventsResponse>> put_events(const Caller& caller,
                                                   w::PutLogEventsRequest request);
  Task<Result<w::GetLogEventsResponse>> get_events(const Caller& caller,
                                                   w::GetLogEventsRequest request);
  Task<Result<w::FilterLogEventsResponse>> filter_events(const Caller& caller,
                                                         w::FilterLogEventsRequest request);

  Task<Result<wire::Empty>> put_filter(const Caller& caller, w::PutMetricFilterRequest request);
  Task<Result<wire::Empty>> delete_filter(const Caller& caller,
                                          w::DeleteMetricFilterRequest request);
  Task<Result<w::DescribeMetricFiltersResponse>> describe_filters(
      const Caller& caller, w::DescribeMetricFiltersRequest request);
  Task<Result<w::TestMetricFilterResponse>> test_filter(const Caller& caller,
                                                        w::TestMetricFilterRequest request);
  Task<Result<w::PutResourcePolicyResponse>> put_policy(const Caller& caller,
                                                        w::PutResourcePolicyRequest request);
  Task<Result<wire::Empty>> delete_policy(const Caller& caller,
                                          w::DeleteResourcePolicyRequest request);
  Task<Result<w::DescribeResourcePoliciesResponse>> describe_policies(
      const Caller& caller, w::DescribeResourcePoliciesRequest request);

 private:
  void register_filters(wire::Router& router);
  void register_groups(wire::Router& router);
  void register_tags(wire::Router& router);
  void register_streams(wire::Router& router);
  /// Runs `change(tx)`, a Status, in a commit.
  template <class Change>
  Task<Result<wire::Empty>> commit(Change change) {
    const Status done = co_await store_.write(std::move(change));
    if (!done) co_return std::unexpected(done.error());
    co_return wire::Empty();
  }

  store::Store& store_;
  Ledger& ledger_;
};

/// The group that a request names or identifies; exactly one of the two.
[[nodiscard]] Result<GroupKey> group_of_request(const Caller& caller,
                                                const std::optional<std::string>& name,
                                                const std::optional<std::string>& identifier);
/// What IAM is asked about: AWS's "…:log-group:NAME:log-stream:STREAM", where the stream is empty
/// for what concerns the whole group.
[[nodiscard]] wire::Access access_to(const Caller& caller, const std::optional<std::string>& name,
                                     const std::optional<std::string>& identifier = {},
                                     const std::optional<std::string>& stream = {});

}  // namespace tidemill::logs
