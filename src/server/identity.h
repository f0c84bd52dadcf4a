/// The small files of a data directory: the administrator's key, the key that secrets are sealed
/// with, and where the server listens.
#pragma once

#include <string>

#include "base/error.h"
#include "base/log.h"
#include "base/random.h"

namespace tidemill::server {

/// DIR/credentials, readable by its owner only.
struct Identity {
  std::string access_key_id;
  Secret secret_access_key;
  Secret session_key;  ///< Signs the session tokens; 32 bytes as hex.
};

/// DIR/metrics-token, made if it isn't there: for who scrapes the metrics.
[[nodiscard]] Result<Secret> load_metrics_token(const std::string& directory, Random& random);

/// Reads DIR/credentials, or makes it. TIDEMILL_ACCESS_KEY_ID and TIDEMILL_SECRET_ACCESS_KEY (or
/// the files that …_FILE name) take the place of the administrator's key when they are set.
[[nodiscard]] Result<Identity> load_identity(const std::string& directory, Random& random);

/// Reads DIR/sealing.key, or makes it (0600): 64 hex digits, with which secrets are encrypted in
/// the databases (base/seal.h). Who loses it loses them.
[[nodiscard]] Result<Secret> load_sealing_key(const std::string& directory, Random& random);

/// DIR/server.json while a server runs there.
struct Running {
  int pid = 0;
  std::string endpoint;  ///< "http://127.0.0.1:4566"
  std::string region;
};
[[nodiscard]] Status write_running(const std::string& directory, const Running& running);
[[nodiscard]] Result<Running> read_running(const std::string& directory);

/// The whole file.
[[nodiscard]] Result<std::string> read_file(const std::string& path);

}  // namespace tidemill::server
