/// Which groups exist, in memory. Any thread; changed only after commits.
#pragma once

#include <mutex>
#include <shared_mutex>
#include <string>
#include <unordered_set>

#include "logs/ledger.h"

namespace tidemill::logs {

class Ledger::Catalog {
 public:
  void add(const GroupKey& key) {
    const std::unique_lock lock(mutex_);
    names_.insert(full_name(key.scope, key.name));
  }
  void remove(const GroupKey& key) {
    const std::unique_lock lock(mutex_);
    names_.erase(full_name(key.scope, key.name));
  }
  void clear() {
    const std::unique_lock lock(mutex_);
    names_.clear();
  }
  [[nodiscard]] bool has(const Scope& scope, std::string_view name) const {
    const auto wanted = full_name(scope, name);
    const std::shared_lock lock(mutex_);
    return names_.contains(wanted);
  }

 private:
  static std::string full_name(const Scope& scope, std::string_view name) {
    return scope.account + '/' + scope.region + '/' + std::string(name);
  }

  mutable std::shared_mutex mutex_;
  std::unordered_set<std::string> names_;
};

}  // namespace tidemill::logs
