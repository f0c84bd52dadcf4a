#include "explain/story.h"

#include <future>

#include "events/hub.h"
#include "events/schema.h"
#include "io/loops.h"
#include "store/store_fixture_testing.h"

namespace tidemill::explain {
namespace {

constexpr const char* uri = "s3://bronze/sales/a.CSV";
const std::string at = "2024-01-15T12:00:00.000Z";

class Starter final : public events::Target {
 public:
  [[nodiscard]] bool takes(const Arn&) const override { return true; }
  [[nodiscard]] std::string_view action() const override { return "glue:StartJobRun"; }
  Result<events::Outcome> apply(store::Tx&, const events::Delivery&) override { return next; }
  events::Outcome next{.result = "jr_1"};
};

class StoryTest : public store::StoreFixture {
 protected:
  StoryTest() : StoreFixture(events::migrations) {
    hub_ = std::make_unique<events::Hub>(
        clock_, random_,
        events::Hub::Options{
            .role_allows = [this](const events::Delivery&, std::string_view) { return allowed_; }});
    hub_->add_target(starter_);
  }
  ~StoryTest() override {
    loops_.stop();
    store_.reset();  // What was asked of it is answered before the loops go.
  }

  void put_rule(const std::string& name, const std::string& suffix, bool has_target = true,
                bool enabled = true) {
    const auto pattern =
        R"({"source":["aws.s3"],"detail":{"object":{"key":[{"suffix":")" + suffix + R"("}]}}})";
    put_pattern(name, pattern, has_target, enabled);
  }
  void put_pattern(const std::string& name, const std::string& pattern, bool has_target = true,
                   bool enabled = true) {
    const auto done = write([&](store::Tx& tx) -> Status {
      events::Rule rule{.key = {scope, "default"},
                        .name = name,
                        .pattern = pattern,
                        .enabled = enabled,
                        .created = clock_.now(),
                        .modified = clock_.now()};
      TM_TRY(const auto saved, events::save_rule(tx, std::move(rule)));
      const std::string definition =
          R"({"Id":"1","Arn":"arn:aws:glue:us-east-1:000000000000:job/sales"})";
      TM_TRY(const auto target, events::RuleTarget::parse(definition, saved.key.scope.account));
      if (has_target) TM_CHECK(events::save_target(tx, saved.id, target, definition));
      return events::refresh_rule(tx, hub_->rules(), saved);
    });
    ASSERT_TRUE(done);
  }

  void upload() {
    const events::Event event{.id = "event-1",
                              .scope = scope,
                              .source = "aws.s3",
                              .detail_type = "Object Created",
                              .time = clock_.now(),
                              .detail = R"({"object":{"key":"sales/a.CSV"}})",
                              .subject = uri};
    ASSERT_TRUE(write([&](store::Tx& tx) { return hub_->publish(tx, event); }));
  }

  Result<json::object> tell(std::string what = uri) {
    Storyteller teller(
        *store_, {.object = [this](store::Tx&, std::string_view,
                                   std::string_view) -> Result<json::object> { return object_; },
                  .run = [this](store::Tx&, std::string_view id) -> Result<json::object> {
                    if (!has_runs_) return json::object();
                    return json::object{{"id", id}, {"state", "SUCCEEDED"}};
                  }});
    std::promise<Result<json::object>> told;
    loops_.spawn(0, [&] { return ask(teller, what, told); });
    return told.get_future().get();
  }
  static Task<void> ask(Storyteller& teller, std::string what,
                        std::promise<Result<json::object>>& told) {
    auto story = co_await teller.object(what);
    if (story) {
      told.set_value(story->as_object());
    } else {
      told.set_value(std::unexpected(story.error()));
    }
  }
  std::string conclusion() {
    const auto story = tell();
    return story ? std::string(json::text_or_empty(*story, "conclusion")) : story.error().message;
  }

  static json::object first_rule(const json::object& story) {
    const auto& event = story.at("events").as_array().at(0).as_object();
    return event.at("rules").as_array().at(0).as_object();
  }
  std::string note() {
    const auto story = tell();
    return story ? std::string(json::text_or_empty(first_rule(*story), "note"))
                 : story.error().message;
  }

  const Scope scope{"000000000000", "us-east-1"};
  SystemRandom random_;
  io::Loops loops_{1};
  Starter starter_;
  events::RoleDecision allowed_{.allowed = true};
  bool has_runs_ = true;
  json::object object_{{"exists", true}, {"bucket_exists", true}, {"eventbridge", true},
                       {"size", 3},      {"etag", "e"},           {"last_modified_ms", 1}};
  std::unique_ptr<events::Hub> hub_;
};

TEST_F(StoryTest, NamesTheFirstClauseThatFailed) {
  put_rule("sales", ".csv");
  upload();
  const auto story = tell();
  ASSERT_TRUE(story);
  const auto& rule = story->at("events").as_array()[0].as_object().at("rules").as_array()[0];
  EXPECT_FALSE(rule.as_object().at("matched").as_bool());
  EXPECT_EQ(json::text_or_empty(rule.as_object(), "path"), "detail.object.key");
  EXPECT_NE(json::text_or_empty(rule.as_object(), "expected").find(".csv"), std::string::npos);
  EXPECT_NE(json::text_or_empty(rule.as_object(), "actual").find("a.CSV"), std::string::npos);
  EXPECT_TRUE(conclusion().starts_with("Nothing started: no rule matched. Nearest: "));
}

TEST_F(StoryTest, NearestIsTheMissOfWhichTheMostHolds) {
  for (int i = 0; i < 30; ++i) put_pattern("other" + std::to_string(i), R"({"source":["other"]})");
  put_rule("sales", ".csv");
  upload();
  EXPECT_EQ(conclusion(),
            "Nothing started: no rule matched. Nearest: detail.object.key: expected suffix "
            "\".csv\", the key ends in \".CSV\"");
}

TEST_F(StoryTest, FollowsAMatchToItsRun) {
  put_rule("sales", ".CSV");
  upload();
  EXPECT_EQ(conclusion(), "Rule sales started run jr_1: SUCCEEDED.");
}

TEST_F(StoryTest, SaysWhereAnEventWentThatStartedNoRun) {
  put_rule("sales", ".CSV");
  has_runs_ = false;
  upload();
  EXPECT_EQ(conclusion(),
            "Rule sales sent its event to arn:aws:glue:us-east-1:000000000000:job/sales.");
}

TEST_F(StoryTest, SaysWhoRefused) {
  put_rule("sales", ".CSV");
  allowed_ = {false, "NO_PERMISSIONS", "role R may not"};
  upload();
  EXPECT_EQ(conclusion(),
            "Rule sales matched, but its target has not started: "
            "AccessDenied: role R may not");
}

TEST_F(StoryTest, SaysThatARuleHasNoTarget) {
  put_rule("sales", ".CSV", false);
  upload();
  EXPECT_EQ(conclusion(), "Nothing started: rule sales matched, but it has no target.");
}

TEST_F(StoryTest, NamesRulesThatOverlap) {
  put_rule("sales", ".CSV");
  put_rule("sales-too", ".CSV");
  upload();
  EXPECT_EQ(conclusion(),
            "Rule sales started run jr_1: SUCCEEDED. Rule sales-too started run jr_1: SUCCEEDED. "
            "Rules sales and sales-too overlap: each sent it to "
            "arn:aws:glue:us-east-1:000000000000:job/sales.");
}

TEST_F(StoryTest, NamesTheDisabledRuleThatWouldMatch) {
  put_rule("other", ".csv");
  put_rule("sales", ".CSV", true, false);
  upload();
  EXPECT_EQ(conclusion(), "Nothing started: rule sales, whose pattern matches, is disabled.");
}

TEST_F(StoryTest, TellsOfARuleThatIsGone) {
  put_rule("sales", ".CSV");
  upload();
  ASSERT_TRUE(write([this](store::Tx& tx) -> Status {
    TM_TRY(const auto rule, events::require_rule(tx, {scope, "default"}, "sales"));
    return events::remove_rule(tx, rule, clock_.now());
  }));
  EXPECT_EQ(conclusion(), "Rule sales started run jr_1: SUCCEEDED.");
  EXPECT_EQ(note(), "deleted at " + at);
}

TEST_F(StoryTest, JudgesByTheRuleAsItWas) {
  put_rule("sales", ".csv");
  upload();
  put_rule("sales", ".CSV");
  const auto story = tell();
  ASSERT_TRUE(story);
  const auto rule = first_rule(*story);
  EXPECT_FALSE(rule.at("matched").as_bool());
  EXPECT_NE(json::text_or_empty(rule, "expected").find(".csv"), std::string::npos);
  EXPECT_EQ(conclusion(), "Nothing started: no rule matched. Rule sales: changed at " + at +
                              "; today it would match.");
  put_rule("sales", ".parquet");
  EXPECT_TRUE(note().starts_with("changed at " + at + "; today it wouldn't match: detail.object"))
      << note();
  EXPECT_TRUE(conclusion().contains("Nearest: detail.object.key: expected suffix \".csv\""))
      << conclusion();
  put_rule("sales", ".csv");
  EXPECT_EQ(note(), "") << "it is what it was";
}

TEST_F(StoryTest, MatchOfThenStaysOneWhateverTheRuleBecame) {
  put_rule("sales", ".CSV");
  upload();
  put_rule("sales", ".csv");
  const auto story = tell();
  ASSERT_TRUE(story);
  EXPECT_TRUE(first_rule(*story).at("matched").as_bool());
  EXPECT_TRUE(note().starts_with("changed at " + at + "; today it wouldn't match: ")) << note();
}

TEST_F(StoryTest, SaysThatARuleWasMadeLater) {
  upload();
  EXPECT_EQ(conclusion(), "Nothing started: there is no rule.");
  put_rule("sales", ".CSV");
  EXPECT_EQ(conclusion(),
            "Nothing started: no rule matched. Rule sales: it didn't exist yet: made "
            "at " +
                at + "; today it would match.");
}

TEST_F(StoryTest, SaysThatARuleWasDisabledThen) {
  put_rule("sales", ".CSV", true, false);
  upload();
  EXPECT_EQ(conclusion(), "Nothing started: rule sales, whose pattern matches, is disabled.");
  put_rule("sales", ".CSV");
  EXPECT_EQ(conclusion(), "Nothing started: no rule matched. Rule sales: enabled at " + at +
                              "; today it would match.");
}

TEST_F(StoryTest, SaysThatADisabledRuleWouldHaveMatchedThen) {
  put_rule("sales", ".CSV", true, false);
  upload();
  put_rule("sales", ".csv");
  EXPECT_EQ(conclusion(), "Nothing started: rule sales, whose pattern matches, was disabled.");
}

TEST_F(StoryTest, SaysThatARuleWasDisabledSince) {
  put_rule("sales", ".csv");
  upload();
  put_rule("sales", ".csv", true, false);
  EXPECT_EQ(note(), "disabled at " + at);
}

TEST_F(StoryTest, KnowsWhyThereIsNoEvent) {
  object_["eventbridge"] = false;
  EXPECT_EQ(conclusion(), "Nothing started: the bucket doesn't send events to EventBridge.");
  object_["eventbridge"] = true;
  EXPECT_EQ(conclusion(), "Nothing started: the object was stored before the bucket sent events.");
  object_["exists"] = false;
  EXPECT_EQ(conclusion(), "Nothing started: no such object was stored.");
  object_["bucket_exists"] = false;
  EXPECT_EQ(conclusion(), "Nothing started: there is no such bucket.");
}

TEST_F(StoryTest, RefusesWhatIsNoUri) {
  for (const auto* wrong : {"", "s3:///key", "s3://bucket", "s3://bucket/", "bucket/key"}) {
    const auto story = tell(wrong);
    ASSERT_FALSE(story) << wrong;
    EXPECT_EQ(story.error().name, "ValidationException");
  }
}

}  // namespace
}  // namespace tidemill::explain
