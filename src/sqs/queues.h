/// Queues and their messages: what each operation does, in a transaction that the caller opens, and
/// what goes on by itself. Owned by the server; on the commit thread, but for what is const.
///
/// A message is a row; receiving it moves the time from which it is visible. The first message of a
/// FIFO queue's group, its lane, decides whether the group can be received from (`sqs_lanes`).
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/meter.h"
#include "base/random.h"
#include "base/time.h"
#include "iam/authority.h"
#include "iam/on_behalf.h"
#include "sqs/message.h"
#include "sqs/queue.h"
#include "store/store.h"

namespace tidemill::sqs {

/// What SendMessage answers.
struct Sent {
  std::string id;
  std::optional<std::string> sequence;  ///< Of a FIFO queue.
};

struct ReceiveOrder {
  int count = 1;
  std::optional<std::int64_t> visibility_s = {};  ///< Instead of the queue's.
};

/// How many messages a queue has, by what may be done with them.
struct Depths {
  std::int64_t visible, not_visible, delayed;
};

/// A message as a receiver gets it.
struct Received {
  std::int64_t seq = 0;
  std::string id, handle, body;
  MessageAttributes attributes;
  std::string sender;
  TimeMs sent, first_received;
  std::int64_t receives = 0;
  std::string group_id, dedup_id, trace, source_arn;
};

struct Taken {
  std::vector<Received> messages;
  /// Without messages: when the first of those that are there can be received.
  std::optional<TimeMs> next;
};

/// A message move task.
struct Move {
  std::int64_t id = 0;
  std::string task, source_arn;
  std::optional<std::string> destination_arn;
  std::optional<std::int64_t> per_second;
  std::string state = "RUNNING";
  std::int64_t moved = 0, to_move = 0;
  std::optional<std::string> failure;
  TimeMs started, due;

  [[nodiscard]] std::string handle() const;
};

class Queues {
 public:
  struct Options {
    /// On the commit thread after a commit: `count` messages of a queue can be received from then.
    std::function<void(std::int64_t queue, TimeMs at, int count)> visible;
    /// On the commit thread after a commit: work() has something to do then.
    std::function<void(TimeMs at)> due;
    /// Told after commits what is counted; may be nullptr. Outlives the queues.
    Meter* meter = nullptr;
  };
  struct Parts {
    const Clock& clock;
    Random& random;
    const iam::Authority& authority;
  };
  Queues(const Parts& parts, Options options);

  /// At start, before anything else.
  [[nodiscard]] Status load(store::Tx& tx);
  /// Test mode: forgets every queue.
  [[nodiscard]] Status reset(store::Tx& tx);

  /// Gives the queue that is there already if it is as `attributes` say.
  [[nodiscard]] Result<Queue> create(store::Tx& tx, const QueueKey& key, const Texts& attributes,
                                     const Texts& tags);
  [[nodiscard]] Status remove(store::Tx& tx, const Queue& queue);
  [[nodiscard]] Status purge(store::Tx& tx, Queue queue);
  [[nodiscard]] Status set(store::Tx& tx, Queue queue, const Texts& attributes);
  [[nodiscard]] Result<Depths> depths(store::Tx& tx, const Queue& queue) const;
  /// All attributes, with the counts of messages.
  [[nodiscard]] Result<Texts> attributes(store::Tx& tx, const Queue& queue) const;

  [[nodiscard]] Result<Sent> send(store::Tx& tx, const Queue& queue, const Message& message,
                                  std::string_view sender);
  /// As a service: fails with QueueDoesNotExist (not_found) or, where the queue's policy doesn't
  /// let the service send, with access_denied. Gives the message's id.
  [[nodiscard]] Result<std::string> send(store::Tx& tx, std::string_view queue_arn,
                                         const Message& message, const iam::OnBehalf& who);
  /// Whether the queue's policy lets a service send. The error names queue, action and source.
  [[nodiscard]] Status may_send(const Queue& queue, const iam::OnBehalf& who) const;

  [[nodiscard]] Result<Taken> receive(store::Tx& tx, const Queue& queue, const ReceiveOrder& order);
  [[nodiscard]] Status remove_message(store::Tx& tx, const Queue& queue, std::string_view handle);
  [[nodiscard]] Status change_visibility(store::Tx& tx, const Queue& queue, std::string_view handle,
                                         std::int64_t seconds);

  /// Begins to move a dead-letter queue's messages to `destination_arn` or to where they came from.
  [[nodiscard]] Result<std::string> start_move(store::Tx& tx, Move order);
  /// The task's source; fails with ResourceNotFoundException.
  [[nodiscard]] static Result<QueueKey> source_of_move(std::string_view handle);
  /// Gives how many messages it had moved.
  [[nodiscard]] Result<std::int64_t> cancel_move(store::Tx& tx, std::string_view handle);
  /// The newest first.
  [[nodiscard]] Result<std::vector<Move>> moves(store::Tx& tx, std::string_view source_arn,
                                                std::int64_t count) const;

  /// Measures how many messages each queue has, as of `at`. On any thread.
  [[nodiscard]] Status measure_depths(store::Tx& tx, TimeMs at, Meter& meter) const;

  /// A step of what goes on by itself: move tasks, and the deletion of what purged and deleted
  /// queues held. Gives when to come again, if ever.
  [[nodiscard]] Result<std::optional<TimeMs>> work(store::Tx& tx);

 private:
  struct Row;
  struct Receiving;
  struct Place;

  /// Grows with every call, also from one start to the next.
  std::int64_t next_number();
  void announce(store::Tx& tx, const Queue& queue, TimeMs at, int count = 1) const;
  void count(store::Tx& tx, const Queue& queue, std::string_view metric, std::int64_t times) const;
  void announce_work(store::Tx& tx, TimeMs at) const;
  Status discard(store::Tx& tx, std::int64_t box);
  Status check_redrive(store::Tx& tx, const QueueKey& key, const Texts& attributes) const;
  Status expire(store::Tx& tx, const Queue& queue);
  Status check_sending(const Queue& queue, const Message& message) const;
  Result<Sent> send_in_order(store::Tx& tx, const Queue& queue, const Message& message, Row row);
  Status insert(store::Tx& tx, const Row& row) const;
  Status refresh_lane(store::Tx& tx, const Queue& queue, std::string_view lane) const;

  Status receive_any(store::Tx& tx, Receiving& receiving);
  Status receive_in_order(store::Tx& tx, Receiving& receiving);
  Result<bool> receive_from_lane(store::Tx& tx, Receiving& receiving, const std::string& lane);
  Status hand_over(store::Tx& tx, Receiving& receiving, Row& row);
  Status relocate(store::Tx& tx, const Row& row, const Place& to);
  Result<std::int64_t> in_flight(store::Tx& tx, const Queue& queue);

  Status step(store::Tx& tx, Move move);
  Result<std::optional<Queue>> destination(store::Tx& tx, const Move& move, const Row& row) const;
  static Status save(store::Tx& tx, const Move& move);
  Result<bool> collect(store::Tx& tx);

  const Parts parts_;
  const Options options_;
  std::int64_t last_number_ = 0;
  /// How many messages of a box are in flight at most. What is handed out counts at once, also if
  /// it is undone; that there are fewer holds only once the transaction that counted is on disk.
  struct Flying {
    std::int64_t handed_out = 0;               ///< Ever.
    std::int64_t counted = 0, counted_at = 0;  ///< So many were left at so many handed out.
    [[nodiscard]] std::int64_t bound() const { return counted + handed_out - counted_at; }
  };
  std::unordered_map<std::int64_t, Flying> flying_;
};

}  // namespace tidemill::sqs
