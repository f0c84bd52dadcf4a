#include "server/tally.h"

namespace tidemill::server {
namespace {

/// What AWS names, and which count it is.
struct Row {
  std::string_view space, name;
  Tally::Count Tally::* count;
};

constexpr Row rows[] = {
    {"AWS/Events", "Invocations", &Tally::invocations},
    {"AWS/Events", "FailedInvocations", &Tally::invocations_failed},
    {"AWS/Events", "RetryInvocationAttempts", &Tally::invocations_retried},
    {"AWS/Events", "InvocationsSentToDlq", &Tally::dead_letters},
    {"AWS/Events", "InvocationsFailedToBeSentToDlq", &Tally::dead_letters_failed},
    {"AWS/Scheduler", "InvocationAttemptCount", &Tally::invocations},
    {"AWS/Scheduler", "InvocationDroppedCount", &Tally::invocations_failed},
    {"AWS/Scheduler", "InvocationsSentToDeadLetterCount", &Tally::dead_letters},
    {"AWS/Scheduler", "InvocationsFailedToBeSentToDeadLetterCount", &Tally::dead_letters_failed},
    {"AWS/SQS", "NumberOfMessagesSent", &Tally::queue_messages_sent},
    {"AWS/SNS", "NumberOfMessagesPublished", &Tally::topic_messages},
    {"AWS/SNS", "NumberOfNotificationsDelivered", &Tally::notifications},
    {"AWS/SNS", "NumberOfNotificationsFailed", &Tally::notifications_failed},
};

/// Some are measured with several sets of dimensions: one of them counts.
constexpr Row rows_of_one[] = {
    {"AWS/Events", "MatchedEvents", &Tally::events_matched},
    {"AWS/Logs", "IncomingLogEvents", &Tally::log_events},
    {"Glue", "glue.driver.aggregate.numCompletedTasks", &Tally::runs_completed},
    {"Glue", "glue.driver.aggregate.numFailedTasks", &Tally::runs_failed},
};

bool is_of_all(const Measured& measured) {
  if (measured.space != "Glue") return measured.dimensions.empty();
  for (const auto& [name, value] : measured.dimensions) {
    if (name == "JobRunId") return value == "ALL";
  }
  return false;
}

}  // namespace

Tally::Count* Tally::count_of(const Measured& measured) noexcept {
  for (const auto& row : rows) {
    if (row.name == measured.name && row.space == measured.space) return &(this->*row.count);
  }
  for (const auto& row : rows_of_one) {
    if (row.name != measured.name || row.space != measured.space) continue;
    return is_of_all(measured) ? &(this->*row.count) : nullptr;
  }
  return nullptr;
}

void Tally::measure(const Measured& measured) noexcept {
  if (measured.name == "ScheduleLateness") {
    schedule_lateness.observe(measured.value / 1000);
  } else if (auto* count = count_of(measured)) {
    count->fetch_add(std::uint64_t(measured.value), std::memory_order_relaxed);
  }
  next_.measure(measured);
}

}  // namespace tidemill::server
