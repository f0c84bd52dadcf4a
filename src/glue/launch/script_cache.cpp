#include "glue/launch/script_cache.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>

#include <fmt/format.h>

#include "base/digest.h"
#include "io/process.h"

namespace tidemill::glue {
namespace {

namespace fs = std::filesystem;

/// A run lasts at most 7 days.
constexpr auto unused_max = std::chrono::hours(24 * 8);

/// The last part of a URI as a file's name: no slash, not empty, none of the two dots.
std::string file_name(std::string_view uri) {
  std::string name(uri.substr(uri.rfind('/') + 1));
  std::erase(name, '\0');
  if (name.size() > 200) name.erase(0, name.size() - 200);
  if (name.empty() || name == "." || name == "..") return "script.py";
  return name;
}

Status write_file(const std::string& path, std::string_view bytes) {
  const io::Fd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (!fd) return fail(Errc::internal, fmt::format("{}: {}", path, std::strerror(errno)));
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd.get(), bytes.data(), bytes.size());
    if (written < 0) return fail(Errc::internal, fmt::format("{}: {}", path, std::strerror(errno)));
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

/// The bytes under `directory`, made unless they are there.
Result<std::string> keep(const std::string& directory, const std::string& name,
                         const std::string& bytes) {
  const std::string folder = fmt::format("{}/{}", directory, sha256_hex(bytes).substr(0, 32));
  const std::string path = fmt::format("{}/{}", folder, name);
  struct stat facts{};
  if (::stat(path.c_str(), &facts) == 0 && facts.st_size == static_cast<off_t>(bytes.size())) {
    return path;
  }
  if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) {
    return fail(Errc::internal, fmt::format("{}: {}", folder, std::strerror(errno)));
  }
  static std::atomic<unsigned> counter = 0;
  const std::string temporary = fmt::format("{}.new{}", path, ++counter);
  TM_CHECK(write_file(temporary, bytes));
  if (::rename(temporary.c_str(), path.c_str()) != 0) {
    return fail(Errc::internal, fmt::format("{}: {}", path, std::strerror(errno)));
  }
  return path;
}

/// True if the file is there; also marks it as in use, for prune().
bool touch(const std::string& path) {
  const std::string folder = path.substr(0, path.rfind('/'));
  ::utimensat(AT_FDCWD, folder.c_str(), nullptr, 0);
  return ::access(path.c_str(), R_OK) == 0;
}

}  // namespace

ScriptCache::ScriptCache(std::string directory, ScriptSource& source, io::Pool& pool)
    : directory_(std::move(directory)), source_(source), pool_(pool) {}

Task<Result<std::string>> ScriptCache::get(Scope scope, std::string uri) {
  std::string known_etag;
  if (const auto found = entries_.find(uri); found != entries_.end()) {
    if (touch(found->second.path)) known_etag = found->second.etag;
  }
  TM_CO_TRY(Script script, co_await source_.fetch(scope, uri, known_etag));
  if (script.unchanged) {
    if (const auto found = entries_.find(uri); found != entries_.end()) {
      co_return found->second.path;
    }
    TM_CO_TRY(script, co_await source_.fetch(scope, uri, ""));
  }
  auto work = [&]() -> Result<std::string> {
    return keep(directory_, file_name(uri), script.bytes);
  };
  TM_CO_TRY(std::string path, co_await pool_.run(work));
  if (entries_.size() >= entries_max) entries_.clear();
  entries_[uri] = Entry{.etag = script.etag, .path = path};
  co_return path;
}

void ScriptCache::prune() const {
  std::error_code error;
  const auto now = fs::file_time_type::clock::now();
  for (const auto& entry : fs::directory_iterator(directory_, error)) {
    const auto used = entry.last_write_time(error);
    if (!error && now - used > unused_max) fs::remove_all(entry.path(), error);
  }
}

}  // namespace tidemill::glue
