// Groups, streams, tags, retention.
#include "logs/ledger.h"

#include "logs/ledger_fixture.h"

namespace tidemill::logs {
namespace {

using LedgerTest = LedgerFixture;

Texts names(const std::vector<Group>& groups) {
  Texts texts;
  for (const auto& group : groups) texts.push_back(group.name);
  return texts;
}

Texts names(const std::vector<Stream>& streams) {
  Texts texts;
  for (const auto& stream : streams) texts.push_back(stream.name);
  return texts;
}

TEST_F(LedgerTest, a_group_or_stream_that_exists_is_not_made_again) {
  ASSERT_TRUE(create("jobs"));
  ASSERT_TRUE(create(stream_key()));
  const auto group = create("jobs");
  ASSERT_FALSE(group);
  EXPECT_EQ(group.error().name, "ResourceAlreadyExistsException");
  EXPECT_EQ(group.error().message, "The specified log group already exists");
  const auto stream = create(stream_key());
  ASSERT_FALSE(stream);
  EXPECT_EQ(stream.error().name, "ResourceAlreadyExistsException");
  EXPECT_EQ(stream.error().message, "The specified log stream already exists");
}

TEST_F(LedgerTest, what_is_missing_is_told_in_aws_words) {
  const auto group = create(stream_key());
  ASSERT_FALSE(group);
  EXPECT_EQ(group.error().name, "ResourceNotFoundException");
  EXPECT_EQ(group.error().message, "The specified log group does not exist.");
  ASSERT_TRUE(create("jobs"));
  const auto stream = put(stream_key(), {{noon, "x"}});
  ASSERT_FALSE(stream);
  EXPECT_EQ(stream.error().message, "The specified log stream does not exist.");
}

TEST_F(LedgerTest, the_same_name_may_be_used_in_another_region) {
  ASSERT_TRUE(create("jobs"));
  scope_.region = "eu-west-1";
  EXPECT_FALSE(ledger_->exists(scope_, "jobs"));
  EXPECT_TRUE(create("jobs"));
  EXPECT_TRUE(ledger_->exists(scope_, "jobs"));
}

TEST_F(LedgerTest, groups_are_listed_by_prefix_in_pages) {
  for (const auto* name : {"a/1", "b/3", "b/1", "b/2", "c/1"}) ASSERT_TRUE(create(name));
  const auto first = groups({.scope = scope_, .prefix = "b/", .limit = 2}).value();
  EXPECT_EQ(names(first.groups), (Texts{"b/1", "b/2"}));
  const auto next =
      groups({.scope = scope_, .prefix = "b/", .token = first.token, .limit = 2}).value();
  EXPECT_EQ(names(next.groups), Texts{"b/3"});
  EXPECT_FALSE(next.token);
  EXPECT_EQ(names(groups({.scope = scope_, .part = "/1"}).value().groups),
            (Texts{"a/1", "b/1", "c/1"}));
  const auto forged = groups({.scope = scope_, .token = "nonsense"});
  ASSERT_FALSE(forged);
  EXPECT_EQ(forged.error().message, "The specified nextToken is invalid.");
}

TEST_F(LedgerTest, streams_are_listed_by_name_both_ways_in_pages) {
  ASSERT_TRUE(create("jobs"));
  for (const auto* name : {"a", "b1", "b2", "b3", "c"}) ASSERT_TRUE(create(stream_key(name)));
  for (const bool descending : {false, true}) {
    StreamQuery query{.group = group_key(), .prefix = "b", .descending = descending, .limit = 2};
    const auto first = streams(query).value();
    EXPECT_EQ(names(first.streams), descending ? (Texts{"b3", "b2"}) : (Texts{"b1", "b2"}));
    query.token = first.token;
    const auto next = streams(query).value();
    EXPECT_EQ(names(next.streams), Texts{descending ? "b1" : "b3"});
    EXPECT_FALSE(next.token);
  }
  EXPECT_EQ(names(streams({.group = group_key(), .descending = true}).value().streams),
            (Texts{"c", "b3", "b2", "b1", "a"}));
}

TEST_F(LedgerTest, streams_are_listed_by_their_last_event) {
  ASSERT_TRUE(append({{stream_key("late"), {noon, "x"}},
                      {stream_key("early"), {{noon.ms - hour}, "x"}},
                      {stream_key("middle"), {{noon.ms - 1}, "x"}}}));
  StreamQuery query{.group = group_key(), .by_last_event = true, .descending = true, .limit = 2};
  const auto first = streams(query).value();
  EXPECT_EQ(names(first.streams), (Texts{"late", "middle"}));
  query.token = first.token;
  EXPECT_EQ(names(streams(query).value().streams), Texts{"early"});
  query.prefix = "e";
  const auto both = streams(query);
  ASSERT_FALSE(both);
  EXPECT_EQ(both.error().message, "Cannot order by LastEventTime with a logStreamNamePrefix.");
}

TEST_F(LedgerTest, a_stream_tells_of_its_events) {
  ASSERT_TRUE(create("jobs"));
  ASSERT_TRUE(create(stream_key()));
  const auto before = streams({.group = group_key()}).value().streams.at(0);
  EXPECT_EQ(before.created, noon);
  EXPECT_FALSE(before.first || before.last || before.ingested);
  ASSERT_TRUE(put(stream_key(), {{{noon.ms - 2}, "x"}, {{noon.ms - 1}, "y"}}));
  const auto after = streams({.group = group_key()}).value().streams.at(0);
  EXPECT_EQ(after.first, TimeMs{noon.ms - 2});
  EXPECT_EQ(after.last, TimeMs{noon.ms - 1});
  EXPECT_EQ(after.ingested, noon);
  EXPECT_EQ(group()->stored_bytes, 2 * (1 + event_overhead_bytes));
}

TEST_F(LedgerTest, tags_are_merged_removed_and_limited) {
  ASSERT_TRUE(create("jobs", {.tags = {{"team", "lake"}, {"env", "dev"}}}));
  const auto key = group_key();
  ASSERT_TRUE(write([&](store::Tx& tx) { return ledger_->tag(tx, key, {{"env", "prod"}}); }));
  ASSERT_TRUE(write([&](store::Tx& tx) { return ledger_->untag(tx, key, {"team", "nothing"}); }));
  EXPECT_EQ(write([&](store::Tx& tx) { return ledger_->tags(tx, key); }).value(),
            (Tags{{"env", "prod"}}));
  Tags many;
  for (int i = 0; i < 50; ++i) many["t" + std::to_string(i)] = "";
  const auto refused = write([&](store::Tx& tx) { return ledger_->tag(tx, key, many); });
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().name, "TooManyTagsException");
  EXPECT_EQ(write([&](store::Tx& tx) { return ledger_->tags(tx, key); }).value().size(), 1U);
}

TEST_F(LedgerTest, only_some_retention_days_are_taken) {
  ASSERT_TRUE(create("jobs"));
  const auto set = [&](std::optional<std::int64_t> days) {
    return write([&](store::Tx& tx) { return ledger_->set_retention(tx, group_key(), days); });
  };
  for (const auto days : retention_days_allowed) EXPECT_TRUE(set(days)) << days;
  const auto refused = set(2);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().name, "InvalidParameterException");
  EXPECT_TRUE(refused.error().message.starts_with(
      "1 validation error detected: Value '2' at 'retentionInDays' failed to satisfy constraint: "
      "Member must satisfy enum value set: [1, 3, 5, "));
  EXPECT_EQ(group()->retention_days, 3653);
  EXPECT_TRUE(set(std::nullopt));
  EXPECT_FALSE(group()->retention_days);
}

TEST_F(LedgerTest, what_has_expired_is_hidden_at_once_and_deleted_by_and_by) {
  ASSERT_TRUE(
      append({{stream_key(), {{noon.ms - 2 * day}, "old"}}, {stream_key(), {noon, "new"}}}));
  ASSERT_TRUE(write([&](store::Tx& tx) { return ledger_->set_retention(tx, group_key(), 1); }));
  EXPECT_EQ(messages(read({.stream = stream_key()})->events), Texts{"new"});
  EXPECT_EQ(stored_events(), 1);
  EXPECT_EQ(group()->stored_bytes, 3 + event_overhead_bytes);
  clock_.at = {noon.ms + 2 * day};
  EXPECT_TRUE(filter({.group = group_key()})->events.empty());
  ASSERT_TRUE(append({{stream_key(), {clock_.at, "newest"}}}));
  EXPECT_EQ(stored_events(), 1);
}

TEST_F(LedgerTest, expired_events_are_deleted_at_the_start_too) {
  ASSERT_TRUE(append({{stream_key(), {noon, "x"}}}));
  ASSERT_TRUE(write([&](store::Tx& tx) { return ledger_->set_retention(tx, group_key(), 1); }));
  clock_.at = {noon.ms + 2 * day};
  reopen();
  EXPECT_EQ(stored_events(), 0);
}

TEST_F(LedgerTest, a_deleted_group_takes_its_events_along) {
  ASSERT_TRUE(append({{stream_key(), {noon, "x"}}}));
  ASSERT_TRUE(write([&](store::Tx& tx) { return ledger_->delete_group(tx, group_key()); }));
  EXPECT_FALSE(ledger_->exists(scope_, "jobs"));
  EXPECT_EQ(stored_events(), 0);
  ASSERT_TRUE(create("jobs"));
  EXPECT_TRUE(streams({.group = group_key()})->streams.empty());
  EXPECT_TRUE(filter({.group = group_key()})->events.empty());
}

TEST_F(LedgerTest, a_deleted_stream_is_gone_from_every_answer_however_long_it_was) {
  std::vector<Line> lines(5000, {stream_key("long"), {noon, "x"}});
  lines.push_back({stream_key("short"), {noon, "y"}});
  ASSERT_TRUE(append(lines));
  ASSERT_TRUE(write([&](store::Tx& tx) { return ledger_->delete_stream(tx, stream_key("long")); }));
  EXPECT_EQ(messages(filter({.group = group_key()})->events), Texts{"y"});
  ASSERT_TRUE(create(stream_key("long")));
  EXPECT_TRUE(read({.stream = stream_key("long")})->events.empty());
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(create(stream_key(std::to_string(i))));
  EXPECT_EQ(stored_events(), 1);
}

TEST_F(LedgerTest, a_protected_group_stays) {
  ASSERT_TRUE(create("jobs", {.is_protected = true}));
  EXPECT_FALSE(write([&](store::Tx& tx) { return ledger_->delete_group(tx, group_key()); }));
  EXPECT_TRUE(group());
}

TEST_F(LedgerTest, a_rule_writes_to_the_group_with_dashes_only_where_there_is_one) {
  EXPECT_EQ(ledger_->rule_groups(scope_, "dev-sales_file"),
            Texts{"/aws/events/rule/dev-sales_file"});
  ASSERT_TRUE(create("/aws/events/rule/dev-sales-file"));
  reopen();
  EXPECT_EQ(ledger_->rule_groups(scope_, "dev-sales_file"),
            (Texts{"/aws/events/rule/dev-sales_file", "/aws/events/rule/dev-sales-file"}));
  EXPECT_EQ(ledger_->rule_groups(scope_, "plain"), Texts{"/aws/events/rule/plain"});
}

TEST_F(LedgerTest, a_reset_leaves_nothing) {
  ASSERT_TRUE(append({{stream_key(), {noon, "x"}}}));
  ASSERT_TRUE(write([&](store::Tx& tx) { return ledger_->reset(tx); }));
  EXPECT_FALSE(ledger_->exists(scope_, "jobs"));
  EXPECT_TRUE(groups({.scope = scope_})->groups.empty());
  EXPECT_EQ(stored_events(), 0);
}

}  // namespace
}  // namespace tidemill::logs
