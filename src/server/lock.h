/// DIR/lock, held while a server runs: only one opens the store.
#pragma once

#include <string>

#include "base/error.h"

namespace tidemill::server {

class Lock {
 public:
  Lock() = default;
  Lock(const Lock&) = delete;
  Lock& operator=(const Lock&) = delete;
  ~Lock();
  /// Fails with already_exists if another has it, with unavailable if the directory can't be
  /// written.
  [[nodiscard]] Status take(const std::string& directory);

 private:
  int fd_ = -1;
};

}  // namespace tidemill::server
