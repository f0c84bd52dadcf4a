/// Scripts and modules on local disk: DATA/runtime/files/<digest of the bytes>/<name>, found again
/// by URI and etag. Runs read them there, so they stay as long as a run may last.
///
/// Belongs to the launcher's loop; its file work is done on the launcher's pool.
#pragma once

#include <memory>
#include <string>
#include <unordered_map>

#include "glue/launch/environment.h"
#include "io/loops.h"

namespace tidemill::glue {

class ScriptCache {
 public:
  /// All outlive this.
  ScriptCache(std::string directory, ScriptSource& source, io::Pool& pool);

  /// The path of a file with the bytes that `uri` has now, under the name that its key ends with.
  /// Fails with S3's error and words.
  Task<Result<std::string>> get(Scope scope, std::string uri);

  /// Removes what no run has used for longer than any run may last. Blocking; for the start.
  void prune() const;

 private:
  struct Entry {
    std::string etag, path;
  };
  static constexpr std::size_t entries_max = 1000;

  std::string directory_;
  ScriptSource& source_;
  io::Pool& pool_;
  std::unordered_map<std::string, Entry> entries_;
};

}  // namespace tidemill::glue
