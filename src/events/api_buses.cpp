// Buses and tags.
#include <algorithm>

#include <fmt/format.h>

#include "events/api.h"

namespace tidemill::events {
namespace {

struct BusRow {
  std::string name;
  std::optional<std::string> description = {};
  std::optional<TimeMs> created = {}, modified = {};
  std::optional<std::string> policy = {};
};

BusRow read_bus(const store::Row& row) {
  return {row.text(0), row.maybe_text(1), TimeMs{row.integer(2)}, TimeMs{row.integer(3)}};
}

/// The account's buses with the default one among them, by name; without their policies.
Result<std::vector<BusRow>> all_buses(store::Tx& tx, const Scope& scope) {
  TM_TRY(auto buses, tx.all("SELECT name, description, created_ms, modified_ms FROM buses"
                            " WHERE account = $1 AND region = $2",
                            read_bus, scope.account, scope.region));
  buses.push_back({.name = "default"});
  std::ranges::sort(buses, {}, &BusRow::name);
  return buses;
}

template <class Shown>
Shown shown(const BusRow& bus, const Scope& scope) {
  Shown out;
  out.Name = bus.name;
  out.Arn = BusKey{scope, bus.name}.arn();
  out.Description = bus.description;
  out.CreationTime = bus.created;
  out.LastModifiedTime = bus.modified;
  out.Policy = bus.policy;
  return out;
}

template <class Request>
wire::Access bus_access(const Caller& caller, const Request& request) {
  return {.resource = bus_key(caller, request.Name).arn()};
}

template <class Request>
wire::Access arn_access(const Caller&, const Request& request) {
  return {.resource = request.ResourceARN.value_or("*")};
}

/// Tags hang on rules and buses that are there. Gives the rule, if it is one.
Result<std::optional<Rule>> require_resource(store::Tx& tx, const std::string& arn_text) {
  const auto malformed = [] {
    return fail(Errc::invalid_argument, "ValidationException",
                "Parameter ResourceARN is not valid. Reason: Provided Arn is not in correct "
                "format.");
  };
  const auto arn = Arn::parse(arn_text);
  if (!arn || arn->service != "events") return malformed();
  const std::string_view resource = arn->resource;
  if (resource.starts_with("event-bus/")) {
    TM_CHECK(require_bus(tx, {{arn->account, arn->region}, std::string(resource.substr(10))}));
    return std::nullopt;
  }
  const auto name = parse_rule_arn(arn_text);
  if (!name) return malformed();
  return require_rule(tx, name->bus, name->rule);
}

}  // namespace

Status save_tags(store::Tx& tx, std::string_view arn,
                 const std::optional<std::vector<w::Tag>>& tags) {
  if (!tags) return {};
  for (const auto& tag : *tags) {
    if (*tag.Key == once_tag) TM_CHECK(parse_once(*tag.Value));
    if (*tag.Key == batch_tag) TM_CHECK(parse_batch_plan(*tag.Value));
    TM_CHECK(
        tx.exec("INSERT INTO event_tags (arn, key, value) VALUES ($1, $2, $3)"
                " ON CONFLICT (arn, key) DO UPDATE SET value = $3",
                arn, *tag.Key, *tag.Value));
  }
  return {};
}

void Api::register_buses(wire::Router& router) {
  router.on<w::op::CreateEventBus>(this, &Api::create_bus, bus_access<w::CreateEventBusRequest>);
  router.on<w::op::DescribeEventBus>(this, &Api::describe_bus,
                                     bus_access<w::DescribeEventBusRequest>);
  router.on<w::op::DeleteEventBus>(this, &Api::delete_bus, bus_access<w::DeleteEventBusRequest>);
  router.on<w::op::ListEventBuses>(this, &Api::list_buses);
  router.on<w::op::TagResource>(this, &Api::tag, arn_access<w::TagResourceRequest>);
  router.on<w::op::UntagResource>(this, &Api::untag, arn_access<w::UntagResourceRequest>);
  router.on<w::op::ListTagsForResource>(this, &Api::list_tags,
                                        arn_access<w::ListTagsForResourceRequest>);
}

Task<Result<w::CreateEventBusResponse>> Api::create_bus(const Caller& caller,
                                                        w::CreateEventBusRequest request) {
  const BusKey key{caller.scope, *request.Name};
  auto change = [&](store::Tx& tx) -> Result<w::CreateEventBusResponse> {
    const auto exists = [&] {
      return fail(Errc::already_exists, "ResourceAlreadyExistsException",
                  fmt::format("Event bus {} already exists.", key.bus));
    };
    if (key.bus == "default") return exists();
    const auto inserted = tx.exec(
        "INSERT INTO buses (account, region, name, description, created_ms, modified_ms)"
        " VALUES ($1, $2, $3, $4, $5, $5)",
        key.scope.account, key.scope.region, key.bus, request.Description, clock_.now().ms);
    if (!inserted && inserted.error().code == Errc::already_exists) return exists();
    TM_CHECK(inserted);
    TM_CHECK(save_tags(tx, key.arn(), request.Tags));
    w::CreateEventBusResponse response;
    response.EventBusArn = key.arn();
    response.Description = request.Description;
    return response;
  };
  co_return co_await store_.write(change);
}

Task<Result<w::DescribeEventBusResponse>> Api::describe_bus(const Caller& caller,
                                                            w::DescribeEventBusRequest request) {
  const auto key = bus_key(caller, request.Name);
  auto query = [&](store::Tx& tx) -> Result<w::DescribeEventBusResponse> {
    TM_CHECK(require_bus(tx, key));
    TM_TRY(const auto buses, all_buses(tx, key.scope));
    const auto found = std::ranges::find(buses, key.bus, &BusRow::name);
    TM_ASSERT(found != buses.end());
    auto bus = *found;
    TM_TRY(bus.policy, find_bus_policy(tx, key));
    return shown<w::DescribeEventBusResponse>(bus, key.scope);
  };
  co_return co_await store_.read(query);
}

Task<Result<w::ListEventBusesResponse>> Api::list_buses(const Caller& caller,
                                                        w::ListEventBusesRequest request) {
  auto query = [&](store::Tx& tx) -> Result<w::ListEventBusesResponse> {
    TM_TRY(auto buses, all_buses(tx, caller.scope));
    std::erase_if(buses, [&](const BusRow& bus) {
      return !bus.name.starts_with(request.NamePrefix.value_or(""));
    });
    w::ListEventBusesResponse response;
    TM_TRY(auto page, page_of(
                          std::move(buses), request.NextToken, request.Limit,
                          [](const BusRow& bus) { return bus.name; }, response.NextToken));
    auto& shown_buses = response.EventBuses.emplace();
    for (auto& bus : page) {
      TM_TRY(bus.policy, find_bus_policy(tx, {caller.scope, bus.name}));
      shown_buses.push_back(shown<w::EventBus>(bus, caller.scope));
    }
    return response;
  };
  co_return co_await store_.read(query);
}

Task<Result<wire::Empty>> Api::delete_bus(const Caller& caller, w::DeleteEventBusRequest request) {
  const auto key = bus_key(caller, request.Name);
  auto change = [&](store::Tx& tx) -> Result<wire::Empty> {
    if (key.bus == "default") {
      return fail(Errc::invalid_argument, "ValidationException",
                  "Cannot delete event bus default.");
    }
    TM_TRY(const auto rules, events::list_rules(tx, key, {.count = 1}));
    if (!rules.empty()) {
      return fail(Errc::invalid_argument, "ValidationException",
                  fmt::format("Event bus {} can't be deleted since it has rules.", key.bus));
    }
    TM_CHECK(tx.exec("DELETE FROM event_tags WHERE arn = $1", key.arn()));
    TM_CHECK(policies_.save(tx, key, std::nullopt));
    TM_CHECK(tx.exec("DELETE FROM buses WHERE account = $1 AND region = $2 AND name = $3",
                     key.scope.account, key.scope.region, key.bus));
    return wire::Empty();
  };
  co_return co_await store_.write(change);
}

/// Some tags say how a rule works.
Status Api::tags_changed(store::Tx& tx, const Rule& rule) {
  TM_CHECK(schedules_.changed(tx, rule));
  return refresh_rule(tx, hub_.rules(), rule);
}

Task<Result<w::TagResourceResponse>> Api::tag(const Caller&, w::TagResourceRequest request) {
  auto change = [&](store::Tx& tx) -> Result<w::TagResourceResponse> {
    TM_TRY(const auto rule, require_resource(tx, *request.ResourceARN));
    TM_CHECK(save_tags(tx, *request.ResourceARN, request.Tags));
    if (rule) TM_CHECK(tags_changed(tx, *rule));
    return w::TagResourceResponse();
  };
  co_return co_await store_.write(change);
}

Task<Result<w::UntagResourceResponse>> Api::untag(const Caller&, w::UntagResourceRequest request) {
  auto change = [&](store::Tx& tx) -> Result<w::UntagResourceResponse> {
    TM_TRY(const auto rule, require_resource(tx, *request.ResourceARN));
    for (const auto& key : *request.TagKeys) {
      TM_CHECK(
          tx.exec("DELETE FROM event_tags WHERE arn = $1 AND key = $2", *request.ResourceARN, key));
    }
    if (rule) TM_CHECK(tags_changed(tx, *rule));
    return w::UntagResourceResponse();
  };
  co_return co_await store_.write(change);
}

Task<Result<w::ListTagsForResourceResponse>> Api::list_tags(const Caller&,
                                                            w::ListTagsForResourceRequest request) {
  auto query = [&](store::Tx& tx) -> Result<w::ListTagsForResourceResponse> {
    TM_CHECK(require_resource(tx, *request.ResourceARN));
    w::ListTagsForResourceResponse response;
    TM_TRY(response.Tags, tx.all(
                              "SELECT key, value FROM event_tags WHERE arn = $1 ORDER BY key",
                              [](const store::Row& row) {
                                w::Tag tag;
                                tag.Key = row.text(0);
                                tag.Value = row.text(1);
                                return tag;
                              },
                              *request.ResourceARN));
    return response;
  };
  co_return co_await store_.read(query);
}

}  // namespace tidemill::events
