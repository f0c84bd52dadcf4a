// Message move tasks, and what goes on by itself.
#include <algorithm>

#include <fmt/format.h>

#include "base/encoding.h"
#include "base/json.h"
#include "sqs/errors.h"
#include "sqs/queues.h"
#include "sqs/row.h"

namespace tidemill::sqs {
namespace {

constexpr std::int64_t moved_per_step = 100;
constexpr std::int64_t per_second_max = 500;
constexpr int collected_per_step = 500;
constexpr auto pace = std::chrono::seconds(1);

constexpr std::string_view columns =
    "id, task, source_arn, destination_arn, per_second, state, moved, to_move, failure, "
    "started_ms, due_ms";

Move read_move(const store::Row& row) {
  Move move;
  move.id = row.integer(0);
  move.task = row.text(1);
  move.source_arn = row.text(2);
  move.destination_arn = row.maybe_text(3);
  move.per_second = row.maybe_integer(4);
  move.state = row.text(5);
  move.moved = row.integer(6);
  move.to_move = row.integer(7);
  move.failure = row.maybe_text(8);
  move.started = {row.integer(9)};
  move.due = {row.integer(10)};
  return move;
}

std::unexpected<Error> no_such_resource(std::string_view parameter) {
  return refuse(
      "ResourceNotFoundException",
      fmt::format("The resource that you specified for the {} parameter doesn't exist.", parameter),
      404);
}

std::unexpected<Error> no_such_task() {
  return refuse("ResourceNotFoundException", "Task does not exist.", 404);
}

}  // namespace

std::string Move::handle() const {
  return to_base64(json::dump(json::object{{"taskId", task}, {"sourceArn", source_arn}}));
}

Result<std::string> Queues::start_move(store::Tx& tx, Move move) {
  if (move.per_second && (*move.per_second < 1 || *move.per_second > per_second_max)) {
    return invalid_value(std::to_string(*move.per_second), "MaxNumberOfMessagesPerSecond",
                         "Must be >= 1 and <= 500, if provided.");
  }
  TM_TRY(const auto source, find_queue(tx, move.source_arn));
  if (!source) return no_such_resource("SourceArn");
  TM_TRY(const auto sources, sources_of(tx, move.source_arn));
  if (sources.empty()) {
    return invalid_parameter("Source queue must be configured as a Dead Letter Queue.");
  }
  if (move.destination_arn) {
    TM_TRY(const auto there, find_queue(tx, *move.destination_arn));
    if (!there) return no_such_resource("DestinationArn");
    if (there->is_fifo() != source->is_fifo()) {
      return invalid_parameter("Destination queue must be same type of queue as the source.");
    }
    if (there->id == source->id) {  // Each message that moves would be there to be moved again.
      return invalid_parameter("Destination queue must be another queue than the source.");
    }
  }
  TM_TRY(const auto running,
         tx.one(
             "SELECT 1 FROM sqs_moves WHERE source_arn = $1 AND state = 'RUNNING'",
             [](const store::Row& row) { return row.integer(0); }, move.source_arn));
  if (running) {
    return invalid_parameter(
        "There is already a task running. Only one active task is allowed for a source queue arn "
        "at a given time.");
  }
  const auto now = parts_.clock.now();
  move.task = random_uuid(parts_.random);
  TM_TRY(const auto waiting,
         tx.one(
             "SELECT count(*) FROM sqs_messages WHERE box = $1 AND visible_ms <= $2",
             [](const store::Row& row) { return row.integer(0); }, source->box, now.ms));
  TM_CHECK(
      tx.exec("INSERT INTO sqs_moves (task, source_arn, destination_arn, per_second, state,"
              " moved, to_move, started_ms, due_ms) VALUES ($1, $2, $3, $4, 'RUNNING', 0, $5,"
              " $6, $6)",
              move.task, move.source_arn, move.destination_arn, move.per_second, *waiting, now.ms));
  announce_work(tx, now);
  return move.handle();
}

Result<QueueKey> Queues::source_of_move(std::string_view handle) {
  const auto decoded = from_base64(handle);
  const auto parsed = json::parse_object(decoded.value_or(""));
  if (!parsed) return invalid_value(handle, "TaskHandle", "The task handle is invalid.");
  auto key = QueueKey::of_arn(json::text_or_empty(*parsed, "sourceArn"));
  if (!key) return no_such_task();
  return *std::move(key);
}

Result<std::int64_t> Queues::cancel_move(store::Tx& tx, std::string_view handle) {
  const auto parsed = json::parse_object(from_base64(handle).value_or(""));
  if (!parsed) return no_such_task();
  TM_TRY(const auto moved,
         tx.one(
             "UPDATE sqs_moves SET state = 'CANCELLED' WHERE task = $1 AND source_arn = $2 AND"
             " state = 'RUNNING' RETURNING moved",
             [](const store::Row& row) { return row.integer(0); },
             json::text_or_empty(*parsed, "taskId"), json::text_or_empty(*parsed, "sourceArn")));
  if (!moved) return no_such_task();
  return *moved;
}

Result<std::vector<Move>> Queues::moves(store::Tx& tx, std::string_view source_arn,
                                        std::int64_t count) const {
  static const std::string sql = fmt::format(
      "SELECT {} FROM sqs_moves WHERE source_arn = $1 ORDER BY id DESC LIMIT $2", columns);
  return tx.all(sql, read_move, source_arn, count);
}

/// Where `row` goes; nullopt where that queue isn't there (any more).
Result<std::optional<Queue>> Queues::destination(store::Tx& tx, const Move& move,
                                                 const Row& row) const {
  return find_queue(tx, move.destination_arn ? *move.destination_arn : row.source_arn);
}

Status Queues::step(store::Tx& tx, Move move) {
  static const std::string sql = fmt::format(
      "SELECT {} FROM sqs_messages WHERE box = $1 AND visible_ms <= $2 AND sent_ms > $3"
      " ORDER BY visible_ms, seq LIMIT $4",
      Row::columns);
  const auto now = parts_.clock.now();
  const auto fail_with = [&](std::string_view failure) {
    move.state = "FAILED";
    move.failure = failure;
    return save(tx, move);
  };
  constexpr std::string_view gone = "AWS.SimpleQueueService.NonExistentQueue";
  TM_TRY(const auto source, find_queue(tx, move.source_arn));
  if (!source) return fail_with(gone);
  const auto count = move.per_second.value_or(moved_per_step);
  TM_TRY(const auto rows,
         tx.all(sql, Row::read, source->box, now.ms, source->expired_until(now).ms, count));
  for (const auto& row : rows) {
    if (!move.destination_arn && row.source_arn.empty()) {
      return fail_with("CouldNotDetermineMessageSource");
    }
    TM_TRY(const auto to, destination(tx, move, row));
    if (!to) return fail_with(gone);
    TM_CHECK(relocate(tx, row, {*source, *to, true}));
    ++move.moved;
  }
  if (std::int64_t(rows.size()) < count) move.state = "COMPLETED";
  move.due = move.per_second ? now.plus(pace) : now;
  return save(tx, move);
}

Status Queues::save(store::Tx& tx, const Move& move) {
  TM_CHECK(
      tx.exec("UPDATE sqs_moves SET state = $2, moved = $3, failure = $4, due_ms = $5"
              " WHERE id = $1",
              move.id, move.state, move.moved, move.failure, move.due.ms));
  return {};
}

/// Deletes some of what nobody owns; whether there is more.
Result<bool> Queues::collect(store::Tx& tx) {
  const auto number = [](const store::Row& row) { return row.integer(0); };
  TM_TRY(const auto box, tx.one("SELECT box FROM sqs_garbage ORDER BY box LIMIT 1", number));
  if (!box) return false;
  TM_TRY(const auto deleted,
         tx.exec("DELETE FROM sqs_messages WHERE seq IN (SELECT seq FROM sqs_messages"
                 " WHERE box = $1 LIMIT $2)",
                 *box, collected_per_step));
  if (deleted == collected_per_step) return true;
  TM_CHECK(tx.exec("DELETE FROM sqs_lanes WHERE box = $1", *box));
  TM_CHECK(tx.exec("DELETE FROM sqs_dedup WHERE box = $1", *box));
  TM_CHECK(tx.exec("DELETE FROM sqs_garbage WHERE box = $1", *box));
  TM_TRY(const auto more, tx.one("SELECT box FROM sqs_garbage LIMIT 1", number));
  return more.has_value();
}

Result<std::optional<TimeMs>> Queues::work(store::Tx& tx) {
  static const std::string sql = fmt::format(
      "SELECT {} FROM sqs_moves WHERE state = 'RUNNING' AND due_ms <= $1 ORDER BY due_ms LIMIT 10",
      columns);
  const auto now = parts_.clock.now();
  TM_TRY(auto due, tx.all(sql, read_move, now.ms));
  for (auto& move : due) TM_CHECK(step(tx, std::move(move)));
  TM_TRY(const bool more, collect(tx));
  if (more) return now;
  TM_TRY(const auto next, tx.one("SELECT min(due_ms) FROM sqs_moves WHERE state = 'RUNNING'",
                                 [](const store::Row& row) { return row.maybe_integer(0); }));
  if (!next || !*next) return std::nullopt;
  return TimeMs{**next};
}

}  // namespace tidemill::sqs
