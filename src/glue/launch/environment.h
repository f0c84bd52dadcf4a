/// What the launcher needs of the rest of the program; the server adapts S3, IAM and the logs.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/arn.h"
#include "base/error.h"
#include "base/log.h"
#include "base/time.h"
#include "io/task.h"

namespace tidemill::glue {

/// An object with a script or a module.
struct Script {
  std::string etag;
  std::string bytes;
  bool unchanged = false;  ///< The etag is the one that the asker has: no bytes.
};

/// Where scripts come from.
class ScriptSource {
 public:
  virtual ~ScriptSource() = default;
  /// The object at `uri` (s3://bucket/key); without its bytes if its etag is `known_etag`. Fails
  /// with S3's own error ("NoSuchKey", "NoSuchBucket").
  virtual Task<Result<Script>> fetch(Scope scope, std::string uri, std::string known_etag) = 0;
};

struct LogLine {
  TimeMs time;
  std::string text;  ///< UTF-8, without its newline.
};

/// Where a run's output goes.
class RunLog {
 public:
  virtual ~RunLog() = default;
  /// Makes group and stream unless they are there.
  virtual Task<Status> open(Scope scope, std::string group, std::string stream) = 0;
  virtual Task<Status> append(Scope scope, std::string group, std::string stream,
                              std::vector<LogLine> lines) = 0;
};

/// Temporary credentials of a run.
struct RunCredentials {
  std::string access_key_id;
  Secret secret;
  std::string session_token;
};

/// The manifest of a batch of files, whole; `delivery` is that of the run.
using ManifestOf = std::function<Task<Result<std::string>>(std::int64_t delivery)>;

}  // namespace tidemill::glue
