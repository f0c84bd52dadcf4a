#include "store/sqlite/sqlite_store.h"

#include <filesystem>
#include <future>

#include <gtest/gtest.h>
#include <stdlib.h>

namespace tidemill::store {
namespace {

constexpr std::array<Migration, 2> migrations = {{
    {"test", 1, "CREATE TABLE t (k BLOB PRIMARY KEY, v INTEGER) STRICT, WITHOUT ROWID"},
    {"test", 2, "CREATE TABLE u (name TEXT PRIMARY KEY) STRICT"},
}};

class SqliteStoreTest : public testing::Test {
 protected:
  SqliteStoreTest() {
    char pattern[] = "/tmp/tidemill-store-XXXXXX";
    directory_ = mkdtemp(pattern);
    open();
  }
  ~SqliteStoreTest() override {
    store_.reset();
    std::filesystem::remove_all(directory_);
  }
  void open() { store_ = open_sqlite({.path = directory_ + "/t.db"}, migrations).value(); }
  std::int64_t count() {
    return store_
        ->write_now([](Tx& tx) -> Result<std::int64_t> {
          TM_TRY(auto n,
                 tx.one("SELECT count(*) FROM t", [](const Row& r) { return r.integer(0); }));
          return *n;
        })
        .value();
  }
  Status put(std::string_view key, int value) {
    return store_->write_now([&](Tx& tx) -> Status {
      TM_CHECK(tx.exec("INSERT INTO t (v, k) VALUES ($2, $1)", Blob{key}, value));
      return {};
    });
  }

  std::string directory_;
  std::unique_ptr<Store> store_;
};

TEST_F(SqliteStoreTest, KeepsWhatWasWrittenOverARestart) {
  ASSERT_TRUE(put("a", 1));
  store_.reset();
  open();
  EXPECT_EQ(count(), 1);
}

TEST_F(SqliteStoreTest, BindsParametersByTheirNumber) {
  ASSERT_TRUE(put("key", 7));
  const auto value = store_->write_now([](Tx& tx) {
    return tx.one(
        "SELECT v FROM t WHERE k = $1", [](const Row& r) { return r.integer(0); }, Blob{"key"});
  });
  EXPECT_EQ(value.value(), 7);
}

TEST_F(SqliteStoreTest, UndoesOnlyTheFailedWriteOfAGroup) {
  std::vector<std::promise<Status>> promises(50);
  std::atomic<int> committed = 0;
  for (int i = 0; i < 50; ++i) {
    store_->post(
        [i, &committed](Tx& tx) -> Status {
          tx.on_commit([&committed] { ++committed; });
          TM_CHECK(tx.exec("INSERT INTO t VALUES ($1, $2)", Blob{std::to_string(i)}, i));
          if (i % 5 == 0) return fail(Errc::conflict, "on purpose");
          return {};
        },
        [&promises, i](Status status) { promises[std::size_t(i)].set_value(std::move(status)); });
  }
  for (int i = 0; i < 50; ++i) {
    EXPECT_EQ(promises[std::size_t(i)].get_future().get().has_value(), i % 5 != 0);
  }
  EXPECT_EQ(count(), 40);
  EXPECT_EQ(committed, 40);
}

TEST_F(SqliteStoreTest, TellsARepeatedKey) {
  ASSERT_TRUE(put("a", 1));
  const auto again = put("a", 2);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, Errc::already_exists);
}

TEST_F(SqliteStoreTest, LetsARowFunctionRunTheSameStatement) {
  ASSERT_TRUE(put("a", 1));
  ASSERT_TRUE(put("b", 2));
  int seen = 0;
  const auto walked = store_->write_now([&](Tx& tx) -> Status {
    const RowFn inner = [&](const Row&) { return ++seen, true; };
    const RowFn outer = [&](const Row&) { return tx.each("SELECT k FROM t", inner).has_value(); };
    return tx.each("SELECT k FROM t", outer);
  });
  ASSERT_TRUE(walked);
  EXPECT_EQ(seen, 4);
}

TEST_F(SqliteStoreTest, RefusesADatabaseOfANewerProgram) {
  store_.reset();
  const auto older = open_sqlite({.path = directory_ + "/t.db"}, std::span(migrations).first(1));
  ASSERT_FALSE(older);
  EXPECT_NE(older.error().message.find("newer tidemill"), std::string::npos);
}

TEST_F(SqliteStoreTest, OrdersBlobsByTheirBytes) {
  for (const std::string key : {"b", "a/b", "a", "\xff", "a b"}) ASSERT_TRUE(put(key, 0));
  const auto keys = store_->write_now([](Tx& tx) {
    return tx.all("SELECT k FROM t ORDER BY k", [](const Row& r) { return r.text(0); });
  });
  EXPECT_EQ(keys.value(), (std::vector<std::string>{"a", "a b", "a/b", "b", "\xff"}));
}

}  // namespace
}  // namespace tidemill::store
