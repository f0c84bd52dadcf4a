#include "events/rule_history.h"

#include <gmock/gmock.h>

#include "events/check.h"
#include "events/hub_fixture_testing.h"
#include "events/retention.h"

namespace tidemill::events {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr const char* target =
    R"({"Id":"1","Arn":"arn:aws:glue:us-east-1:000000000000:job/sales"})";
constexpr const char* csv =
    R"({"source":["aws.s3"],"detail":{"object":{"key":[{"suffix":".csv"}]}}})";

class RuleHistoryTest : public HubTest {
 protected:
  void remove(const std::string& name) {
    ASSERT_TRUE(write([&](store::Tx& tx) -> Status {
      TM_TRY(const auto rule, require_rule(tx, bus, name));
      TM_CHECK(remove_rule(tx, rule, clock_.now()));
      return forget_rule(tx, hub_->rules(), rule);
    }));
  }
  Meeting meeting_of(const std::string& key) {
    return write([&](store::Tx& tx) {
             return tx.one(
                 "SELECT as_of, published_ms FROM events WHERE id = $1",
                 [](const store::Row& row) { return Meeting{row.integer(0), {row.integer(1)}}; },
                 "event-" + key);
           })
        .value()
        .value();
  }
  /// Each rule that the event met: "name: pattern", and what of it is otherwise now.
  std::vector<std::string> met(const std::string& key) {
    const auto meeting = meeting_of(key);
    const auto rules = write([&](store::Tx& tx) { return rules_met(tx, bus, meeting); }).value();
    std::vector<std::string> shown;
    for (const auto& rule : rules) {
      const auto pattern = [](const RuleVersion& v) {
        return v.deleted
                   ? "gone"
                   : (v.enabled ? "" : "off ") + std::string(v.pattern == csv ? "csv" : "sales");
      };
      shown.push_back(rule.name + ": " + (rule.assumed ? "perhaps " : "") +
                      (rule.then ? pattern(*rule.then) : "not yet") + " -> " + pattern(rule.now));
    }
    return shown;
  }
  std::vector<std::string> findings() {
    return write([](store::Tx& tx) { return check_rules(tx); }).value();
  }
  std::int64_t rows() {
    return **write([](store::Tx& tx) {
      return tx.one("SELECT count(*) FROM rule_changes",
                    [](const store::Row& row) { return row.integer(0); });
    });
  }

  const BusKey bus{scope, "default"};
};

TEST_F(RuleHistoryTest, EventMeetsRulesAsTheyWere) {
  ASSERT_TRUE(publish("before"));
  put_rule("r", sales);
  ASSERT_TRUE(publish("first"));
  put_rule("r", csv);
  ASSERT_TRUE(publish("second"));
  put_rule("r", csv, target, false);
  ASSERT_TRUE(publish("third"));
  EXPECT_THAT(met("before"), ElementsAre("r: not yet -> off csv"));
  EXPECT_THAT(met("first"), ElementsAre("r: sales -> off csv"));
  EXPECT_THAT(met("second"), ElementsAre("r: csv -> off csv"));
  EXPECT_THAT(met("third"), ElementsAre("r: off csv -> off csv"));
  EXPECT_THAT(findings(), IsEmpty());
}

TEST_F(RuleHistoryTest, DeletedRulesAreToldOfWhatTheyMet) {
  put_rule("r", sales);
  ASSERT_TRUE(publish("first"));
  remove("r");
  ASSERT_TRUE(publish("second"));
  EXPECT_THAT(met("first"), ElementsAre("r: sales -> gone"));
  EXPECT_THAT(met("second"), IsEmpty());
  put_rule("r", csv);
  EXPECT_THAT(met("first"), ElementsAre("r: sales -> csv"));
  EXPECT_THAT(met("second"), ElementsAre("r: not yet -> csv"));
  EXPECT_THAT(findings(), IsEmpty());
}

TEST_F(RuleHistoryTest, ChangeTakesEffectAfterItsCommit) {
  put_rule("r", sales);
  ASSERT_TRUE(write([&](store::Tx& tx) -> Status {
    TM_TRY(auto rule, require_rule(tx, bus, "r"));
    rule.pattern = csv;
    TM_TRY(const auto saved, save_rule(tx, rule));
    TM_CHECK(refresh_rule(tx, hub_->rules(), saved));
    return hub_->publish(tx, upload("sales/a"));
  }));
  EXPECT_EQ(workshop_.started.size(), 1) << "the rule matched as it was";
  EXPECT_THAT(met("sales/a"), ElementsAre("r: sales -> csv"));
}

TEST_F(RuleHistoryTest, PutThatChangesNothingIsNoChange) {
  put_rule("r", sales);
  put_rule("r", sales);
  EXPECT_EQ(rows(), 1);
}

TEST_F(RuleHistoryTest, GoesOnAfterARestart) {
  put_rule("r", sales);
  reopen();
  ASSERT_TRUE(publish("first"));
  put_rule("r", csv);
  EXPECT_THAT(met("first"), ElementsAre("r: sales -> csv"));
}

TEST_F(RuleHistoryTest, GoesWithTheEventsThatMetIt) {
  put_rule("gone", sales);
  put_rule("r", sales);
  ASSERT_TRUE(publish("first"));
  remove("gone");
  put_rule("r", csv);
  clock_.at = noon.plus(std::chrono::hours(1));
  ASSERT_TRUE(publish("second"));
  put_rule("r", sales);
  const auto forget = [this](TimeMs before) {
    ASSERT_TRUE(write([&](store::Tx& tx) { return forget_events(tx, before, 100); }));
  };
  forget(noon);
  EXPECT_EQ(rows(), 5) << "the first event is kept, and met them";
  forget(clock_.at);
  EXPECT_EQ(rows(), 2);
  EXPECT_THAT(met("second"), ElementsAre("r: csv -> sales"));
  EXPECT_THAT(findings(), IsEmpty());
}

TEST_F(RuleHistoryTest, ResetForgetsItAndGivesNoNumberTwice) {
  put_rule("r", sales);
  ASSERT_TRUE(write([this](store::Tx& tx) { return hub_->reset(tx); }));
  EXPECT_EQ(rows(), 0);
  ASSERT_TRUE(publish("first"));
  put_rule("other", sales);
  EXPECT_THAT(met("first"), ElementsAre("other: not yet -> sales"));
}

TEST_F(RuleHistoryTest, CheckFindsWhatItDoesNotTell) {
  put_rule("lost", sales);
  put_rule("other", sales);
  ASSERT_TRUE(write([](store::Tx& tx) -> Status {
    TM_CHECK(tx.exec("DELETE FROM rules WHERE name = 'lost'"));
    TM_CHECK(tx.exec("UPDATE rules SET enabled = 0 WHERE name = 'other'"));
    return {};
  }));
  EXPECT_THAT(findings(),
              ElementsAre("rule lost of bus default isn't what the history of rules says",
                          "rule other of bus default isn't what the history of rules says"));
}

/// A data directory of the schema before the history.
TEST_F(RuleHistoryTest, BeginsWithTheRulesThatAreThere) {
  hub_.reset();
  const auto* history = std::ranges::find(migrations, 9, &store::Migration::version);
  ASSERT_EQ(history->component, "events");
  start_over({migrations.begin(), history});
  ASSERT_TRUE(write([](store::Tx& tx) -> Status {
    const auto put = [&](std::string_view name, int created, int modified) {
      return tx.exec(
          "INSERT INTO rules (account, region, bus, name, pattern, enabled, created_by, created_ms,"
          " modified_ms) VALUES ('000000000000', 'us-east-1', 'default', $1, $2, 1, '', $3, $4)",
          name, sales, created, modified);
    };
    TM_CHECK(put("changed", 10, 30));
    TM_CHECK(put("made", 30, 30));
    TM_CHECK(put("old", 10, 10));
    TM_CHECK(
        tx.exec("INSERT INTO events (seq, id, subject, account, region, bus, published_ms,"
                " envelope) VALUES (1, 'event-early', '', '000000000000', 'us-east-1',"
                " 'default', 20, '{}'), (2, 'event-late', '', '000000000000', 'us-east-1',"
                " 'default', 40, '{}')"));
    return {};
  }));
  reopen();
  EXPECT_THAT(met("early"), ElementsAre("changed: perhaps sales -> sales", "made: not yet -> sales",
                                        "old: sales -> sales"));
  put_rule("old", csv);
  EXPECT_THAT(met("late"),
              ElementsAre("changed: sales -> sales", "made: sales -> sales", "old: sales -> csv"));
  EXPECT_THAT(findings(), IsEmpty());
}

}  // namespace
}  // namespace tidemill::events
