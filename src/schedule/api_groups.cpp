// Groups of schedules, and tags.
#include <fmt/format.h>

#include "schedule/api.h"

namespace tidemill::schedule {
namespace {

constexpr int page_max = 100;

template <class Request>
wire::Access group_access(const Caller& caller, const Request& request) {
  return {.resource = group_arn(caller.scope, request.Name.value_or("*"))};
}

template <class Request>
wire::Access arn_access(const Caller&, const Request& request) {
  return {.resource = request.ResourceArn.value_or("*")};
}

template <class Shown>
Shown shown(const Group& group) {
  Shown out;
  out.Arn = group.arn();
  out.Name = group.name;
  out.State = "ACTIVE";
  out.CreationDate = group.created;
  out.LastModificationDate = group.modified;
  return out;
}

Tags tags_of(const std::optional<std::vector<w::Tag>>& given) {
  Tags tags;
  for (const auto& tag : given.value_or(std::vector<w::Tag>())) {
    tags[tag.Key.value_or("")] = tag.Value.value_or("");
  }
  return tags;
}

/// Groups, as on AWS, and schedules, as it isn't there (docs/differences.md).
Status require_resource(store::Tx& tx, const Book& book, const std::string& text) {
  if (const auto key = schedule_key(text)) {
    TM_TRY([[maybe_unused]] const auto schedule, book.require(tx, *key));
    return {};
  }
  constexpr std::string_view head = "schedule-group/";
  const auto arn = Arn::parse(text);
  if (!arn || arn->service != "scheduler" || !arn->resource.starts_with(head)) {
    return fail(Errc::invalid_argument, "ValidationException",
                "Provided Arn is not in correct format.");
  }
  TM_TRY([[maybe_unused]] const auto group,
         book.require_group(tx, {arn->account, arn->region}, arn->resource.substr(head.size())));
  return {};
}

}  // namespace

void Api::register_groups(wire::Router& router) {
  router.on<w::op::CreateScheduleGroup>(this, &Api::create_group,
                                        group_access<w::CreateScheduleGroupInput>);
  router.on<w::op::GetScheduleGroup>(this, &Api::get_group, group_access<w::GetScheduleGroupInput>);
  router.on<w::op::DeleteScheduleGroup>(this, &Api::remove_group,
                                        group_access<w::DeleteScheduleGroupInput>);
  router.on<w::op::ListScheduleGroups>(
      this, &Api::list_groups, [](const Caller& caller, const w::ListScheduleGroupsInput&) {
        return wire::Access{.resource = group_arn(caller.scope, "*")};
      });
  router.on<w::op::TagResource>(this, &Api::tag, arn_access<w::TagResourceInput>);
  router.on<w::op::UntagResource>(this, &Api::untag, arn_access<w::UntagResourceInput>);
  router.on<w::op::ListTagsForResource>(this, &Api::list_tags,
                                        arn_access<w::ListTagsForResourceInput>);
}

Task<Result<w::CreateScheduleGroupOutput>> Api::create_group(const Caller& caller,
                                                             w::CreateScheduleGroupInput request) {
  const Group group{.scope = caller.scope,
                    .name = *request.Name,
                    .client_token = request.ClientToken.value_or(""),
                    .created = parts_.clock.now()};
  const auto tags = tags_of(request.Tags);
  auto change = [&](store::Tx& tx) -> Result<w::CreateScheduleGroupOutput> {
    TM_TRY(const auto known, parts_.book.find_group(tx, group.scope, group.name));
    const bool repeated =
        known && !known->client_token.empty() && known->client_token == group.client_token;
    if (known && !repeated) {
      return fail(Errc::conflict, "ConflictException",
                  fmt::format("Schedule group {} already exists.", group.name));
    }
    if (!known) {
      TM_CHECK(parts_.book.add_group(tx, group));
      TM_CHECK(parts_.book.change_tags(tx, group.arn(), tags, {}));
    }
    w::CreateScheduleGroupOutput out;
    out.ScheduleGroupArn = group.arn();
    return out;
  };
  co_return co_await parts_.store.write(change);
}

Task<Result<w::GetScheduleGroupOutput>> Api::get_group(const Caller& caller,
                                                       w::GetScheduleGroupInput request) {
  auto query = [&](store::Tx& tx) -> Result<w::GetScheduleGroupOutput> {
    TM_TRY(const auto group, parts_.book.require_group(tx, caller.scope, *request.Name));
    return shown<w::GetScheduleGroupOutput>(group);
  };
  co_return co_await parts_.store.read(query);
}

Task<Result<w::DeleteScheduleGroupOutput>> Api::remove_group(const Caller& caller,
                                                             w::DeleteScheduleGroupInput request) {
  auto change = [&](store::Tx& tx) -> Result<w::DeleteScheduleGroupOutput> {
    if (*request.Name == default_group) {
      return fail(Errc::invalid_argument, "ValidationException",
                  "The default schedule group cannot be deleted.");
    }
    TM_TRY(const auto group, parts_.book.require_group(tx, caller.scope, *request.Name));
    TM_CHECK(parts_.book.remove_group(tx, group));
    return w::DeleteScheduleGroupOutput();
  };
  co_return co_await parts_.store.write(change);
}

Task<Result<w::ListScheduleGroupsOutput>> Api::list_groups(const Caller& caller,
                                                           w::ListScheduleGroupsInput request) {
  const auto count = std::size_t(request.MaxResults.value_or(page_max));
  auto query = [&](store::Tx& tx) -> Result<w::ListScheduleGroupsOutput> {
    TM_TRY(const auto groups, parts_.book.list_groups(tx, caller.scope));
    w::ListScheduleGroupsOutput out;
    auto& page = out.ScheduleGroups.emplace();
    for (const auto& group : groups) {
      if (!group.name.starts_with(request.NamePrefix.value_or(""))) continue;
      if (request.NextToken && group.name <= *request.NextToken) continue;
      if (page.size() == count) {
        out.NextToken = page.back().Name;
        break;
      }
      page.push_back(shown<w::ScheduleGroupSummary>(group));
    }
    return out;
  };
  co_return co_await parts_.store.read(query);
}

Task<Result<w::TagResourceOutput>> Api::tag(const Caller&, w::TagResourceInput request) {
  auto change = [&](store::Tx& tx) -> Result<w::TagResourceOutput> {
    TM_CHECK(require_resource(tx, parts_.book, *request.ResourceArn));
    TM_CHECK(parts_.book.change_tags(tx, *request.ResourceArn, tags_of(request.Tags), {}));
    return w::TagResourceOutput();
  };
  co_return co_await parts_.store.write(change);
}

Task<Result<w::UntagResourceOutput>> Api::untag(const Caller&, w::UntagResourceInput request) {
  auto change = [&](store::Tx& tx) -> Result<w::UntagResourceOutput> {
    TM_CHECK(require_resource(tx, parts_.book, *request.ResourceArn));
    TM_CHECK(parts_.book.change_tags(tx, *request.ResourceArn, {}, *request.TagKeys));
    return w::UntagResourceOutput();
  };
  co_return co_await parts_.store.write(change);
}

Task<Result<w::ListTagsForResourceOutput>> Api::list_tags(const Caller&,
                                                          w::ListTagsForResourceInput request) {
  auto query = [&](store::Tx& tx) -> Result<w::ListTagsForResourceOutput> {
    TM_CHECK(require_resource(tx, parts_.book, *request.ResourceArn));
    TM_TRY(const auto tags, Book::tags_of(tx, *request.ResourceArn));
    w::ListTagsForResourceOutput out;
    auto& shown_tags = out.Tags.emplace();
    for (const auto& [key, value] : tags) {
      w::Tag tag;
      tag.Key = key;
      tag.Value = value;
      shown_tags.push_back(std::move(tag));
    }
    return out;
  };
  co_return co_await parts_.store.read(query);
}

}  // namespace tidemill::schedule
