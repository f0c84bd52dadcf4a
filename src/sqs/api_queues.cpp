// Queues, their attributes, tags and policies.
#include <algorithm>

#include <fmt/format.h>

#include "base/encoding.h"
#include "sqs/api.h"
#include "sqs/attributes.h"
#include "sqs/errors.h"
#include "sqs/permission.h"

namespace tidemill::sqs {
namespace {

constexpr std::int32_t page_max = 1000;

Texts texts(const std::optional<std::map<std::string, std::string>>& given) {
  return given ? Texts(given->begin(), given->end()) : Texts();
}

std::map<std::string, std::string> to_wire(const Texts& texts) {
  return {texts.begin(), texts.end()};
}

bool is_account(std::string_view text) {
  return text.size() == 12 &&
         std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

Result<Page> page_of(const std::optional<std::int32_t>& max_results,
                     const std::optional<std::string>& next_token) {
  const auto count = max_results.value_or(page_max);
  if (count < 1 || count > page_max) {
    return invalid_value(std::to_string(count), "MaxResults",
                         "Must be an integer value between 1 and 1000.");
  }
  auto after = from_base64(next_token.value_or(""));
  if (!after) return invalid_parameter("Invalid or expired next token.");
  return Page{count, *std::move(after)};
}

std::string url_of(const Caller& caller, const QueueKey& key) {
  return fmt::format("{}/{}/{}", caller.endpoint, key.scope.account, key.name);
}

/// The last part of the URL's path is the queue's name, the one before it may be its account.
QueueKey Api::key_of(const Caller& caller, const std::optional<std::string>& url) {
  std::string_view rest = url ? std::string_view(*url) : std::string_view();
  if (rest.starts_with("arn:")) return QueueKey::of_arn(rest).value_or(QueueKey{caller.scope, {}});
  while (rest.ends_with('/')) rest.remove_suffix(1);
  const auto slash = rest.rfind('/');
  if (slash == rest.npos) return {caller.scope, std::string(rest)};
  QueueKey key{caller.scope, std::string(rest.substr(slash + 1))};
  rest = rest.substr(0, slash);
  const auto owner = rest.substr(rest.rfind('/') + 1);
  if (is_account(owner)) key.scope.account = owner;
  return key;
}

Result<Queue> Api::open(store::Tx& tx, const Caller& caller, const QueueKey& key,
                        std::string_view action) const {
  TM_TRY(auto queue, find_queue(tx, key));
  const auto arn = key.arn();
  if (!queue) {
    TM_CHECK(authority_.authorize(caller, action, arn));
    return no_such_queue();
  }
  const auto document = queue->text("Policy");
  if (document.empty()) {
    TM_CHECK(authority_.authorize(caller, action, arn));
  } else {
    TM_TRY(const auto policy, iam::Policy::parse(document, iam::Policy::Kind::resource));
    TM_CHECK(authority_.authorize(caller, action, arn, policy));
  }
  return *std::move(queue);
}

void Api::register_with(wire::Router& router) {
  register_queues(router);
  register_messages(router);
  register_moves(router);
}

void Api::register_queues(wire::Router& router) {
  router.on<w::op::CreateQueue>(this, &Api::create,
                                [](const Caller& caller, const w::CreateQueueRequest& request) {
                                  const QueueKey key{caller.scope, *request.QueueName};
                                  return wire::Access{.resource = key.arn()};
                                });
  router.on<w::op::ListQueues>(this, &Api::list,
                               [](const Caller& caller, const w::ListQueuesRequest&) {
                                 return wire::Access{.resource = QueueKey{caller.scope, "*"}.arn()};
                               });
  router.on<w::op::DeleteQueue>(this, &Api::remove, asked_by_handler<w::DeleteQueueRequest>);
  router.on<w::op::GetQueueUrl>(this, &Api::url, asked_by_handler<w::GetQueueUrlRequest>);
  router.on<w::op::PurgeQueue>(this, &Api::purge, asked_by_handler<w::PurgeQueueRequest>);
  router.on<w::op::GetQueueAttributes>(this, &Api::attributes,
                                       asked_by_handler<w::GetQueueAttributesRequest>);
  router.on<w::op::SetQueueAttributes>(this, &Api::set_attributes,
                                       asked_by_handler<w::SetQueueAttributesRequest>);
  router.on<w::op::TagQueue>(this, &Api::tag, asked_by_handler<w::TagQueueRequest>);
  router.on<w::op::UntagQueue>(this, &Api::untag, asked_by_handler<w::UntagQueueRequest>);
  router.on<w::op::ListQueueTags>(this, &Api::tags, asked_by_handler<w::ListQueueTagsRequest>);
  router.on<w::op::AddPermission>(this, &Api::permit, asked_by_handler<w::AddPermissionRequest>);
  router.on<w::op::RemovePermission>(this, &Api::forbid,
                                     asked_by_handler<w::RemovePermissionRequest>);
}

Task<Result<w::CreateQueueResult>> Api::create(const Caller& caller,
                                               w::CreateQueueRequest request) {
  const QueueKey key{caller.scope, *request.QueueName};
  const auto attributes = texts(request.Attributes), tags = texts(request.tags);
  auto change = [&](store::Tx& tx) { return queues_.create(tx, key, attributes, tags); };
  TM_CO_TRY(const auto queue, co_await store_.write(change));
  w::CreateQueueResult result;
  result.QueueUrl = url_of(caller, queue.key);
  co_return result;
}

Task<Result<wire::Empty>> Api::remove(const Caller& caller, w::DeleteQueueRequest request) {
  auto change = [&](store::Tx& tx, Queue& queue) { return queues_.remove(tx, queue); };
  co_return done(co_await with_queue(caller, request.QueueUrl, "sqs:DeleteQueue", change));
}

Task<Result<w::GetQueueUrlResult>> Api::url(const Caller& caller, w::GetQueueUrlRequest request) {
  QueueKey key{caller.scope, *request.QueueName};
  if (request.QueueOwnerAWSAccountId) key.scope.account = *request.QueueOwnerAWSAccountId;
  auto query = [&](store::Tx& tx) { return open(tx, caller, key, "sqs:GetQueueUrl"); };
  TM_CO_TRY(const auto queue, co_await store_.read(query));
  w::GetQueueUrlResult result;
  result.QueueUrl = url_of(caller, queue.key);
  co_return result;
}

Task<Result<w::ListQueuesResult>> Api::list(const Caller& caller, w::ListQueuesRequest request) {
  TM_CO_TRY(const auto page, page_of(request.MaxResults, request.NextToken));
  const auto prefix = request.QueueNamePrefix.value_or("");
  auto query = [&](store::Tx& tx) {
    return queue_names(tx, caller.scope, prefix, page.after, page.count + 1);
  };
  TM_CO_TRY(auto names, co_await store_.read(query));
  w::ListQueuesResult result;
  if (names.empty()) co_return result;
  if (std::int32_t(names.size()) > page.count) {
    names.pop_back();
    // AWS pages only for who says how large a page is to be.
    if (request.MaxResults) result.NextToken = to_base64(names.back());
  }
  for (const auto& name : names) {
    const QueueKey key{caller.scope, name};
    if (!result.QueueUrls) result.QueueUrls.emplace();
    result.QueueUrls->push_back(url_of(caller, key));
  }
  co_return result;
}

Task<Result<wire::Empty>> Api::purge(const Caller& caller, w::PurgeQueueRequest request) {
  auto change = [&](store::Tx& tx, Queue& queue) { return queues_.purge(tx, queue); };
  co_return done(co_await with_queue(caller, request.QueueUrl, "sqs:PurgeQueue", change));
}

Task<Result<w::GetQueueAttributesResult>> Api::attributes(const Caller& caller,
                                                          w::GetQueueAttributesRequest request) {
  using Names = std::vector<std::string>;
  const auto asked = request.AttributeNames.value_or(Names());
  auto query = [&](store::Tx& tx, const Queue& queue) -> Result<w::GetQueueAttributesResult> {
    w::GetQueueAttributesResult result;
    for (const auto& name : asked) {
      if (!is_readable(name)) return unknown_attribute(name);
    }
    if (asked.empty()) return result;
    const bool all = std::ranges::find(asked, "All") != asked.end();
    const bool counts = all || std::ranges::any_of(asked, [](const std::string& name) {
                          return name.starts_with("Approximate");
                        });
    TM_TRY(auto shown, counts ? queues_.attributes(tx, queue) : shown_attributes(queue));
    if (!all) {
      std::erase_if(shown, [&asked](const auto& attribute) {
        return std::ranges::find(asked, attribute.first) == asked.end();
      });
    }
    if (!shown.empty()) result.Attributes = to_wire(shown);
    return result;
  };
  co_return co_await with_snapshot(caller, request.QueueUrl, "sqs:GetQueueAttributes", query);
}

Task<Result<wire::Empty>> Api::set_attributes(const Caller& caller,
                                              w::SetQueueAttributesRequest request) {
  const auto given = texts(request.Attributes);
  auto change = [&](store::Tx& tx, Queue& queue) { return queues_.set(tx, queue, given); };
  co_return done(co_await with_queue(caller, request.QueueUrl, "sqs:SetQueueAttributes", change));
}

Task<Result<wire::Empty>> Api::tag(const Caller& caller, w::TagQueueRequest request) {
  auto change = [&](store::Tx& tx, Queue& queue) {
    for (const auto& [key, value] : *request.Tags) queue.tags[key] = value;
    return update_queue(tx, queue);
  };
  co_return done(co_await with_queue(caller, request.QueueUrl, "sqs:TagQueue", change));
}

Task<Result<wire::Empty>> Api::untag(const Caller& caller, w::UntagQueueRequest request) {
  auto change = [&](store::Tx& tx, Queue& queue) {
    for (const auto& key : *request.TagKeys) queue.tags.erase(key);
    return update_queue(tx, queue);
  };
  co_return done(co_await with_queue(caller, request.QueueUrl, "sqs:UntagQueue", change));
}

Task<Result<w::ListQueueTagsResult>> Api::tags(const Caller& caller,
                                               w::ListQueueTagsRequest request) {
  auto query = [&](store::Tx&, const Queue& queue) -> Result<w::ListQueueTagsResult> {
    w::ListQueueTagsResult result;
    if (!queue.tags.empty()) result.Tags = to_wire(queue.tags);
    return result;
  };
  co_return co_await with_snapshot(caller, request.QueueUrl, "sqs:ListQueueTags", query);
}

Task<Result<wire::Empty>> Api::permit(const Caller& caller, w::AddPermissionRequest request) {
  const iam::Grant asked{*request.Label, *request.AWSAccountIds, *request.Actions};
  auto change = [&](store::Tx& tx, Queue& queue) -> Status {
    TM_TRY(auto policy, add_permission(queue.text("Policy"), queue.key.arn(), asked));
    return queues_.set(tx, queue, {{"Policy", std::move(policy)}});
  };
  co_return done(co_await with_queue(caller, request.QueueUrl, "sqs:AddPermission", change));
}

Task<Result<wire::Empty>> Api::forbid(const Caller& caller, w::RemovePermissionRequest request) {
  auto change = [&](store::Tx& tx, Queue& queue) -> Status {
    TM_TRY(auto policy, remove_permission(queue.text("Policy"), *request.Label));
    return queues_.set(tx, queue, {{"Policy", std::move(policy)}});
  };
  co_return done(co_await with_queue(caller, request.QueueUrl, "sqs:RemovePermission", change));
}

}  // namespace tidemill::sqs
