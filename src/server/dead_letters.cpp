#include "server/dead_letters.h"

#include <fmt/format.h>

#include "schedule/book.h"

namespace tidemill::server {
namespace {

constexpr std::string_view rules = "events.amazonaws.com", schedules = "scheduler.amazonaws.com";

/// SQS takes no empty attribute, and none of more than its message's size.
constexpr std::size_t attribute_bytes_max = 1024;

sqs::Message message_of(const events::DeadLetter& letter) {
  sqs::Message message{.body = letter.body};
  for (const auto& [name, value] : letter.attributes) {
    if (value.empty()) continue;
    message.attributes[name] = {.value = value.substr(0, attribute_bytes_max)};
  }
  return message;
}

}  // namespace

Result<std::optional<std::string>> DeadLettersInQueues::obstacle(
    store::Tx& tx, const events::DeadLetter& letter) const {
  TM_TRY(const auto queue, sqs::find_queue(tx, letter.queue_arn));
  if (!queue) return fmt::format("queue {} does not exist", letter.queue_arn);
  if (queue->is_fifo()) return fmt::format("{} is a FIFO queue", letter.queue_arn);
  if (const auto schedule = schedule::schedule_key(letter.sender_arn)) {
    const iam::Conditions conditions{
        {"aws:sourcearn", schedule::group_arn(schedule->scope, schedule->group)},
        {"aws:sourceaccount", letter.scope.account}};
    const auto decision = authority_.decide_role(letter.role_arn, schedules, "sqs:SendMessage",
                                                 letter.queue_arn, conditions);
    return decision.allowed ? std::nullopt : std::optional(decision.reason);
  }
  const auto may = queues_.may_send(*queue, {rules, letter.sender_arn, letter.scope.account});
  return may ? std::nullopt : std::optional(may.error().message);
}

Result<std::optional<std::string>> DeadLettersInQueues::accept(store::Tx& tx,
                                                               const events::DeadLetter& letter) {
  TM_TRY(auto against, obstacle(tx, letter));
  if (against) return against;
  TM_TRY(const auto queue, sqs::find_queue(tx, letter.queue_arn));
  const auto sender = letter.sender_arn.contains(":rule/") ? rules : schedules;
  const auto sent = queues_.send(tx, *queue, message_of(letter), sender);
  if (sent) return std::nullopt;
  if (sent.error().code != Errc::invalid_argument) return std::unexpected(sent.error());
  return sent.error().message;
}

}  // namespace tidemill::server
