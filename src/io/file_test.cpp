#include "io/file.h"

#include <filesystem>
#include <fstream>
#include <future>

#include <gtest/gtest.h>
#include <stdlib.h>

namespace tidemill::io {
namespace {

class FileTest : public testing::Test {
 protected:
  FileTest() {
    char pattern[] = "/tmp/tidemill-file-XXXXXX";
    path_ = mkdtemp(pattern);
    directory_ = Directory::open(path_).value();
  }
  ~FileTest() override { std::filesystem::remove_all(path_); }

  /// Writes `bytes` in steps of `step`, and finishes if `whole`.
  Status store(std::string name, std::string bytes, std::size_t step, bool whole) {
    auto write = [&]() -> Task<Status> { return write_steps(name, bytes, step, whole); };
    std::promise<Status> done;
    loops_.spawn(0, [&] { return tell(write, done); });
    return done.get_future().get();
  }
  std::string content(const std::string& name) {
    std::ifstream file(path_ + "/" + name, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  std::size_t files() { return list_directory(path_).value().size(); }

  Task<Status> write_steps(std::string name, std::string bytes, std::size_t step, bool whole) {
    auto count = [this](std::string_view piece) { tapped_.append(piece); };
    FileSink::Options options{.name = std::move(name), .size = announced_, .tap = count};
    FileSink sink(pool_, *directory_, std::move(options));
    for (std::size_t at = 0; at < bytes.size(); at += step) {
      TM_CO_CHECK(co_await sink.write(std::string_view(bytes).substr(at, step)));
    }
    if (whole) co_return co_await sink.finish();
    co_return Status();
  }
  template <class F>
  static Task<void> tell(F& write, std::promise<Status>& done) {
    done.set_value(co_await write());
  }

  std::string path_;
  std::unique_ptr<Directory> directory_;
  std::optional<std::uint64_t> announced_;
  std::string tapped_;
  Pool pool_{2, 100};
  Loops loops_{1};
};

std::string pattern_of(std::size_t size) {
  std::string bytes(size, '\0');
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<char>(i * 2654435761U >> 13);
  return bytes;
}

TEST_F(FileTest, KeepsAllBytesInOrderWhateverThePieces) {
  for (const std::size_t size : {0UL, 1UL, 262144UL, 262145UL, 1000000UL}) {
    for (const std::size_t step : {1000UL, 262144UL, 700000UL}) {
      announced_ = step == 1000 ? std::nullopt : std::optional<std::uint64_t>(size);
      tapped_.clear();
      const auto name = std::to_string(size) + "-" + std::to_string(step);
      ASSERT_TRUE(store(name, pattern_of(size), step, true));
      EXPECT_EQ(content(name), pattern_of(size));
      EXPECT_EQ(tapped_, pattern_of(size));
    }
  }
}

TEST_F(FileTest, RemovesWhatIsNotFinished) {
  ASSERT_TRUE(store("half", pattern_of(1000000), 100000, false));
  for (int i = 0; i < 100 && files() > 0; ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  EXPECT_EQ(files(), 0U);
}

TEST_F(FileTest, NeverOverwrites) {
  ASSERT_TRUE(store("a", "first", 100, true));
  EXPECT_FALSE(store("a", "second", 100, true));
  EXPECT_EQ(content("a"), "first");
}

TEST_F(FileTest, CutsTheRoomThatWasTakenAndNotUsed) {
  announced_ = 1 << 20;
  ASSERT_TRUE(store("short", pattern_of(300000), 300000, true));
  EXPECT_EQ(content("short").size(), 300000U);
}

TEST_F(FileTest, ReadsJustWhatIsThere) {
  ASSERT_TRUE(store("a", "0123456789", 100, true));
  const auto fd = open_for_reading(path_ + "/a").value();
  std::string bytes(4, ' ');
  ASSERT_TRUE(read_at(fd.get(), 6, bytes));
  EXPECT_EQ(bytes, "6789");
  EXPECT_EQ(read_at(fd.get(), 8, bytes).error().code, Errc::corrupt);
  EXPECT_EQ(open_for_reading(path_ + "/b").error().code, Errc::not_found);
}

TEST_F(FileTest, SharesDirectoryFlushesBetweenThreads) {
  std::vector<std::thread> threads;
  std::atomic<int> good = 0;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      for (int n = 0; n < 20; ++n) good += directory_->sync().has_value();
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(good, 160);
}

}  // namespace
}  // namespace tidemill::io
