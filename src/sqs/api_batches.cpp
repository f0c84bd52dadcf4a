// Batches: each entry succeeds or fails by itself, all in one commit.
#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "base/ascii.h"
#include "sqs/api.h"
#include "sqs/api_messages.h"
#include "sqs/errors.h"
#include "wire/errors.h"

namespace tidemill::sqs {
namespace {

constexpr std::size_t entries_max = 10, id_length_max = 80;

bool is_id(std::string_view id) {
  return !id.empty() && id.size() <= id_length_max && std::ranges::all_of(id, is_name_character);
}

/// What is wrong with the batch as a whole.
template <class Entries>
Status check_batch(const Entries& entries, std::string_view entry_name) {
  if (entries.empty()) {
    return refuse("EmptyBatchRequest",
                  fmt::format("There should be at least one {} in the request.", entry_name));
  }
  if (entries.size() > entries_max) {
    return refuse("TooManyEntriesInBatchRequest",
                  fmt::format("Maximum number of entries per request are {}. You have sent {}.",
                              entries_max, entries.size()));
  }
  std::set<std::string_view> ids;
  for (const auto& entry : entries) {
    if (!is_id(*entry.Id)) {
      return refuse("InvalidBatchEntryId",
                    "A batch entry id can only contain alphanumeric characters, hyphens and "
                    "underscores. It can be at most 80 letters long.");
    }
    if (!ids.insert(*entry.Id).second) {
      return refuse("BatchEntryIdsNotDistinct", fmt::format("Id {} repeated.", *entry.Id));
    }
  }
  return {};
}

template <class Result>
void fail_entry(const std::string& id, const Error& error, Result& result) {
  w::BatchResultErrorEntry entry;
  entry.Id = id;
  entry.Code = wire::query_code(w::service, error);
  entry.Message = error.message;
  // In batches AWS words this one otherwise.
  constexpr std::string_view alone = "One or more parameters are invalid.";
  if (entry.Message->starts_with(alone)) {
    entry.Message->replace(0, alone.size(), "One or more parameters cannot be validated.");
  }
  entry.SenderFault = http_status(error) < 500;
  if (!result.Failed) result.Failed.emplace();
  result.Failed->push_back(std::move(entry));
}

/// The new entry of those that succeeded.
template <class Result>
auto& succeed(const std::string& id, Result& result) {
  if (!result.Successful) result.Successful.emplace();
  auto& entry = result.Successful->emplace_back();
  entry.Id = id;
  return entry;
}

/// Whether a failure is the entry's own; a broken store's ends the whole request.
bool is_own(const Error& error) {
  return error.code == Errc::invalid_argument || error.code == Errc::not_found;
}

}  // namespace

Task<Result<w::SendMessageBatchResult>> Api::send_batch(const Caller& caller,
                                                        w::SendMessageBatchRequest request) {
  TM_CO_CHECK(check_batch(*request.Entries, "SendMessageBatchRequestEntry"));
  std::vector<Message> messages;
  std::size_t bytes = 0;
  for (const auto& entry : *request.Entries) {
    messages.push_back(message_of(entry));
    bytes += size_of(messages.back());
  }
  if (bytes > message_bytes_max) {
    co_return refuse("BatchRequestTooLong",
                     fmt::format("Batch requests cannot be longer than {} bytes. You have sent {} "
                                 "bytes.",
                                 message_bytes_max, bytes));
  }
  auto change = [&](store::Tx& tx, Queue& queue) -> Result<w::SendMessageBatchResult> {
    w::SendMessageBatchResult result;
    for (std::size_t i = 0; i < messages.size(); ++i) {
      const auto& id = *(*request.Entries)[i].Id;
      const auto sent = queues_.send(tx, queue, messages[i], caller.user_id);
      if (sent) {
        tell_sent(messages[i], *sent, succeed(id, result));
      } else if (is_own(sent.error())) {
        fail_entry(id, sent.error(), result);
      } else {
        return std::unexpected(sent.error());
      }
    }
    return result;
  };
  co_return co_await with_queue(caller, request.QueueUrl, "sqs:SendMessage", change);
}

Task<Result<w::DeleteMessageBatchResult>> Api::delete_batch(const Caller& caller,
                                                            w::DeleteMessageBatchRequest request) {
  TM_CO_CHECK(check_batch(*request.Entries, "DeleteMessageBatchRequestEntry"));
  auto change = [&](store::Tx& tx, Queue& queue) -> Result<w::DeleteMessageBatchResult> {
    w::DeleteMessageBatchResult result;
    for (const auto& entry : *request.Entries) {
      const auto gone = queues_.remove_message(tx, queue, *entry.ReceiptHandle);
      if (gone) {
        succeed(*entry.Id, result);
      } else if (is_own(gone.error())) {
        fail_entry(*entry.Id, gone.error(), result);
      } else {
        return std::unexpected(gone.error());
      }
    }
    return result;
  };
  co_return co_await with_queue(caller, request.QueueUrl, "sqs:DeleteMessage", change);
}

Task<Result<w::ChangeMessageVisibilityBatchResult>> Api::change_batch(
    const Caller& caller, w::ChangeMessageVisibilityBatchRequest request) {
  TM_CO_CHECK(check_batch(*request.Entries, "ChangeMessageVisibilityBatchRequestEntry"));
  auto change = [&](store::Tx& tx, Queue& queue) -> Result<w::ChangeMessageVisibilityBatchResult> {
    w::ChangeMessageVisibilityBatchResult result;
    for (const auto& entry : *request.Entries) {
      const auto seconds = entry.VisibilityTimeout ? std::int64_t(*entry.VisibilityTimeout)
                                                   : queue.number("VisibilityTimeout");
      const auto changed = queues_.change_visibility(tx, queue, *entry.ReceiptHandle, seconds);
      if (changed) {
        succeed(*entry.Id, result);
      } else if (is_own(changed.error())) {
        fail_entry(*entry.Id, changed.error(), result);
      } else {
        return std::unexpected(changed.error());
      }
    }
    return result;
  };
  co_return co_await with_queue(caller, request.QueueUrl, "sqs:ChangeMessageVisibility", change);
}

}  // namespace tidemill::sqs
