/// SQS's operations: each maps a request to the queues. Made once by the server; called on event
/// loops. Who may do what is decided here, in the transaction, because a queue's own policy counts
/// beside the caller's.
#pragma once

#include "base/caller.h"
#include "iam/authority.h"
#include "sqs/queues.h"
#include "sqs/waiters.h"
#include "store/store.h"
#include "wire/gen/sqs.h"
#include "wire/router.h"

namespace tidemill::sqs {

namespace w = wire::sqs;
using wire::asked_by_handler;  // What Api::open asks.

class Api {
 public:
  /// All outlive the Api.
  struct Parts {
    store::Store& store;
    Queues& queues;
    Waiters& waiters;
    const iam::Authority& authority;
  };
  explicit Api(const Parts& parts)
      : store_(parts.store),
        queues_(parts.queues),
        waiters_(parts.waiters),
        authority_(parts.authority) {}

  void register_with(wire::Router& router);

 private:
  using Done = Task<Result<wire::Empty>>;
  template <class Response>
  using Reply = Task<Result<Response>>;

  void register_queues(wire::Router& router);
  void register_messages(wire::Router& router);
  void register_moves(wire::Router& router);

  Reply<w::CreateQueueResult> create(const Caller& caller, w::CreateQueueRequest request);
  Done remove(const Caller& caller, w::DeleteQueueRequest request);
  Reply<w::GetQueueUrlResult> url(const Caller& caller, w::GetQueueUrlRequest request);
  Reply<w::ListQueuesResult> list(const Caller& caller, w::ListQueuesRequest request);
  Done purge(const Caller& caller, w::PurgeQueueRequest request);
  Reply<w::GetQueueAttributesResult> attributes(const Caller& caller,
                                                w::GetQueueAttributesRequest request);
  Done set_attributes(const Caller& caller, w::SetQueueAttributesRequest request);
  Done tag(const Caller& caller, w::TagQueueRequest request);
  Done untag(const Caller& caller, w::UntagQueueRequest request);
  Reply<w::ListQueueTagsResult> tags(const Caller& caller, w::ListQueueTagsRequest request);
  Done permit(const Caller& caller, w::AddPermissionRequest request);
  Done forbid(const Caller& caller, w::RemovePermissionRequest request);

  Reply<w::SendMessageResult> send(const Caller& caller, w::SendMessageRequest request);
  Reply<w::SendMessageBatchResult> send_batch(const Caller& caller,
                                              w::SendMessageBatchRequest request);
  Reply<w::ReceiveMessageResult> receive(const Caller& caller, w::ReceiveMessageRequest request);
  Done delete_message(const Caller& caller, w::DeleteMessageRequest request);
  Reply<w::DeleteMessageBatchResult> delete_batch(const Caller& caller,
                                                  w::DeleteMessageBatchRequest request);
  Done change(const Caller& caller, w::ChangeMessageVisibilityRequest request);
  Reply<w::ChangeMessageVisibilityBatchResult> change_batch(
      const Caller& caller, w::ChangeMessageVisibilityBatchRequest request);

  Reply<w::ListDeadLetterSourceQueuesResult> sources(const Caller& caller,
                                                     w::ListDeadLetterSourceQueuesRequest request);
  Reply<w::StartMessageMoveTaskResult> start_move(const Caller& caller,
                                                  w::StartMessageMoveTaskRequest request);
  Reply<w::CancelMessageMoveTaskResult> cancel_move(const Caller& caller,
                                                    w::CancelMessageMoveTaskRequest request);
  Reply<w::ListMessageMoveTasksResult> moves(const Caller& caller,
                                             w::ListMessageMoveTasksRequest request);

  /// The queue, if it is there and `caller` may do `action` to it.
  [[nodiscard]] Result<Queue> open(store::Tx& tx, const Caller& caller, const QueueKey& key,
                                   std::string_view action) const;
  /// Runs `change(tx, queue)` in a commit, with the queue opened.
  template <class Change, class R = std::invoke_result_t<Change, store::Tx&, Queue&>>
  Task<R> with_queue(const Caller& caller, const std::optional<std::string>& url,
                     std::string_view action, Change change) {
    auto write = [&](store::Tx& tx) -> R {
      TM_TRY(auto queue, open(tx, caller, key_of(caller, url), action));
      return change(tx, queue);
    };
    co_return co_await store_.write(write);
  }
  /// As with_queue, without changing anything.
  template <class Query, class R = std::invoke_result_t<Query, store::Tx&, const Queue&>>
  Task<R> with_snapshot(const Caller& caller, const std::optional<std::string>& url,
                        std::string_view action, Query query) {
    auto read = [&](store::Tx& tx) -> R {
      TM_TRY(const auto queue, open(tx, caller, key_of(caller, url), action));
      return query(tx, queue);
    };
    co_return co_await store_.read(read);
  }
  static QueueKey key_of(const Caller& caller, const std::optional<std::string>& url);
  Task<Result<Taken>> take(const Caller& caller, const w::ReceiveMessageRequest& request);

  store::Store& store_;
  Queues& queues_;
  Waiters& waiters_;
  const iam::Authority& authority_;
};

/// "http://HOST/ACCOUNT/NAME", as the caller addressed us.
[[nodiscard]] std::string url_of(const Caller& caller, const QueueKey& key);

/// The part of a list of names that a request asks for.
struct Page {
  std::int32_t count;
  std::string after;  ///< The last name of the page before.
};
[[nodiscard]] Result<Page> page_of(const std::optional<std::int32_t>& max_results,
                                   const std::optional<std::string>& next_token);

/// What a Task<Status> operation answers.
[[nodiscard]] inline Result<wire::Empty> done(Status status) {
  if (!status) return std::unexpected(std::move(status).error());
  return wire::Empty();
}

}  // namespace tidemill::sqs
