/// Walks a live platform through what usually stands between a file, or a time, and its run: is the
/// rule enabled, did its pattern ever match, does the bucket send events, may the role, would the
/// job run, is it full, did starts fail, can dead letters be sent, do schedules collide. Reads the
/// services, changes nothing.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "explain/lint.h"

namespace tidemill::explain {

/// One question of the walk, and what speaks against a good answer.
struct Check {
  std::string name;       ///< "rules", "patterns", "buckets", …
  std::string question;   ///< "Are the rules enabled, and have they targets?"
  std::string looked_at;  ///< "14 rules on 2 buses"
  std::vector<Finding> findings;
};

class Doctor {
 public:
  struct Bucket {
    bool exists = false;
    bool sends_events = false;  ///< To EventBridge.
  };
  /// A schedule of EventBridge Scheduler.
  struct Scheduled {
    std::string name;
    TargetFacts facts;
    std::string target_arn;
  };
  struct Sources {
    Facts target;
    std::function<Result<Bucket>(store::Tx&, std::string_view name)> bucket;
    std::function<Result<std::vector<Scheduled>>(store::Tx&, const Scope&)> schedules;
    std::function<Result<json::object>(store::Tx&)> heatmap;  ///< As schedule::heatmap gives it.
  };
  Doctor(store::Store& store, Sources sources) : store_(store), sources_(std::move(sources)) {}

  /// {"checks": [{"name", "question", "looked_at", "findings": [as of lint]}]}, in the order in
  /// which one would look.
  Task<Result<json::value>> look(Scope scope);

  /// So many deliveries are looked at, the newest first.
  static constexpr int deliveries_asked = 100'000;

 private:
  Result<std::vector<Check>> walk(store::Tx& tx, const Scope& scope) const;
  Status look_at_buckets(store::Tx& tx, const std::vector<LintRule>& rules, Check& check) const;
  Status look_at_schedules(store::Tx& tx, const Scope& scope, Check& check) const;

  store::Store& store_;
  const Sources sources_;
};

}  // namespace tidemill::explain
