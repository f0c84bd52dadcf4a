/// A Hub on a store of its own, with one kind of target. For tests.
#pragma once

#include "base/json.h"
#include "events/hub.h"
#include "events/schema.h"
#include "store/store_fixture_testing.h"

namespace tidemill::events {

/// Starts what it is given while it has room.
class Workshop final : public Target {
 public:
  [[nodiscard]] bool takes(const Arn& arn) const override { return arn.service == "glue"; }
  [[nodiscard]] std::string_view action() const override { return "glue:StartJobRun"; }
  Result<Outcome> apply(store::Tx&, const Delivery& delivery) override {
    if (breaks) return fail(Errc::corrupt, "the disk is gone");
    if (room == 0) return next;
    --room;
    started.push_back(delivery);
    return Outcome{.result = "jr_" + std::to_string(started.size())};
  }

  [[nodiscard]] bool takes_batches() const override { return batches; }

  Result<std::optional<RoleDecision>> decide(store::Tx&, const Delivery&) override { return own; }

  int room = 1'000'000;
  bool breaks = false;
  bool batches = false;
  std::optional<RoleDecision> own;  ///< What a policy of its own says.
  Outcome next{.kind = Outcome::Kind::retry,
               .code = "RESOURCE_LIMIT_EXCEEDED",
               .message = "Concurrent runs exceeded for sales",
               .waits_for_target = true};
  std::vector<Delivery> started;
};

class HubTest : public store::StoreFixture {
 protected:
  HubTest() : StoreFixture(migrations) { load(); }

  /// A restart.
  void reopen() {
    hub_.reset();
    open_store();
    load();
  }
  void load() {
    options_.role_allows = [this](const Delivery&, std::string_view action) {
      asked_.emplace_back(action);
      return allowed_;
    };
    options_.due = [this](TimeMs at) { dues_.push_back(at); };
    options_.decided = [this] { ++decided_; };
    hub_ = std::make_unique<Hub>(clock_, random_, options_);
    hub_->add_target(workshop_);
    ASSERT_TRUE(write([this](store::Tx& tx) { return hub_->load(tx); }));
  }

  void put_rule(const std::string& name, const std::string& pattern,
                const std::string& definition =
                    R"({"Id":"1","Arn":"arn:aws:glue:us-east-1:000000000000:job/sales"})",
                bool enabled = true) {
    ASSERT_TRUE(write([&](store::Tx& tx) -> Status {
      Rule rule{.key = {scope, "default"},
                .name = name,
                .pattern = pattern,
                .enabled = enabled,
                .created = clock_.now(),
                .modified = clock_.now()};
      TM_TRY(const auto saved, save_rule(tx, std::move(rule)));
      TM_TRY(const auto target, RuleTarget::parse(definition, saved.key.scope.account));
      TM_CHECK(save_target(tx, saved.id, target, definition));
      return refresh_rule(tx, hub_->rules(), saved);
    }));
  }

  Status publish(const std::string& key) {
    return write([&](store::Tx& tx) { return hub_->publish(tx, upload(key)); });
  }

  Event upload(const std::string& key) {
    return {.id = "event-" + key,
            .scope = scope,
            .source = "aws.s3",
            .detail_type = "Object Created",
            .time = clock_.now(),
            .resources = {"arn:aws:s3:::bronze"},
            .detail = json::dump(json::object{{"object", json::object{{"key", key}}}}),
            .subject = "s3://bronze/" + key};
  }

  struct Row {
    std::string state, code, message, result;
    std::int64_t tries = 0;
    bool operator==(const Row&) const = default;
  };
  std::vector<Row> deliveries() {
    return write([](store::Tx& tx) {
             return tx.all("SELECT state, code, message, result, tries FROM deliveries ORDER BY id",
                           [](const store::Row& r) {
                             return Row{r.text(0), r.text(1), r.text(2), r.text(3), r.integer(4)};
                           });
           })
        .value();
  }
  std::vector<json::object> decisions() {
    return write([](store::Tx& tx) {
             return tx.all("SELECT record FROM decisions ORDER BY seq", [](const store::Row& r) {
               return json::parse_object(r.bytes(0)).value();
             });
           })
        .value();
  }
  Result<std::optional<TimeMs>> deliver_due() {
    return write([this](store::Tx& tx) { return hub_->deliver_due(tx); });
  }

  static constexpr const char* sales =
      R"({"source":["aws.s3"],"detail":{"object":{"key":[{"prefix":"sales/"}]}}})";
  const Scope scope{"000000000000", "us-east-1"};
  const std::string job = "arn:aws:glue:us-east-1:000000000000:job/sales";

  SystemRandom random_;
  Workshop workshop_;
  RoleDecision allowed_{.allowed = true};
  std::vector<std::string> asked_;
  std::vector<TimeMs> dues_;
  int decided_ = 0;
  Hub::Options options_ = {};
  std::unique_ptr<Hub> hub_;
};

}  // namespace tidemill::events
