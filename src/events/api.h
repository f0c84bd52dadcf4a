/// EventBridge's operations: each maps a request to the rules, buses and events of this folder.
/// Made once by the server; called on event loops.
#pragma once

#include "base/caller.h"
#include "base/random.h"
#include "events/bus_policy.h"
#include "events/hub.h"
#include "events/schedules.h"
#include "store/store.h"
#include "wire/gen/events.h"
#include "wire/router.h"

namespace tidemill::events {

namespace w = wire::events;

class Api {
 public:
  /// What it works with; all outlive the Api.
  struct Parts {
    store::Store& store;
    Hub& hub;
    RuleSchedules& schedules;
    const Clock& clock;
    Random& random;
    BusPolicies& policies;
    bool strict_aws = false;  ///< Refuse what AWS refuses, and have its quotas.
  };
  Api(const Parts& parts, PassRole pass_role)
      : store_(parts.store),
        hub_(parts.hub),
        schedules_(parts.schedules),
        clock_(parts.clock),
        random_(parts.random),
        policies_(parts.policies),
        strict_aws_(parts.strict_aws),
        pass_role_(std::move(pass_role)) {}

  void register_with(wire::Router& router);

  Task<Result<w::PutRuleResponse>> put_rule(const Caller& caller, w::PutRuleRequest request);
  Task<Result<w::DescribeRuleResponse>> describe_rule(const Caller& caller,
                                                      w::DescribeRuleRequest request);
  Task<Result<w::ListRulesResponse>> list_rules(const Caller& caller, w::ListRulesRequest request);
  Task<Result<wire::Empty>> delete_rule(const Caller& caller, w::DeleteRuleRequest request);
  Task<Result<wire::Empty>> enable_rule(const Caller& caller, w::EnableRuleRequest request);
  Task<Result<wire::Empty>> disable_rule(const Caller& caller, w::DisableRuleRequest request);

  Task<Result<w::PutTargetsResponse>> put_targets(const Caller& caller,
                                                  w::PutTargetsRequest request);
  Task<Result<w::ListTargetsByRuleResponse>> list_targets(const Caller& caller,
                                                          w::ListTargetsByRuleRequest request);
  Task<Result<w::RemoveTargetsResponse>> remove_targets(const Caller& caller,
                                                        w::RemoveTargetsRequest request);
  Task<Result<w::ListRuleNamesByTargetResponse>> list_rule_names(
      const Caller& caller, w::ListRuleNamesByTargetRequest request);

  Task<Result<w::PutEventsResponse>> put_events(const Caller& caller, w::PutEventsRequest request);
  Task<Result<w::TestEventPatternResponse>> test_pattern(const Caller& caller,
                                                         w::TestEventPatternRequest request);

  Task<Result<w::CreateEventBusResponse>> create_bus(const Caller& caller,
                                                     w::CreateEventBusRequest request);
  Task<Result<w::DescribeEventBusResponse>> describe_bus(const Caller& caller,
                                                         w::DescribeEventBusRequest request);
  Task<Result<w::ListEventBusesResponse>> list_buses(const Caller& caller,
                                                     w::ListEventBusesRequest request);
  Task<Result<wire::Empty>> delete_bus(const Caller& caller, w::DeleteEventBusRequest request);
  Task<Result<wire::Empty>> put_permission(const Caller& caller, w::PutPermissionRequest request);
  Task<Result<wire::Empty>> remove_permission(const Caller& caller,
                                              w::RemovePermissionRequest request);

  Task<Result<w::TagResourceResponse>> tag(const Caller& caller, w::TagResourceRequest request);
  Task<Result<w::UntagResourceResponse>> untag(const Caller& caller,
                                               w::UntagResourceRequest request);
  Task<Result<w::ListTagsForResourceResponse>> list_tags(const Caller& caller,
                                                         w::ListTagsForResourceRequest request);

 private:
  void register_rules(wire::Router& router);
  void register_targets(wire::Router& router);
  void register_buses(wire::Router& router);
  void register_permissions(wire::Router& router);
  void register_events(wire::Router& router);
  Status tags_changed(store::Tx& tx, const Rule& rule);
  Task<Result<wire::Empty>> set_enabled(const Caller& caller, BusKey key, std::string name,
                                        bool enabled);
  Result<w::PutTargetsResponse> put_targets_in(store::Tx& tx, const Caller& caller,
                                               const w::PutTargetsRequest& request);

  store::Store& store_;
  Hub& hub_;
  RuleSchedules& schedules_;
  const Clock& clock_;
  Random& random_;
  BusPolicies& policies_;
  const bool strict_aws_;
  const PassRole pass_role_;
};

/// The bus that a request's EventBusName (a name, an ARN, or nothing) means for `caller`.
[[nodiscard]] BusKey bus_key(const Caller& caller, const std::optional<std::string>& name);

/// Replaces the values of given keys, keeps the others.
[[nodiscard]] Status save_tags(store::Tx& tx, std::string_view arn,
                               const std::optional<std::vector<w::Tag>>& tags);

/// Of what is listed, where the request has no Limit.
inline constexpr std::int32_t limit_default = 100;

/// One page of `items` (in order): those after `token`, at most `limit`. Sets `next` to the token
/// of the following page, if there is one.
template <class T, class NameOf>
Result<std::vector<T>> page_of(std::vector<T> items, const std::optional<std::string>& token,
                               const std::optional<std::int32_t>& limit, NameOf name_of,
                               std::optional<std::string>& next) {
  const auto count = std::size_t(limit.value_or(limit_default));
  auto first = items.begin();
  if (token) {
    while (first != items.end() && name_of(*first) <= *token) ++first;
  }
  auto last = first;
  while (last != items.end() && std::size_t(last - first) < count) ++last;
  if (last != items.end()) next = name_of(*(last - 1));
  return std::vector<T>(std::make_move_iterator(first), std::make_move_iterator(last));
}

}  // namespace tidemill::events
