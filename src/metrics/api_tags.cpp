// Tags of alarms.
#include "metrics/api.h"

namespace tidemill::metrics {
namespace {

template <class Request>
wire::Access by_arn(const Caller&, const Request& request) {
  return {.resource = *request.ResourceARN};
}

Result<AlarmKey> require_key(const std::string& arn) {
  auto key = alarm_key(arn);
  if (key) return *std::move(key);
  return fail(
      Errc::invalid_argument, "InvalidParameterValueException",
      "Invalid ARN: tags are those of alarms, arn:aws:cloudwatch:REGION:ACCOUNT:alarm:NAME, "
      "not " +
          arn);
}

}  // namespace

void AlarmApi::register_tags(wire::Router& router) {
  router.on<w::op::TagResource>(this, &AlarmApi::tag, by_arn<w::TagResourceInput>);
  router.on<w::op::UntagResource>(this, &AlarmApi::untag, by_arn<w::UntagResourceInput>);
  router.on<w::op::ListTagsForResource>(this, &AlarmApi::list_tags,
                                        by_arn<w::ListTagsForResourceInput>);
}

AlarmApi::Reply<w::TagResourceOutput> AlarmApi::tag(const Caller&, w::TagResourceInput request) {
  TM_CO_TRY(const auto key, require_key(*request.ResourceARN));
  Tags tags;
  for (const auto& tag : *request.Tags) tags[tag.Key.value_or("")] = tag.Value.value_or("");
  auto change = [&](store::Tx& tx) { return AlarmBook::tag(tx, key, tags); };
  TM_CO_CHECK(co_await store_.write(change));
  co_return w::TagResourceOutput();
}

AlarmApi::Reply<w::UntagResourceOutput> AlarmApi::untag(const Caller&,
                                                        w::UntagResourceInput request) {
  TM_CO_TRY(const auto key, require_key(*request.ResourceARN));
  auto change = [&](store::Tx& tx) { return AlarmBook::untag(tx, key, *request.TagKeys); };
  TM_CO_CHECK(co_await store_.write(change));
  co_return w::UntagResourceOutput();
}

AlarmApi::Reply<w::ListTagsForResourceOutput> AlarmApi::list_tags(
    const Caller&, w::ListTagsForResourceInput request) {
  TM_CO_TRY(const auto key, require_key(*request.ResourceARN));
  auto ask = [&](store::Tx& tx) { return AlarmBook::tags(tx, key); };
  TM_CO_TRY(const auto tags, co_await store_.read(ask));
  w::ListTagsForResourceOutput response;
  response.Tags.emplace();
  for (const auto& [key_text, value] : tags) response.Tags->push_back({key_text, value});
  co_return response;
}

}  // namespace tidemill::metrics
