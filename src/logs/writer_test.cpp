#include "logs/writer.h"

#include <future>

#include "logs/ledger_fixture.h"

namespace tidemill::logs {
namespace {

class WriterTest : public LedgerFixture {
 protected:
  void line(Writer& writer, const std::string& text) {
    writer.append(scope_, "jobs", "run", clock_.at, text);
  }
  Texts stored() { return messages(read({.stream = stream_key()})->events); }

  /// Keeps the commit thread busy until it is destroyed.
  class Busy {
   public:
    explicit Busy(store::Store& store) {
      store.post(
          [this](store::Tx&) {
            begun_.set_value();
            over_.get_future().wait();
            return Status();
          },
          [this](Status) { done_.set_value(); });
      begun_.get_future().wait();
    }
    ~Busy() {
      over_.set_value();
      done_.get_future().wait();
    }
    Busy(const Busy&) = delete;
    Busy& operator=(const Busy&) = delete;

   private:
    std::promise<void> begun_, over_, done_;
  };
};

TEST_F(WriterTest, lines_are_stored_in_order_in_a_stream_made_for_them) {
  Writer writer(*store_, *ledger_, {.lines_per_commit = 7});
  Texts lines;
  for (int i = 0; i < 100; ++i) lines.push_back(std::to_string(i));
  for (const auto& text : lines) line(writer, text);
  ASSERT_TRUE(writer.flush_now());
  EXPECT_EQ(stored(), lines);
  EXPECT_EQ(writer.dropped(), 0U);
}

TEST_F(WriterTest, a_stream_can_be_there_before_its_first_line) {
  Writer writer(*store_, *ledger_);
  writer.ensure_stream(scope_, "jobs", "run");
  ASSERT_TRUE(writer.flush_now());
  EXPECT_TRUE(stored().empty());
}

TEST_F(WriterTest, nothing_is_lost_when_writer_and_store_are_closed) {
  {
    Writer writer(*store_, *ledger_, {.lines_per_commit = 10});
    for (int i = 0; i < 100; ++i) line(writer, std::to_string(i));
    ASSERT_TRUE(writer.flush_now());
  }
  open();
  EXPECT_EQ(stored().size(), 100U);
}

TEST_F(WriterTest, what_finds_no_room_is_counted_and_told_in_the_stream) {
  Writer writer(*store_, *ledger_, {.pending_bytes_max = 2000});
  {
    const Busy busy(*store_);
    for (int i = 0; i < 100; ++i) line(writer, std::to_string(i));
  }
  ASSERT_TRUE(writer.flush_now());
  const auto lines = stored();
  EXPECT_GT(writer.dropped(), 80U);
  ASSERT_EQ(lines.size() - 1, 100 - writer.dropped());
  EXPECT_EQ(lines.back(), "tidemill: " + std::to_string(writer.dropped()) +
                              " lines are missing here: they came faster than they could be "
                              "stored");
}

TEST_F(WriterTest, a_long_line_becomes_several_events_cut_between_characters) {
  Writer writer(*store_, *ledger_, {.message_bytes_max = 4});
  line(writer,
       "abc\xc3\xa4"
       "defg\xff");
  ASSERT_TRUE(writer.flush_now());
  EXPECT_EQ(stored(), (Texts{"abc",
                             "\xc3\xa4"
                             "de",
                             "fg", "\xef\xbf\xbd"}));
}

}  // namespace
}  // namespace tidemill::logs
