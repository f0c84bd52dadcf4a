/// What the tests of logs/ share: a ledger over a logs.db of its own, a clock that a test sets, and
/// how the store reads its tables. Test thread only.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "logs/ledger.h"
#include "logs/schema.h"
#include "store/store_fixture_testing.h"

namespace tidemill::logs {

class LedgerFixture : public store::StoreFixture {
 protected:
  static constexpr std::int64_t hour = 3'600'000, day = 24 * hour;

  LedgerFixture() : StoreFixture(migrations) { load(); }

  /// A restart.
  void reopen() {
    open_store();
    load();
  }
  void load() {
    ledger_ = std::make_unique<Ledger>(clock_);
    ASSERT_TRUE(write([this](store::Tx& tx) { return ledger_->load(tx); }));
  }

  GroupKey group_key(const std::string& name = "jobs") const { return {scope_, name}; }
  StreamKey stream_key(const std::string& name = "run", const std::string& group = "jobs") const {
    return {group_key(group), name};
  }

  Status create(const std::string& group, const GroupSettings& settings = {}) {
    return write(
        [&](store::Tx& tx) { return ledger_->create_group(tx, group_key(group), settings); });
  }
  Status create(const StreamKey& stream) {
    return write([&](store::Tx& tx) { return ledger_->create_stream(tx, stream); });
  }
  Status append(const std::vector<Line>& lines) {
    return write([&](store::Tx& tx) { return ledger_->append(tx, lines); });
  }
  Result<PutOutcome> put(const StreamKey& stream, const std::vector<NewEvent>& events) {
    return write([&](store::Tx& tx) { return ledger_->put(tx, stream, events); });
  }
  Result<Group> group(const std::string& name = "jobs") {
    return write([&](store::Tx& tx) { return ledger_->group(tx, group_key(name)); });
  }
  Result<GroupPage> groups(const GroupQuery& query) {
    return write([&](store::Tx& tx) { return ledger_->groups(tx, query); });
  }
  Result<StreamPage> streams(const StreamQuery& query) {
    return write([&](store::Tx& tx) { return ledger_->streams(tx, query); });
  }
  Result<ReadPage> read(const ReadQuery& query) {
    return write([&](store::Tx& tx) { return ledger_->read(tx, query); });
  }
  Result<FilterPage> filter(const FilterQuery& query) {
    return write([&](store::Tx& tx) { return ledger_->filter(tx, query); });
  }
  /// How many rows a table of logs.db has.
  std::int64_t stored_events() {
    return write([](store::Tx& tx) {
             return tx.one("SELECT count(*) FROM log_events",
                           [](const store::Row& row) { return row.integer(0); });
           })
        .value()
        .value();
  }

  static std::vector<std::string> messages(const std::vector<StoredEvent>& events) {
    std::vector<std::string> texts;
    for (const auto& event : events) texts.push_back(event.message);
    return texts;
  }

  Scope scope_{"000000000000", "us-east-1"};
  std::unique_ptr<Ledger> ledger_;
};

using Texts = std::vector<std::string>;

}  // namespace tidemill::logs
