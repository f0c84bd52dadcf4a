#include "s3/parsed_settings.h"

namespace tidemill::s3 {
namespace {

Result<iam::Policy> parse_policy(std::string_view document) {
  return iam::Policy::parse(document, iam::Policy::Kind::resource);
}

template <class Act>
Status for_each(ParsedSettings& settings, Act act) {
  TM_CHECK(act(settings.policies));
  TM_CHECK(act(settings.lifecycles));
  TM_CHECK(act(settings.cors));
  return act(settings.metrics);
}

}  // namespace

ParsedSettings::ParsedSettings()
    : policies(policy_setting, parse_policy),
      lifecycles(lifecycle_setting, Lifecycle::parse),
      cors(cors_setting, Cors::parse),
      metrics(metrics_setting, RequestFilters::parse) {}

Status ParsedSettings::load(store::Tx& tx) {
  return for_each(*this, [&](auto& one) { return one.load(tx); });
}

Status ParsedSettings::change(store::Tx& tx, const std::string& bucket, std::string_view name,
                              const std::optional<std::string>& text) {
  return for_each(*this, [&](auto& one) {
    return one.name() == name ? one.change(tx, bucket, text) : Status();
  });
}

Status ParsedSettings::forget(store::Tx& tx, const std::string& bucket) {
  return for_each(*this, [&](auto& one) { return one.change(tx, bucket, std::nullopt); });
}

void ParsedSettings::reset(store::Tx& tx) {
  policies.reset(tx);
  lifecycles.reset(tx);
  cors.reset(tx);
  metrics.reset(tx);
}

}  // namespace tidemill::s3
