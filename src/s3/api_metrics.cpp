#include "s3/api_metrics.h"

#include <algorithm>

#include "base/encoding.h"
#include "base/json.h"
#include "s3/request_filters.h"
#include "wire/json_codec.h"
#include "wire/xml_codec.h"

namespace tidemill::s3 {
namespace {

constexpr std::size_t configurations_max = 1000, listed_max = 100, id_max = 64;
constexpr std::string_view id_signs =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-_";

const wire::Shape& list_shape() {
  return *w::op::ListBucketMetricsConfigurations::operation.output;
}

Status check_id(const std::string& id) {
  if (!id.empty() && id.size() <= id_max && id.find_first_not_of(id_signs) == id.npos) return {};
  return invalid_argument(
      "The metrics configuration's ID must have 1 to 64 letters, digits, periods, dashes and "
      "underscores",
      "id", id);
}

/// One of the filter's members, or And with several.
Status check_filter(const w::MetricsFilter& filter) {
  const int given = int(filter.Prefix.has_value()) + int(filter.Tag.has_value()) +
                    int(filter.AccessPointArn.has_value()) + int(filter.And.has_value());
  if (given != 1) return wire::malformed_xml();
  const auto& both = filter.And;
  if (both) {
    const auto tags = both->Tags ? both->Tags->size() : 0;
    if (tags + (both->Prefix ? 1 : 0) + (both->AccessPointArn ? 1 : 0) < 2) {
      return wire::malformed_xml();
    }
  }
  if (filter.AccessPointArn || (both && both->AccessPointArn)) {
    return fail(Errc::invalid_argument, "InvalidArgument",
                "AccessPointArn: there are no access points here; filter by Prefix or Tag.");
  }
  return {};
}

std::unexpected<Error> no_such_configuration() {
  return fail(Errc::not_found, "NoSuchConfiguration",
              "The specified configuration does not exist.");
}

auto place_of(std::vector<w::MetricsConfiguration>& all, const std::string& id) {
  return std::ranges::lower_bound(all, id, {}, [](const auto& one) { return *one.Id; });
}

}  // namespace

void MetricsApi::register_with(wire::Router& router) {
  using namespace w::op;
  router.on<PutBucketMetricsConfiguration>(this, &MetricsApi::put,
                                           bucket_access<w::PutBucketMetricsConfigurationRequest>);
  router.on<GetBucketMetricsConfiguration>(this, &MetricsApi::get,
                                           bucket_access<w::GetBucketMetricsConfigurationRequest>);
  router.on<DeleteBucketMetricsConfiguration>(
      this, &MetricsApi::remove, bucket_access<w::DeleteBucketMetricsConfigurationRequest>);
  router.on<ListBucketMetricsConfigurations>(
      this, &MetricsApi::list, bucket_access<w::ListBucketMetricsConfigurationsRequest>);
}

Result<MetricsApi::All> MetricsApi::load(store::Tx& tx, const Bucket& bucket) {
  All all;
  TM_TRY(const auto text, load_setting(tx, bucket, metrics_setting));
  if (text) TM_CHECK(wire::decode_json(*text, list_shape(), &all));
  if (!all.MetricsConfigurationList) all.MetricsConfigurationList.emplace();
  return all;
}

Status MetricsApi::save(store::Tx& tx, const Bucket& bucket, const All& all) const {
  if (all.MetricsConfigurationList->empty()) {
    TM_CHECK(core_.settings.change(tx, bucket.name, metrics_setting, std::nullopt));
    return drop_setting(tx, bucket, metrics_setting);
  }
  TM_TRY(auto stored, json::parse_object(wire::encode_json(list_shape(), &all)));
  stored["Account"] = bucket.scope.account;
  stored["Region"] = bucket.scope.region;
  const auto text = json::dump(stored);
  TM_CHECK(core_.settings.change(tx, bucket.name, metrics_setting, text));
  return save_setting(tx, bucket, metrics_setting, text);
}

Task<Result<wire::Empty>> MetricsApi::put(const Caller& caller,
                                          w::PutBucketMetricsConfigurationRequest request) {
  auto& configuration = *request.MetricsConfiguration;
  TM_CO_CHECK(check_id(*request.Id));
  if (*configuration.Id != *request.Id) {
    co_return invalid_argument("The id of the query and the Id of the configuration differ", "id",
                               *request.Id);
  }
  if (configuration.Filter) TM_CO_CHECK(check_filter(*configuration.Filter));
  auto change = [&](store::Tx& tx) -> Status {
    TM_TRY(const auto bucket, require_bucket(tx, where_of(caller, request)));
    TM_TRY(auto all, load(tx, bucket));
    auto& list = *all.MetricsConfigurationList;
    const auto place = place_of(list, *request.Id);
    if (place != list.end() && *place->Id == *request.Id) {
      *place = configuration;
    } else if (list.size() >= configurations_max) {
      return fail(Errc::invalid_argument, "TooManyConfigurations",
                  "You are attempting to create a new configuration but have already reached the "
                  "1,000-configuration limit.");
    } else {
      list.insert(place, configuration);
    }
    return save(tx, bucket, all);
  };
  TM_CO_CHECK(co_await core_.store.write(change));
  co_return wire::Empty();
}

Task<Result<w::GetBucketMetricsConfigurationOutput>> MetricsApi::get(
    const Caller& caller, w::GetBucketMetricsConfigurationRequest request) {
  auto look = [&](store::Tx& tx) -> Result<w::GetBucketMetricsConfigurationOutput> {
    TM_TRY(const auto bucket, require_bucket(tx, where_of(caller, request)));
    TM_TRY(auto all, load(tx, bucket));
    const auto place = place_of(*all.MetricsConfigurationList, *request.Id);
    if (place == all.MetricsConfigurationList->end() || *place->Id != *request.Id) {
      return no_such_configuration();
    }
    w::GetBucketMetricsConfigurationOutput out;
    out.MetricsConfiguration = std::move(*place);
    return out;
  };
  co_return co_await core_.store.read(look);
}

Task<Result<wire::Empty>> MetricsApi::remove(const Caller& caller,
                                             w::DeleteBucketMetricsConfigurationRequest request) {
  auto change = [&](store::Tx& tx) -> Status {
    TM_TRY(const auto bucket, require_bucket(tx, where_of(caller, request)));
    TM_TRY(auto all, load(tx, bucket));
    auto& list = *all.MetricsConfigurationList;
    if (std::erase_if(list, [&](const auto& one) { return *one.Id == *request.Id; }) == 0) {
      return no_such_configuration();
    }
    return save(tx, bucket, all);
  };
  TM_CO_CHECK(co_await core_.store.write(change));
  co_return wire::Empty();
}

Task<Result<MetricsApi::All>> MetricsApi::list(const Caller& caller,
                                               w::ListBucketMetricsConfigurationsRequest request) {
  auto look = [&](store::Tx& tx) -> Result<All> {
    TM_TRY(const auto bucket, require_bucket(tx, where_of(caller, request)));
    return load(tx, bucket);
  };
  TM_CO_TRY(auto all, co_await core_.store.read(look));
  auto& list = *all.MetricsConfigurationList;
  if (request.ContinuationToken) {
    const auto last = from_base64(*request.ContinuationToken);
    if (!last) {
      co_return invalid_argument("The continuation token provided is incorrect",
                                 "continuation-token", *request.ContinuationToken);
    }
    std::erase_if(list, [&](const auto& one) { return *one.Id <= *last; });
    all.ContinuationToken = request.ContinuationToken;
  }
  all.IsTruncated = list.size() > listed_max;
  if (*all.IsTruncated) {
    list.resize(listed_max);
    all.NextContinuationToken = to_base64(*list.back().Id);
  }
  co_return all;
}

}  // namespace tidemill::s3
