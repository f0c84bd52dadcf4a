/// What the tests of sqs/ share: queues over a store of their own and a clock that a test sets.
/// Test thread only.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "sqs/check.h"
#include "sqs/queues.h"
#include "sqs/schema.h"
#include "store/store_fixture_testing.h"

namespace tidemill::sqs {

using Bodies = std::vector<std::string>;

class QueuesFixture : public store::StoreFixture {
 protected:
  QueuesFixture() : StoreFixture(migrations) { load(); }
  ~QueuesFixture() override { EXPECT_EQ(write(check_queues).value(), std::vector<std::string>()); }

  /// A restart.
  void reopen() {
    queues_.reset();
    open_store();
    load();
  }
  void load() {
    queues_ =
        std::make_unique<Queues>(Queues::Parts{clock_, random_, authority_}, Queues::Options{});
    ASSERT_TRUE(write([this](store::Tx& tx) { return queues_->load(tx); }));
  }

  [[nodiscard]] QueueKey key(const std::string& name) const { return {scope_, name}; }
  Result<Queue> create(const std::string& name, const Texts& attributes = {}) {
    return write(
        [&](store::Tx& tx) { return queues_->create(tx, key(name), attributes, Texts()); });
  }
  Result<Queue> create_fifo(const std::string& name, Texts attributes = {}) {
    attributes.emplace("FifoQueue", "true");
    attributes.emplace("ContentBasedDeduplication", "true");
    return create(name, attributes);
  }
  /// Runs `act(tx, queue)` on the queue of that name.
  template <class Act>
  auto with(const std::string& name, Act act) {
    return write([&](store::Tx& tx) -> std::invoke_result_t<Act, store::Tx&, const Queue&> {
      TM_TRY(const auto queue, require_queue(tx, key(name)));
      return act(tx, queue);
    });
  }
  Result<Sent> send(const std::string& name, const Message& message) {
    return with(name, [&](store::Tx& tx, const Queue& queue) {
      return queues_->send(tx, queue, message, "AIDA");
    });
  }
  Result<Sent> send(const std::string& name, const std::string& body,
                    const std::string& group = {}) {
    return send(name, {.body = body, .group_id = group});
  }
  /// That many, in one commit; their bodies are their numbers.
  void send_many(const std::string& name, int count) {
    const auto sent = with(name, [&](store::Tx& tx, const Queue& queue) -> Status {
      for (int i = 0; i < count; ++i) {
        TM_CHECK(queues_->send(tx, queue, {.body = std::to_string(i)}, "AIDA"));
      }
      return {};
    });
    ASSERT_TRUE(sent);
  }
  std::vector<Received> receive(const std::string& name, const ReceiveOrder& order = {10, {}}) {
    auto taken = with(name, [&](store::Tx& tx, const Queue& queue) {
      return queues_->receive(tx, queue, order);
    });
    EXPECT_TRUE(taken) << taken.error().message;
    return taken ? std::move(taken->messages) : std::vector<Received>();
  }
  Bodies bodies(const std::string& name, const ReceiveOrder& order = {10, {}}) {
    Bodies found;
    for (const auto& message : receive(name, order)) found.push_back(message.body);
    return found;
  }
  Status remove(const std::string& name, const Received& message) {
    return with(name, [&](store::Tx& tx, const Queue& queue) {
      return queues_->remove_message(tx, queue, message.handle);
    });
  }
  Status change(const std::string& name, const Received& message, std::int64_t seconds) {
    return with(name, [&](store::Tx& tx, const Queue& queue) {
      return queues_->change_visibility(tx, queue, message.handle, seconds);
    });
  }
  Texts attributes(const std::string& name) {
    return with(name,
                [&](store::Tx& tx, const Queue& queue) { return queues_->attributes(tx, queue); })
        .value();
  }
  std::string count(const std::string& name, const std::string& kind = {}) {
    return attributes(name)["ApproximateNumberOfMessages" + kind];
  }
  /// Steps through what goes on by itself until nothing is due.
  void work() {
    for (int i = 0; i < 1000; ++i) {
      const auto next = write([this](store::Tx& tx) { return queues_->work(tx); });
      ASSERT_TRUE(next);
      if (!*next || **next > clock_.at) return;
    }
    FAIL() << "the queues' work never ends";
  }
  std::int64_t rows(const std::string& table) {
    return write([&](store::Tx& tx) {
             return tx.one("SELECT count(*) FROM " + table,
                           [](const store::Row& row) { return row.integer(0); });
           })
        .value()
        .value();
  }
  static std::string redrive_to(const std::string& arn, int receives) {
    return R"({"deadLetterTargetArn":")" + arn + R"(","maxReceiveCount":)" +
           std::to_string(receives) + "}";
  }

  SystemRandom random_;
  iam::Authority authority_{{.admin_access_key_id = "AKIA",
                             .admin_secret = Secret("secret"),
                             .session_key = Secret("key")}};
  Scope scope_{"000000000000", "us-east-1"};
  std::unique_ptr<Queues> queues_;
};

}  // namespace tidemill::sqs
