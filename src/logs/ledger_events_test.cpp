// Events coming in and going out.
#include <chrono>

#include "logs/ledger_fixture.h"

namespace tidemill::logs {
namespace {

class LedgerEventsTest : public LedgerFixture {
 protected:
  void SetUp() override {
    ASSERT_TRUE(create("jobs"));
    ASSERT_TRUE(create(stream_key()));
  }

  static TimeMs at(std::int64_t ms) { return {noon.ms + ms}; }
  FilterQuery all(const std::string& pattern = "") const {
    return {.group = group_key(), .pattern = FilterPattern::compile(pattern).value()};
  }
  std::int64_t position() {
    return write([&](store::Tx& tx) { return ledger_->position(tx, "decisions"); }).value();
  }
  Status project(std::int64_t to, const std::vector<Line>& lines) {
    return write(
        [&](store::Tx& tx) { return ledger_->append_projected(tx, "decisions", to, lines); });
  }
  /// The steps that SQLite takes for `sql`, as EXPLAIN QUERY PLAN words them.
  std::string plan(const std::string& sql) {
    std::string steps;
    const store::RowFn row = [&](const store::Row& r) {
      steps += r.text(3) + "\n";
      return true;
    };
    const auto done =
        write([&](store::Tx& tx) { return tx.each("EXPLAIN QUERY PLAN " + sql, row); });
    return done ? steps : done.error().message;
  }
};

TEST_F(LedgerEventsTest, events_come_by_time_and_ties_by_arrival) {
  ASSERT_TRUE(put(stream_key(), {{at(5), "c"}, {at(5), "d"}}));
  ASSERT_TRUE(put(stream_key(), {{at(1), "a"}, {at(4), "b"}, {at(5), "e"}}));
  const Texts order{"a", "b", "c", "d", "e"};
  EXPECT_EQ(messages(read({.stream = stream_key(), .from_head = true})->events), order);
  EXPECT_EQ(messages(read({.stream = stream_key()})->events), order);
  EXPECT_EQ(messages(filter(all())->events), order);
  auto newest_first = all();
  newest_first.newest_first = true;
  EXPECT_EQ(messages(filter(newest_first)->events), Texts(order.rbegin(), order.rend()));
}

TEST_F(LedgerEventsTest, reading_forward_ends_with_the_same_token_and_goes_on_with_new_events) {
  ASSERT_TRUE(put(stream_key(), {{at(1), "a"}, {at(2), "b"}, {at(3), "c"}}));
  ReadQuery query{.stream = stream_key(), .limit = 2, .from_head = true};
  auto page = read(query).value();
  EXPECT_EQ(messages(page.events), (Texts{"a", "b"}));
  query.token = page.forward;
  page = read(query).value();
  EXPECT_EQ(messages(page.events), Texts{"c"});
  query.token = page.forward;
  page = read(query).value();
  EXPECT_TRUE(page.events.empty());
  EXPECT_EQ(page.forward, *query.token);
  ASSERT_TRUE(put(stream_key(), {{at(3), "d"}}));
  EXPECT_EQ(messages(read(query)->events), Texts{"d"});
}

TEST_F(LedgerEventsTest, without_from_head_the_newest_come_and_the_backward_token_leads_back) {
  ASSERT_TRUE(put(stream_key(), {{at(1), "a"}, {at(2), "b"}, {at(3), "c"}}));
  ReadQuery query{.stream = stream_key(), .limit = 2};
  auto page = read(query).value();
  EXPECT_EQ(messages(page.events), (Texts{"b", "c"}));
  const auto forward = page.forward;
  query.token = page.backward;
  page = read(query).value();
  EXPECT_EQ(messages(page.events), Texts{"a"});
  query.token = page.backward;
  page = read(query).value();
  EXPECT_TRUE(page.events.empty());
  EXPECT_EQ(page.backward, *query.token);
  query.token = forward;
  EXPECT_TRUE(read(query)->events.empty());
}

TEST_F(LedgerEventsTest, the_token_of_an_empty_stream_finds_what_comes_later) {
  const auto page = read({.stream = stream_key()}).value();
  ASSERT_TRUE(put(stream_key(), {{at(1), "a"}}));
  EXPECT_EQ(messages(read({.stream = stream_key(), .token = page.forward})->events), Texts{"a"});
  for (const auto* forged : {"", "f/3", "x", "f/39223372036854775808"}) {
    const auto refused = read({.stream = stream_key(), .token = forged});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().name, "InvalidParameterException");
  }
}

TEST_F(LedgerEventsTest, the_end_of_a_time_range_counts_only_in_a_filter) {
  ASSERT_TRUE(put(stream_key(), {{at(1), "a"}, {at(2), "b"}, {at(3), "c"}}));
  const TimeRange range{at(1), at(3)};
  EXPECT_EQ(messages(read({.stream = stream_key(), .range = range})->events), (Texts{"a", "b"}));
  auto query = all();
  query.range = range;
  EXPECT_EQ(messages(filter(query)->events), (Texts{"a", "b", "c"}));
  query.range = {at(2), at(1)};
  EXPECT_TRUE(filter(query)->events.empty());
  query.range = {TimeMs{0}, TimeMs{INT64_MAX}};
  EXPECT_EQ(filter(query)->events.size(), 3U);
}

TEST_F(LedgerEventsTest, a_filter_takes_pattern_streams_and_prefix) {
  ASSERT_TRUE(append({{stream_key("a1"), {at(1), "ERROR one"}},
                      {stream_key("a2"), {at(2), "fine"}},
                      {stream_key("b1"), {at(3), "ERROR two"}}}));
  EXPECT_EQ(messages(filter(all("ERROR"))->events), (Texts{"ERROR one", "ERROR two"}));
  auto query = all();
  query.streams = {"b1", "a2"};
  const auto named = filter(query).value();
  EXPECT_EQ(messages(named.events), (Texts{"fine", "ERROR two"}));
  EXPECT_EQ(named.events[0].stream, "a2");
  query = all();
  query.prefix = "a";
  EXPECT_EQ(messages(filter(query)->events), (Texts{"ERROR one", "fine"}));
  query.prefix = "none";
  EXPECT_TRUE(filter(query)->events.empty());
  query = all();
  query.streams = {"missing"};
  EXPECT_EQ(filter(query).error().message, "The specified log stream does not exist.");
}

TEST_F(LedgerEventsTest, filter_pages_join_without_gap_or_double_both_ways) {
  std::vector<Line> lines;
  Texts wanted;
  for (int i = 0; i < 1000; ++i) {
    const auto text = std::to_string(i) + (i % 3 == 0 ? " ERROR" : "");
    lines.push_back({stream_key("s" + std::to_string(i % 7)), {at(i / 10), text}});
    if (i % 3 == 0) wanted.push_back(text);
  }
  ASSERT_TRUE(append(lines));
  for (const std::string prefix : {"", "s"}) {
    for (const bool newest_first : {false, true}) {
      auto query = all("ERROR");
      query.limit = 25;
      query.prefix = prefix;
      query.newest_first = newest_first;
      Texts found;
      do {
        const auto page = filter(query).value();
        ASSERT_LE(page.events.size(), 25U);
        for (const auto& event : page.events) found.push_back(event.message);
        query.token = page.token;
      } while (query.token);
      if (newest_first) std::ranges::reverse(found);
      EXPECT_EQ(found, wanted);
    }
  }
}

TEST_F(LedgerEventsTest, a_page_has_at_most_a_mebibyte) {
  const std::string text(400'000, 'x');
  ASSERT_TRUE(append(std::vector<Line>(4, {stream_key(), {at(0), text}})));
  EXPECT_EQ(read({.stream = stream_key()})->events.size(), 2U);
  const auto page = filter(all()).value();
  EXPECT_EQ(page.events.size(), 2U);
  EXPECT_TRUE(page.token);
}

TEST_F(LedgerEventsTest, a_filter_that_matches_nothing_answers_after_so_many_events_with_a_token) {
  ASSERT_TRUE(append(std::vector<Line>(100'001, {stream_key(), {at(0), "x"}})));
  auto query = all("nothing");
  const auto page = filter(query).value();
  EXPECT_TRUE(page.events.empty());
  ASSERT_TRUE(page.token);
  query.token = page.token;
  EXPECT_FALSE(filter(query)->token);
}

TEST_F(LedgerEventsTest, a_batch_out_of_order_too_long_or_too_large_is_refused_as_a_whole) {
  const auto reason = [&](const std::vector<NewEvent>& events) {
    const auto refused = put(stream_key(), events);
    if (refused) return std::string("taken");
    EXPECT_EQ(refused.error().name, "InvalidParameterException");
    return refused.error().message;
  };
  EXPECT_EQ(reason({{at(2), "b"}, {at(1), "a"}}),
            "Log events in a single PutLogEvents request must be in chronological order.");
  EXPECT_EQ(reason({{at(-day - 1), "a"}, {at(0), "b"}}),
            "The batch of log events in a single PutLogEvents request cannot span more than 24 "
            "hours.");
  EXPECT_EQ(reason({{at(0), std::string(1'048'576 - 25, 'x')}}),
            "Upload too large: 1048577 bytes exceeds limit of 1048576");
  EXPECT_EQ(stored_events(), 0);
  EXPECT_EQ(reason({{at(0), std::string(1'048'576 - 26, 'x')}}), "taken");
  EXPECT_EQ(reason({{at(-day), "a"}, {at(0), "b"}}), "taken");
}

TEST_F(LedgerEventsTest, events_too_old_or_too_new_are_left_out_and_told) {
  const auto old = put(stream_key(), {{at(-14 * day - 1), "o"}, {at(-14 * day), "a"}}).value();
  EXPECT_EQ(old.too_old_end, 1);
  EXPECT_FALSE(old.too_new_start || old.expired_end);
  const auto fresh = put(stream_key(), {{at(2 * hour), "b"}, {at(2 * hour + 1), "n"}}).value();
  EXPECT_EQ(fresh.too_new_start, 1);
  EXPECT_FALSE(fresh.too_old_end);
  const auto none = put(stream_key(), {{at(3 * hour), "n"}}).value();
  EXPECT_EQ(none.too_new_start, 0);
  EXPECT_EQ(messages(filter(all())->events), (Texts{"a", "b"}));
  ASSERT_TRUE(write([&](store::Tx& tx) { return ledger_->set_retention(tx, group_key(), 1); }));
  const auto expired = put(stream_key(), {{at(-day - 1), "e"}, {at(-day), "k"}}).value();
  EXPECT_EQ(expired.expired_end, 1);
  EXPECT_EQ(messages(filter(all())->events), (Texts{"k", "b"}));
}

TEST_F(LedgerEventsTest, appending_makes_what_is_missing) {
  ASSERT_TRUE(append({{stream_key("s", "new"), {at(1), "x"}}}));
  EXPECT_TRUE(ledger_->exists(scope_, "new"));
  EXPECT_EQ(messages(read({.stream = stream_key("s", "new")})->events), Texts{"x"});
}

TEST_F(LedgerEventsTest, a_projected_batch_is_written_once_also_after_a_restart) {
  EXPECT_EQ(position(), 0);
  const std::vector<Line> lines{{stream_key(), {at(1), "one"}}, {stream_key(), {at(1), "two"}}};
  ASSERT_TRUE(project(2, lines));
  ASSERT_TRUE(project(2, lines));
  reopen();
  EXPECT_EQ(position(), 2);
  ASSERT_TRUE(project(2, lines));
  ASSERT_TRUE(project(3, {{stream_key(), {at(1), "three"}}}));
  EXPECT_EQ(messages(filter(all())->events), (Texts{"one", "two", "three"}));
}

TEST_F(LedgerEventsTest, a_projected_batch_that_fails_leaves_lines_and_position) {
  const auto failed = write([&](store::Tx& tx) -> Status {
    TM_CHECK(ledger_->append_projected(tx, "decisions", 2,
                                       std::vector<Line>{{stream_key("s", "new"), {at(1), "x"}}}));
    return fail(Errc::internal, "the plug was pulled");
  });
  ASSERT_FALSE(failed);
  EXPECT_EQ(position(), 0);
  EXPECT_FALSE(ledger_->exists(scope_, "new"));
  EXPECT_EQ(stored_events(), 0);
  ASSERT_TRUE(project(2, {{stream_key("s", "new"), {at(1), "x"}}}));
  EXPECT_EQ(stored_events(), 1);
}

TEST_F(LedgerEventsTest, what_is_asked_is_found_by_index_from_both_ends) {
  const std::string between = " AND (at_ms, seq) > (1, 1) AND (at_ms, seq) < (9, 9)";
  for (const std::string column : {"log_group", "stream"}) {
    for (const std::string order : {"at_ms, seq", "at_ms DESC, seq DESC"}) {
      const auto steps = plan("SELECT at_ms, seq FROM log_events WHERE " + column + " = 1" +
                              between + " ORDER BY " + order);
      EXPECT_NE(steps.find(column + "=? AND (at_ms,seq)>(?,?) AND (at_ms,seq)<(?,?)"),
                std::string::npos)
          << steps;
      EXPECT_EQ(steps.find("TEMP B-TREE"), std::string::npos) << steps;
    }
  }
  const auto names = plan(
      "SELECT name FROM log_streams WHERE log_group = 1 AND name >= 'b' AND name <> 'c'"
      " ORDER BY name");
  EXPECT_NE(names.find("log_group=? AND name>?"), std::string::npos) << names;
}

TEST_F(LedgerEventsTest, a_hundred_thousand_lines_take_seconds_not_minutes) {
  const auto begin = std::chrono::steady_clock::now();
  const std::vector<Line> lines(1000, {stream_key(), {at(0), std::string(100, 'x')}});
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(append(lines));
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  RecordProperty("lines_per_second", std::to_string(int(100'000 / took.count())));
  EXPECT_LT(took.count(), 30);
}

}  // namespace
}  // namespace tidemill::logs
