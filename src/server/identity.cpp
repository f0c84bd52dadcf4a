#include "server/identity.h"

#include <cstdlib>
#include <fstream>
#include <sstream>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "base/encoding.h"
#include "base/json.h"

namespace tidemill::server {
namespace {

enum class Kept : std::uint8_t { for_good, while_running };

/// What is kept for good is flushed.
Status write_private(const std::string& path, std::string_view text, Kept kept = Kept::for_good) {
  const auto temporary = path + ".new";
  const int fd = open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) return fail(Errc::internal, fmt::format("can't write {}: {}", path, strerror(errno)));
  const bool written = write(fd, text.data(), text.size()) == ssize_t(text.size()) &&
                       (kept == Kept::while_running || fsync(fd) == 0);
  close(fd);
  if (!written || rename(temporary.c_str(), path.c_str()) != 0) {
    return fail(Errc::internal, fmt::format("can't write {}: {}", path, strerror(errno)));
  }
  return {};
}

/// The variable `name`, or the first line of the file that `name`_FILE names.
Result<std::string> from_environment(const std::string& name) {
  if (const char* value = std::getenv(name.c_str())) return std::string(value);
  const char* path = std::getenv((name + "_FILE").c_str());
  if (path == nullptr) return std::string();
  TM_TRY(auto text, read_file(path));
  return text.substr(0, text.find_first_of("\r\n"));
}

/// The first word of the file; 64 hex digits are put there if it isn't there yet.
Result<Secret> load_key(const std::string& path, Random& random) {
  if (access(path.c_str(), F_OK) != 0) {
    TM_CHECK(write_private(path, random_hex(random, 32) + "\n"));
  }
  TM_TRY(const auto text, read_file(path));
  return Secret(text.substr(0, text.find_first_of(" \r\n")));
}

Result<Identity> make_identity(const std::string& path, Random& random) {
  Identity identity{"AKIA" + random_base32(random, 16), Secret(random_secret(random, 40)),
                    Secret(random_hex(random, 32))};
  const json::object file{{"access_key_id", identity.access_key_id},
                          {"secret_access_key", identity.secret_access_key.reveal()},
                          {"session_key", identity.session_key.reveal()}};
  TM_CHECK(write_private(path, json::dump(file) + "\n"));
  return identity;
}

}  // namespace

Result<std::string> read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return fail(Errc::not_found, fmt::format("can't read {}: {}", path, strerror(errno)));
  std::ostringstream text;
  text << file.rdbuf();
  return std::move(text).str();
}

Result<Secret> load_sealing_key(const std::string& directory, Random& random) {
  return load_key(directory + "/sealing.key", random);
}

Result<Secret> load_metrics_token(const std::string& directory, Random& random) {
  const auto path = directory + "/metrics-token";
  TM_TRY(auto token, load_key(path, random));
  if (token.empty()) {
    return fail(Errc::corrupt, path + " is empty: delete it, and a new one is made at the start");
  }
  return token;
}

Result<Identity> load_identity(const std::string& directory, Random& random) {
  const auto path = directory + "/credentials";
  Identity identity;
  if (access(path.c_str(), F_OK) == 0) {
    TM_TRY(const auto text, read_file(path));
    TM_TRY(const auto file, json::parse_object(text));
    identity.access_key_id = json::text_or_empty(file, "access_key_id");
    identity.secret_access_key =
        Secret(std::string(json::text_or_empty(file, "secret_access_key")));
    identity.session_key = Secret(std::string(json::text_or_empty(file, "session_key")));
  } else {
    TM_TRY(identity, make_identity(path, random));
  }
  TM_TRY(const auto id, from_environment("TIDEMILL_ACCESS_KEY_ID"));
  TM_TRY(const auto secret, from_environment("TIDEMILL_SECRET_ACCESS_KEY"));
  if (id.empty() != secret.empty()) {
    return fail(Errc::invalid_argument,
                "TIDEMILL_ACCESS_KEY_ID and TIDEMILL_SECRET_ACCESS_KEY must be set together");
  }
  if (!id.empty()) {
    identity.access_key_id = id;
    identity.secret_access_key = Secret(secret);
  }
  if (identity.access_key_id.empty() || identity.secret_access_key.empty() ||
      identity.session_key.empty()) {
    return fail(Errc::corrupt, path +
                                   " is damaged: it must hold access_key_id, "
                                   "secret_access_key and session_key");
  }
  return identity;
}

Status write_running(const std::string& directory, const Running& running) {
  const json::object file{
      {"pid", running.pid}, {"endpoint", running.endpoint}, {"region", running.region}};
  return write_private(directory + "/server.json", json::dump(file) + "\n", Kept::while_running);
}

Result<Running> read_running(const std::string& directory) {
  TM_TRY(const auto text, read_file(directory + "/server.json"));
  TM_TRY(const auto file, json::parse_object(text));
  Running running;
  if (const auto* pid = file.if_contains("pid"); pid != nullptr && pid->is_int64()) {
    running.pid = int(pid->get_int64());
  }
  running.endpoint = json::text_or_empty(file, "endpoint");
  running.region = json::text_or_empty(file, "region");
  return running;
}

}  // namespace tidemill::server
