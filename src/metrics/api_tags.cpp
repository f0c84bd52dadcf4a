// Tags of alarms and dashboards.
#include <variant>

#include "metrics/api.h"
#include "metrics/api_alarm_shapes.h"
#include "metrics/dashboard.h"

namespace tidemill::metrics {
namespace {

template <class Request>
wire::Access by_arn(const Caller&, const Request& request) {
  return {.resource = *request.ResourceARN};
}

using Key = std::variant<AlarmKey, DashboardKey>;

Result<Key> require_key(const std::string& arn) {
  if (auto alarm = alarm_key(arn)) return *std::move(alarm);
  if (auto dashboard = dashboard_key(arn)) return *std::move(dashboard);
  return fail(
      Errc::invalid_argument, "InvalidParameterValueException",
      "Invalid ARN: tags are those of alarms, arn:aws:cloudwatch:REGION:ACCOUNT:alarm:NAME, "
      "and dashboards, arn:aws:cloudwatch::ACCOUNT:dashboard/NAME, not " +
          arn);
}

Status put_tags(store::Tx& tx, const AlarmKey& key, const Tags& tags) {
  return AlarmBook::tag(tx, key, tags);
}
Status put_tags(store::Tx& tx, const DashboardKey& key, const Tags& tags) {
  return tag_dashboard(tx, key, tags);
}
Status remove_tags(store::Tx& tx, const AlarmKey& key, std::span<const std::string> tags) {
  return AlarmBook::untag(tx, key, tags);
}
Status remove_tags(store::Tx& tx, const DashboardKey& key, std::span<const std::string> tags) {
  return untag_dashboard(tx, key, tags);
}
Result<Tags> read_tags(store::Tx& tx, const AlarmKey& key) { return AlarmBook::tags(tx, key); }
Result<Tags> read_tags(store::Tx& tx, const DashboardKey& key) { return dashboard_tags(tx, key); }

}  // namespace

void AlarmApi::register_tags(wire::Router& router) {
  router.on<w::op::TagResource>(this, &AlarmApi::tag, by_arn<w::TagResourceInput>);
  router.on<w::op::UntagResource>(this, &AlarmApi::untag, by_arn<w::UntagResourceInput>);
  router.on<w::op::ListTagsForResource>(this, &AlarmApi::list_tags,
                                        by_arn<w::ListTagsForResourceInput>);
}

AlarmApi::Reply<w::TagResourceOutput> AlarmApi::tag(const Caller&, w::TagResourceInput request) {
  TM_CO_TRY(const auto key, require_key(*request.ResourceARN));
  const auto tags = tags_of(request.Tags);
  auto change = [&](store::Tx& tx) {
    return std::visit([&](const auto& one) { return put_tags(tx, one, tags); }, key);
  };
  TM_CO_CHECK(co_await store_.write(change));
  co_return w::TagResourceOutput();
}

AlarmApi::Reply<w::UntagResourceOutput> AlarmApi::untag(const Caller&,
                                                        w::UntagResourceInput request) {
  TM_CO_TRY(const auto key, require_key(*request.ResourceARN));
  auto change = [&](store::Tx& tx) {
    return std::visit([&](const auto& one) { return remove_tags(tx, one, *request.TagKeys); }, key);
  };
  TM_CO_CHECK(co_await store_.write(change));
  co_return w::UntagResourceOutput();
}

AlarmApi::Reply<w::ListTagsForResourceOutput> AlarmApi::list_tags(
    const Caller&, w::ListTagsForResourceInput request) {
  TM_CO_TRY(const auto key, require_key(*request.ResourceARN));
  auto ask = [&](store::Tx& tx) {
    return std::visit([&](const auto& one) { return read_tags(tx, one); }, key);
  };
  TM_CO_TRY(const auto tags, co_await store_.read(ask));
  w::ListTagsForResourceOutput response;
  response.Tags.emplace();
  for (const auto& [key_text, value] : tags) response.Tags->push_back({key_text, value});
  co_return response;
}

}  // namespace tidemill::metrics
