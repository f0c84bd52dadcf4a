#include "metrics/api_dashboards.h"

#include "base/encoding.h"
#include "metrics/api_alarm_shapes.h"
#include "metrics/dashboard.h"

namespace tidemill::metrics {
namespace {

constexpr int dashboards_a_page = 1000;

template <class Request>
wire::Access named(const Caller& caller, const Request& request) {
  return {.resource = dashboard_arn(caller.scope.account, request.DashboardName.value_or("*"))};
}

}  // namespace

void DashboardApi::register_with(wire::Router& router) {
  router.on<w::op::PutDashboard>(this, &DashboardApi::put, named<w::PutDashboardInput>);
  router.on<w::op::GetDashboard>(this, &DashboardApi::get, named<w::GetDashboardInput>);
  router.on<w::op::ListDashboards>(this, &DashboardApi::list);
  router.on<w::op::DeleteDashboards>(
      this, &DashboardApi::remove, [](const Caller& caller, const w::DeleteDashboardsInput& given) {
        const auto& names = *given.DashboardNames;
        const auto name = names.size() == 1 ? names.front() : "*";
        return wire::Access{.resource = dashboard_arn(caller.scope.account, name)};
      });
}

DashboardApi::Reply<w::PutDashboardOutput> DashboardApi::put(const Caller& caller,
                                                             w::PutDashboardInput request) {
  TM_CO_CHECK(check_dashboard_name(*request.DashboardName));
  TM_CO_TRY(const auto doubts, check_dashboard_body(*request.DashboardBody));
  const Dashboard dashboard{*request.DashboardName, *request.DashboardBody, clock_.now()};
  const auto tags = tags_of(request.Tags);
  auto change = [&](store::Tx& tx) {
    return put_dashboard(tx, caller.scope.account, dashboard, tags);
  };
  TM_CO_CHECK(co_await store_.write(change));
  w::PutDashboardOutput response;
  response.DashboardValidationMessages.emplace();
  for (const auto& [path, message] : doubts) {
    response.DashboardValidationMessages->push_back({path, message});
  }
  co_return response;
}

DashboardApi::Reply<w::GetDashboardOutput> DashboardApi::get(const Caller& caller,
                                                             w::GetDashboardInput request) {
  const auto& account = caller.scope.account;
  TM_CO_CHECK(check_dashboard_name(*request.DashboardName));
  auto ask = [&](store::Tx& tx) { return get_dashboard(tx, account, *request.DashboardName); };
  TM_CO_TRY(auto dashboard, co_await store_.read(ask));
  w::GetDashboardOutput response;
  response.DashboardArn = dashboard_arn(account, dashboard.name);
  response.DashboardBody = std::move(dashboard.body);
  response.DashboardName = std::move(dashboard.name);
  co_return response;
}

DashboardApi::Reply<w::ListDashboardsOutput> DashboardApi::list(const Caller& caller,
                                                                w::ListDashboardsInput request) {
  const auto after = from_base64(request.NextToken.value_or(""));
  if (!after) {
    co_return fail(Errc::invalid_argument, "InvalidParameterValueException",
                   "The next token is invalid.");
  }
  const DashboardQuery query{caller.scope.account, request.DashboardNamePrefix.value_or(""), *after,
                             dashboards_a_page + 1};
  auto ask = [&](store::Tx& tx) { return list_dashboards(tx, query); };
  TM_CO_TRY(auto dashboards, co_await store_.read(ask));
  w::ListDashboardsOutput response;
  response.DashboardEntries.emplace();
  if (int(dashboards.size()) > dashboards_a_page) {
    dashboards.pop_back();
    response.NextToken = to_base64(dashboards.back().name);
  }
  for (const auto& one : dashboards) {
    w::DashboardEntry shown;
    shown.DashboardName = one.name;
    shown.DashboardArn = dashboard_arn(caller.scope.account, one.name);
    shown.LastModified = one.modified;
    shown.Size = std::int64_t(one.body.size());
    response.DashboardEntries->push_back(std::move(shown));
  }
  co_return response;
}

DashboardApi::Reply<w::DeleteDashboardsOutput> DashboardApi::remove(
    const Caller& caller, w::DeleteDashboardsInput request) {
  auto change = [&](store::Tx& tx) {
    return delete_dashboards(tx, caller.scope.account, *request.DashboardNames);
  };
  TM_CO_CHECK(co_await store_.write(change));
  co_return w::DeleteDashboardsOutput();
}

}  // namespace tidemill::metrics
