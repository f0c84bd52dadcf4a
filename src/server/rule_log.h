/// Writes what the rules decided (the table `decisions`) to the log group of each rule,
/// /aws/events/rule/<rule name>, and what was sent to log groups as targets to those. The rows are
/// the truth: a position kept in logs.db says how far they have been written, so that a crash loses
/// none and doubles none.
///
/// Owned by the program; its work is on one loop, woken by commits.
#pragma once

#include <memory>

#include "io/loops.h"
#include "logs/ledger.h"
#include "store/store.h"

namespace tidemill::server {

class RuleLog {
 public:
  struct Parts {
    io::Loops& loops;
    store::Store& store;       ///< With the decisions.
    store::Store& logs_store;  ///< logs.db
    logs::Ledger& ledger;
  };
  /// Begins with what was left. All parts outlive the loops' last work.
  explicit RuleLog(const Parts& parts);
  ~RuleLog();
  RuleLog(const RuleLog&) = delete;
  RuleLog& operator=(const RuleLog&) = delete;

  /// There are new decisions. Any thread.
  void wake();

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace tidemill::server
