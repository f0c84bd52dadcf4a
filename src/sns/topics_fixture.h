/// What the tests of sns/ share: topics over a store of their own, a clock that a test sets, and
/// queues that keep what they get. Test thread only.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "sns/check.h"
#include "sns/schema.h"
#include "sns/topics.h"
#include "store/store_fixture_testing.h"

namespace tidemill::sns {

/// Takes all but what a test says is refused.
class KeptQueues final : public QueueOutlet {
 public:
  Result<std::optional<std::string>> send(store::Tx& /*tx*/, const QueueMessage& message) override {
    const auto found = refusals.find(message.queue_arn);
    if (found != refusals.end()) return found->second;
    sent.push_back(message);
    return std::nullopt;
  }
  std::vector<QueueMessage> sent;
  std::map<std::string, std::string> refusals;
};

class TopicsFixture : public store::StoreFixture {
 protected:
  TopicsFixture() : StoreFixture(migrations) {
    topics_ = std::make_unique<Topics>(Topics::Parts{clock_, random_, authority_, queues_, sealer_},
                                       Topics::Options{});
    static const auto key = SigningKey::generate("sns.test").value();
    EXPECT_TRUE(write([&](store::Tx& tx) { return topics_->adopt(tx, key); }));
  }
  ~TopicsFixture() override { EXPECT_EQ(write(check_topics).value(), std::vector<std::string>()); }

  Result<Topic> create(const std::string& name, const Texts& attributes = {}) {
    return write(
        [&](store::Tx& tx) { return topics_->create(tx, {scope_, name}, attributes, Texts()); });
  }
  static std::string queue(const std::string& name) {
    return "arn:aws:sqs:us-east-1:000000000000:" + name;
  }
  Result<Subscription> subscribe(const Topic& topic, const std::string& endpoint,
                                 const Texts& attributes = {},
                                 const std::string& protocol = "sqs") {
    const SubscribeOrder order{.protocol = protocol,
                               .endpoint = endpoint,
                               .attributes = attributes,
                               .account = scope_.account,
                               .principal = "arn:aws:iam::000000000000:root",
                               .base_url = "http://here"};
    return write([&](store::Tx& tx) { return topics_->subscribe(tx, topic, order); });
  }
  Result<Published> publish(const Topic& topic, const Message& message) {
    return write(
        [&](store::Tx& tx) { return topics_->publish(tx, topic, message, topics_->stamp()); });
  }
  std::int64_t rows(const std::string& table) {
    return write([&](store::Tx& tx) {
             return tx.one("SELECT count(*) FROM " + table,
                           [](const store::Row& row) { return row.integer(0); });
           })
        .value()
        .value();
  }

  SystemRandom random_;
  iam::Authority authority_{{.admin_access_key_id = "AKIA",
                             .admin_secret = Secret("secret"),
                             .session_key = Secret("key")}};
  Sealer sealer_ = Sealer::make(Secret(std::string(64, '7')), random_).value();
  Scope scope_{"000000000000", "us-east-1"};
  KeptQueues queues_;
  std::unique_ptr<Topics> topics_;
};

}  // namespace tidemill::sns
