#include "io/file.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <vector>

#include <fmt/format.h>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/failpoint.h"

namespace tidemill::io {
namespace {

namespace asio = boost::asio;

constexpr std::size_t piece_bytes = 256 * 1024;
/// From here on the disk begins to write while the rest is still coming in.
constexpr std::uint64_t early_writeback_bytes = 4 << 20;

std::unexpected<Error> failed(std::string_view what, std::string_view name, int error) {
  const auto code = error == ENOSPC || error == EDQUOT || error == EFBIG ? Errc::storage_full
                    : error == ENOENT                                    ? Errc::not_found
                    : error == EMFILE || error == ENFILE                 ? Errc::unavailable
                                                                         : Errc::internal;
  return fail(code, fmt::format("can't {} {}: {}", what, name, strerrordesc_np(error)));
}

/// A flush that failed is never tried again: the kernel may have dropped the bytes, and the next
/// one would say that all is well.
std::unexpected<Error> not_flushed(std::string_view name, int error) {
  return fail(Errc::corrupt, fmt::format("can't flush {}: {}", name, strerrordesc_np(error)));
}

/// Blocks for pieces that are being received, kept per thread for reuse.
class Buffer {
 public:
  explicit Buffer(std::size_t capacity) : capacity_(capacity) {
    auto& blocks = spare();
    if (capacity == piece_bytes && !blocks.empty()) {
      data_ = std::move(blocks.back());
      blocks.pop_back();
    } else {
      data_ = std::make_unique_for_overwrite<char[]>(capacity);
    }
  }
  Buffer(Buffer&&) noexcept = default;
  Buffer& operator=(Buffer&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(capacity_, other.capacity_);
    std::swap(size_, other.size_);
    return *this;
  }
  ~Buffer() {
    if (data_ != nullptr && capacity_ == piece_bytes && spare().size() < spare_max) {
      spare().push_back(std::move(data_));
    }
  }

  /// Takes what fits of `bytes` and leaves the rest.
  void take(std::string_view& bytes) noexcept {
    const auto count = std::min(bytes.size(), capacity_ - size_);
    std::memcpy(data_.get() + size_, bytes.data(), count);
    size_ += count;
    bytes.remove_prefix(count);
  }
  [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }
  [[nodiscard]] std::string_view view() const noexcept { return {data_.get(), size_}; }
  void clear() noexcept { size_ = 0; }

 private:
  static constexpr std::size_t spare_max = 8;
  static std::vector<std::unique_ptr<char[]>>& spare() {
    thread_local std::vector<std::unique_ptr<char[]>> blocks;
    return blocks;
  }

  std::unique_ptr<char[]> data_;
  std::size_t capacity_;
  std::size_t size_ = 0;
};

}  // namespace

Result<std::unique_ptr<Directory>> Directory::open(const std::string& path, Disk& disk) {
  if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) {
    return failed("make directory", path, errno);
  }
  Fd fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) return failed("open directory", path, errno);
  return std::unique_ptr<Directory>(new Directory(std::move(fd), disk));
}

Status Directory::sync() {
  std::unique_lock lock(mutex_);
  // A sync that has begun already may have missed the caller's name.
  const auto wanted = begun_ + 1;
  while (ended_ < wanted) {
    if (!broken_) return broken_;
    if (syncing_) {
      done_.wait(lock);
      continue;
    }
    syncing_ = true;
    const auto mine = ++begun_;
    lock.unlock();
    int error = TM_FAILPOINT("file.sync_directory");
    if (error == 0 && disk_.sync_names(fd_.get()) != 0) error = errno;
    lock.lock();
    syncing_ = false;
    ended_ = mine;
    if (error != 0) broken_ = not_flushed("a directory", error);
    done_.notify_all();
  }
  return broken_;
}

/// Shared with the piece that is being written: the sink may be gone before that ends.
struct FileSink::State {
  State(Directory& where, Options given)
      : directory(where), options(std::move(given)), filling(first_capacity()), writing(0) {}
  ~State() {
    if (fd && !finished) ::unlinkat(directory.fd(), options.name.c_str(), 0);
  }

  [[nodiscard]] std::size_t first_capacity() const noexcept {
    return options.size && *options.size < piece_bytes ? std::size_t(*options.size) : piece_bytes;
  }

  // On the pool, one at a time.
  Status open_file() {
    if (const int error = TM_FAILPOINT("file.create")) return failed("create", options.name, error);
    fd = Fd(directory.disk().create(directory.fd(), options.name.c_str()));
    if (!fd) return failed("create", options.name, errno);
    if (options.size && *options.size > early_writeback_bytes) {
      const int error = ::posix_fallocate(fd.get(), 0, static_cast<off_t>(*options.size));
      if (error == ENOSPC || error == EFBIG) return failed("make room for", options.name, error);
    }
    return {};
  }
  Status write_piece(std::string_view bytes) {
    if (!fd) TM_CHECK(open_file());
    if (options.tap) options.tap(bytes);
    auto& disk = directory.disk();
    const auto begin = offset;
    if (const int error = TM_FAILPOINT("file.write")) return failed("write", options.name, error);
    while (!bytes.empty()) {
      const auto count = disk.write(fd.get(), bytes.data(), bytes.size(), off_t(offset));
      if (count < 0 && errno == EINTR) continue;
      if (count <= 0) return failed("write", options.name, count == 0 ? ENOSPC : errno);
      bytes.remove_prefix(std::size_t(count));
      offset += std::uint64_t(count);
    }
    if (offset > early_writeback_bytes) {
      (void)::sync_file_range(fd.get(), off_t(begin), off_t(offset - begin), SYNC_FILE_RANGE_WRITE);
    }
    return {};
  }
  Status flush(std::string_view rest) {
    auto& disk = directory.disk();
    TM_CHECK(write_piece(rest));
    if (options.size && offset < *options.size && disk.set_size(fd.get(), off_t(offset)) != 0) {
      return failed("cut", options.name, errno);
    }
    if (const int error = TM_FAILPOINT("file.sync")) return not_flushed(options.name, error);
    if (disk.sync(fd.get()) != 0) return not_flushed(options.name, errno);
    return directory.sync();
  }

  Directory& directory;
  const Options options;
  Buffer filling, writing;
  Fd fd;
  std::uint64_t offset = 0;
  bool finished = false;

  // On the loop.
  bool busy = false;
  Status status;
  std::optional<asio::steady_timer> idle;  // Cancelled when the piece is written.
};

namespace {

/// Writes one piece beside the coroutine that receives the next.
template <class State>
Task<void> write_beside(Pool& pool, std::shared_ptr<State> state) {
  auto work = [raw = state.get()] { return raw->write_piece(raw->writing.view()); };
  state->status = co_await pool.run(work);
  state->busy = false;
  state->idle->cancel();
}

}  // namespace

FileSink::FileSink(Pool& pool, Directory& directory, Options options)
    : pool_(pool), state_(std::make_shared<State>(directory, std::move(options))) {}

FileSink::~FileSink() = default;

Task<Status> FileSink::wait() {
  while (state_->busy) {
    co_await state_->idle->async_wait(asio::as_tuple(asio::use_awaitable));
  }
  co_return state_->status;
}

Task<Status> FileSink::hand_over() {
  TM_CO_CHECK(co_await wait());
  const auto executor = co_await asio::this_coro::executor;
  std::swap(state_->filling, state_->writing);
  if (state_->filling.capacity() < piece_bytes) state_->filling = Buffer(piece_bytes);
  state_->filling.clear();
  state_->busy = true;
  state_->idle.emplace(executor, asio::steady_timer::time_point::max());
  asio::co_spawn(executor, write_beside(pool_, state_), asio::detached);
  co_return Status();
}

Task<Status> FileSink::write(std::string_view bytes) {
  while (true) {
    state_->filling.take(bytes);
    if (bytes.empty()) co_return Status();
    TM_CO_CHECK(co_await hand_over());
  }
}

Task<Status> FileSink::finish() {
  TM_CO_CHECK(co_await wait());
  auto work = [state = state_] { return state->flush(state->filling.view()); };
  const Status flushed = co_await pool_.run(work);
  if (flushed) state_->finished = true;
  co_return flushed;
}

Result<Fd> open_for_reading(const std::string& path) {
  Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return failed("open", path, errno);
  return fd;
}

Result<std::uint64_t> file_size(int fd) {
  struct stat facts{};
  if (::fstat(fd, &facts) != 0) return failed("look at", "a file", errno);
  return std::uint64_t(facts.st_size);
}

Status read_at(int fd, std::uint64_t offset, std::span<char> to) {
  while (!to.empty()) {
    const auto count = ::pread(fd, to.data(), to.size(), static_cast<off_t>(offset));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return failed("read", "a file", errno);
    if (count == 0) return fail(Errc::corrupt, "a file is shorter than it was when written");
    offset += std::uint64_t(count);
    to = to.subspan(std::size_t(count));
  }
  return {};
}

void read_ahead(int fd, std::uint64_t offset, std::uint64_t length) noexcept {
  (void)::posix_fadvise(fd, off_t(offset), off_t(length), POSIX_FADV_WILLNEED);
}

Status remove_file(const std::string& path) {
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) return failed("remove", path, errno);
  return {};
}

Result<std::vector<std::string>> list_directory(const std::string& path) {
  DIR* directory = ::opendir(path.c_str());
  if (directory == nullptr) return failed("list", path, errno);
  std::vector<std::string> names;
  while (const dirent* entry = ::readdir(directory)) {
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") names.emplace_back(name);
  }
  ::closedir(directory);
  return names;
}

}  // namespace tidemill::io
