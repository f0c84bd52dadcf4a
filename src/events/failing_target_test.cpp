// A target that fails in each way there is (docs/reliability.md): how often it is tried and when,
// and what the dead letter says, are AWS's. (AWS: "How EventBridge retries delivering events",
// "Using dead-letter queues to process undelivered events in EventBridge".)
#include <iostream>

#include "events/hub.h"
#include "events/schema.h"
#include "store/store_fixture_testing.h"

namespace tidemill::events {
namespace {

using Kind = Outcome::Kind;
using Attributes = std::map<std::string, std::string>;

constexpr std::int64_t day_ms = 86'400'000;
const Scope scope{"000000000000", "us-east-1"};
const std::string queue = "arn:aws:sqs:us-east-1:000000000000:letters";
const std::string thing = "arn:aws:thing:us-east-1:000000000000:one";

class FailingTarget final : public Target {
 public:
  explicit FailingTarget(const Clock& clock) : clock_(clock) {}
  [[nodiscard]] bool takes(const Arn& arn) const override { return arn.service == "thing"; }
  [[nodiscard]] std::string_view action() const override { return "thing:Do"; }
  Result<Outcome> apply(store::Tx&, const Delivery&) override {
    tries.push_back(clock_.now());
    return outcome;
  }

  Outcome outcome;
  std::vector<TimeMs> tries;

 private:
  const Clock& clock_;
};

class Office final : public DeadLetterOffice {
 public:
  Result<std::optional<std::string>> accept(store::Tx&, const DeadLetter& letter) override {
    letters.push_back(letter);
    return std::nullopt;
  }
  std::vector<DeadLetter> letters;
};

/// AWS's error codes, and whether a retry may help.
struct Failure {
  std::string code;
  Kind kind;
};
const std::vector<Failure> failures = {{"CONNECTION_FAILURE", Kind::retry},
                                       {"ERROR_FROM_TARGET", Kind::retry},
                                       {"INTERNAL_ERROR", Kind::retry},
                                       {"RESOURCE_LIMIT_EXCEEDED", Kind::retry},
                                       {"RESOURCE_MODIFICATION_COLLISION", Kind::retry},
                                       {"THROTTLING", Kind::retry},
                                       {"TIMEOUT", Kind::retry},
                                       {"TRANSIENT_ASSUME_ROLE", Kind::retry},
                                       {"UNKNOWN", Kind::retry},
                                       {"FAILED_TO_ASSUME_ROLE", Kind::refused},
                                       {"INVALID_JSON", Kind::refused},
                                       {"INVALID_PARAMETER", Kind::refused},
                                       {"NO_PERMISSIONS", Kind::refused},
                                       {"NO_RESOURCE", Kind::refused},
                                       {"RESOURCE_ALREADY_EXISTS", Kind::refused},
                                       {"SDK_CLIENT_ERROR", Kind::refused}};

struct Expected {
  std::string policy;  ///< AWS's RetryPolicy as JSON; empty: none.
  int attempts_max = 185;
  std::int64_t age_ms_max = day_ms;
};
const std::vector<Expected> policies = {
    {""},
    {R"({"MaximumRetryAttempts":0})", 0},
    {R"({"MaximumRetryAttempts":3})", 3},
    {R"({"MaximumEventAgeInSeconds":60})", 185, 60'000},
    {R"({"MaximumRetryAttempts":10,"MaximumEventAgeInSeconds":3600})", 10, 3'600'000},
    {R"({"MaximumRetryAttempts":185,"MaximumEventAgeInSeconds":3600})", 185, 3'600'000}};

class FailingTargetTest : public store::StoreFixture {
 protected:
  FailingTargetTest() : StoreFixture(migrations) { load(); }

  /// A restart.
  void reopen() {
    hub_.reset();
    open_store();
    load();
  }
  void load() {
    hub_ = std::make_unique<Hub>(
        clock_, random_,
        Hub::Options{.role_allows = [this](const Delivery&, std::string_view) { return allowed_; },
                     .due = {},
                     .decided = {},
                     .dead_letters = &office_});
    hub_->add_target(target_);
    ASSERT_TRUE(write([this](store::Tx& tx) { return hub_->load(tx); }));
  }
  void publish(const std::string& policy) {
    auto definition = json::object{{"Id", "1"}, {"Arn", thing}};
    definition["DeadLetterConfig"] = json::object{{"Arn", queue}};
    if (!policy.empty()) definition["RetryPolicy"] = json::parse(policy).value();
    const auto text = json::dump(definition);
    ASSERT_TRUE(write([&](store::Tx& tx) -> Status {
      TM_TRY(const auto rule, save_rule(tx, {.key = {scope, "default"},
                                             .name = "r",
                                             .pattern = R"({"source":["test"]})",
                                             .schedule = {},
                                             .description = {},
                                             .role_arn = {},
                                             .created_by = {},
                                             .created = clock_.now(),
                                             .modified = clock_.now()}));
      TM_TRY(const auto target, RuleTarget::parse(text, rule.key.scope.account));
      TM_CHECK(save_target(tx, rule.id, target, text));
      return refresh_rule(tx, hub_->rules(), rule);
    }));
    Event event{.id = "event-1",
                .scope = scope,
                .source = "test",
                .detail_type = "t",
                .time = clock_.now(),
                .resources = {},
                .detail = "{}",
                .replay_name = {},
                .only_rules = {},
                .whole = {},
                .subject = {}};
    envelope_ = event.envelope();
    ASSERT_TRUE(write([&](store::Tx& tx) { return hub_->publish(tx, event); }));
  }

  /// Lets time go on from one due instant to the next until nothing is due; at most three days.
  void live() {
    for (auto next = deliver_due(); next && next->ms < noon.ms + 3 * day_ms; next = deliver_due()) {
      clock_.at = {next->ms - 1};
      const auto before = target_.tries.size();
      (void)deliver_due();
      EXPECT_EQ(target_.tries.size(), before) << "before its time";
      clock_.at = *next;
    }
  }
  std::optional<TimeMs> deliver_due() {
    const auto next = write([this](store::Tx& tx) { return hub_->deliver_due(tx); });
    EXPECT_TRUE(next);
    return next.value_or(std::nullopt);
  }
  std::string state() {
    return *write([](store::Tx& tx) {
              return tx.one("SELECT state FROM deliveries",
                            [](const store::Row& r) { return r.text(0); });
            }).value();
  }

  void forget() {
    ASSERT_TRUE(write([this](store::Tx& tx) { return hub_->reset(tx); }));
    clock_.at = noon;
    target_.tries.clear();
    office_.letters.clear();
  }

  /// The delays between tries: a second, doubled each time up to the longest, a quarter less or
  /// more.
  void check_delays(const Expected& expected) {
    const auto& tries = target_.tries;
    for (std::size_t i = 1; i < tries.size(); ++i) {
      const auto full =
          std::min(470'000.0, 1000.0 * double(1LL << std::min<std::size_t>(i - 1, 20)));
      const auto delay = double(tries[i].ms - tries[i - 1].ms);
      EXPECT_GE(delay, 0.75 * full - 1) << i;
      EXPECT_LE(delay, 1.25 * full) << i;
    }
    EXPECT_LE(tries.back().ms - tries.front().ms, expected.age_ms_max);
    EXPECT_LE(tries.size(), std::size_t(expected.attempts_max) + 1);
  }

  std::string envelope_;
  SystemRandom random_;
  FailingTarget target_{clock_};
  Office office_;
  RoleDecision allowed_{.allowed = true};
  std::unique_ptr<Hub> hub_;
};

TEST_F(FailingTargetTest, WhatMayPassIsTriedAsThePolicySaysAndWhatMayNotOnce) {
  std::size_t tries = 0, deliveries = 0;
  for (const auto& failure : failures) {
    for (const auto& expected : policies) {
      SCOPED_TRACE(failure.code + " " + expected.policy);
      target_.outcome = {
          .kind = failure.kind, .code = failure.code, .message = "it failed", .result = {}};
      publish(expected.policy);
      live();
      EXPECT_EQ(state(), "failed");
      ASSERT_EQ(office_.letters.size(), 1u);
      const auto& letter = office_.letters[0];
      EXPECT_EQ(letter.queue_arn, queue);
      EXPECT_EQ(letter.body, envelope_);
      Attributes attributes{{"RULE_ARN", "arn:aws:events:us-east-1:000000000000:rule/r"},
                            {"TARGET_ARN", thing},
                            {"ERROR_CODE", failure.code},
                            {"ERROR_MESSAGE", "it failed"}};
      if (failure.kind == Kind::refused) {
        EXPECT_EQ(target_.tries.size(), 1u);
      } else {
        check_delays(expected);
        const bool by_attempts = int(target_.tries.size()) == expected.attempts_max + 1;
        attributes["EXHAUSTED_RETRY_CONDITION"] =
            by_attempts ? "MaximumRetryAttempts" : "MaximumEventAgeInSeconds";
        attributes["RETRY_ATTEMPTS"] = std::to_string(target_.tries.size() - 1);
      }
      EXPECT_EQ(letter.attributes, attributes);
      tries += target_.tries.size();
      ++deliveries;
      forget();
    }
  }
  std::cout << deliveries << " deliveries to failing targets, " << tries << " tries\n";
}

TEST_F(FailingTargetTest, TheDefaultIs185RetriesWithinADay) {
  target_.outcome = {
      .kind = Kind::retry, .code = "THROTTLING", .message = "Rate exceeded", .result = {}};
  publish("");
  live();
  EXPECT_EQ(target_.tries.size(), 186u);
  const auto took = target_.tries.back().ms - target_.tries.front().ms;
  EXPECT_GT(took, 21 * day_ms / 24);
  EXPECT_LE(took, day_ms);
}

TEST_F(FailingTargetTest, TheLimitThatComesFirstIsNamed) {
  target_.outcome = {.kind = Kind::retry, .code = "TIMEOUT", .message = "m", .result = {}};
  publish(R"({"MaximumRetryAttempts":2,"MaximumEventAgeInSeconds":3600})");
  live();
  EXPECT_EQ(office_.letters.at(0).attributes["EXHAUSTED_RETRY_CONDITION"], "MaximumRetryAttempts");
  EXPECT_EQ(office_.letters[0].attributes["RETRY_ATTEMPTS"], "2");
  forget();
  publish(R"({"MaximumEventAgeInSeconds":60})");
  live();
  EXPECT_EQ(office_.letters.at(0).attributes["EXHAUSTED_RETRY_CONDITION"],
            "MaximumEventAgeInSeconds");
}

TEST_F(FailingTargetTest, PermissionIsAskedAtEachTry) {
  target_.outcome = {
      .kind = Kind::retry, .code = "THROTTLING", .message = "Rate exceeded", .result = {}};
  publish("");
  allowed_ = {.allowed = false, .code = "NO_PERMISSIONS", .reason = "it may not"};
  live();
  EXPECT_EQ(target_.tries.size(), 1u);
  ASSERT_EQ(office_.letters.size(), 1u);
  EXPECT_EQ(office_.letters[0].attributes["ERROR_CODE"], "NO_PERMISSIONS");
  EXPECT_FALSE(office_.letters[0].attributes.contains("RETRY_ATTEMPTS"));
}

TEST_F(FailingTargetTest, ThePlanOutlivesARestart) {
  target_.outcome = {.kind = Kind::retry, .code = "INTERNAL_ERROR", .message = "m", .result = {}};
  publish(R"({"MaximumRetryAttempts":5})");
  for (int i = 0; i < 3; ++i) {
    reopen();
    clock_.at = deliver_due().value();
  }
  live();
  EXPECT_EQ(target_.tries.size(), 6u);
  EXPECT_EQ(office_.letters.at(0).attributes["RETRY_ATTEMPTS"], "5");
}

/// Ours, not AWS's (docs/differences.md): no attempt is used up while a job is at its limit.
TEST_F(FailingTargetTest, WhatWaitsForRoomIsNeverADeadLetter) {
  target_.outcome = {.kind = Kind::retry,
                     .code = "RESOURCE_LIMIT_EXCEEDED",
                     .message = "Concurrent runs exceeded for one",
                     .result = {},
                     .waits_for_target = true};
  publish(R"({"MaximumRetryAttempts":0,"MaximumEventAgeInSeconds":60})");
  live();
  EXPECT_TRUE(office_.letters.empty());
  EXPECT_EQ(state(), "pending");
  target_.outcome = {.result = "jr_1"};
  ASSERT_TRUE(write([this](store::Tx& tx) { return hub_->target_free(tx, thing); }));
  EXPECT_EQ(state(), "done");
}

}  // namespace
}  // namespace tidemill::events
