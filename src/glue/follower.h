/// Who is told what becomes of the runs that triggers start: the interface between the runs of jobs
/// and what follows from them (glue::Workflows). On the commit thread, in the transactions of the
/// runs.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "store/store.h"

namespace tidemill::glue {

struct RunRow;

/// Which job of which trigger, and in which chain of triggers.
struct ActionKey {
  std::string chain;    ///< A workflow run's id, or that of the event of the first trigger.
  std::string trigger;  ///< Its name.
  std::string action;   ///< "action-1"
};

/// Whether a chain's id is that of a workflow run.
[[nodiscard]] inline bool is_workflow_run(std::string_view chain) {
  return chain.starts_with("wr_");
}

class RunFollower {
 public:
  virtual ~RunFollower() = default;
  virtual Status started(store::Tx& tx, const ActionKey& key, const std::string& run_id) = 0;
  /// It can never start; why is the delivery's to tell.
  virtual Status refused(store::Tx& tx, const ActionKey& key) = 0;
  /// `run` failed, and `next_id` is its further attempt.
  virtual Status retried(store::Tx& tx, const RunRow& run, const std::string& next_id) = 0;
  /// It is over, and there is no further attempt.
  virtual Status ended(store::Tx& tx, const RunRow& run) = 0;
};

}  // namespace tidemill::glue
