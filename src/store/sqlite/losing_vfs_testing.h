/// Tests: SQLite's file system layer over a LosingDisk. Registered while it lives; everything that
/// doesn't change a disk goes to the system's own layer.
#pragma once

#include <cstring>
#include <string>

#include <sqlite3.h>

#include "io/losing_disk_testing.h"

namespace tidemill::store {

class LosingVfs {
 public:
  explicit LosingVfs(io::LosingDisk& disk) : disk_(disk), real_(sqlite3_vfs_find(nullptr)) {
    vfs_ = *real_;
    vfs_.zName = name;
    vfs_.pAppData = this;
    vfs_.szOsFile = int(sizeof(File)) + real_->szOsFile;
    vfs_.xOpen = open;
    vfs_.xDelete = remove;
    sqlite3_vfs_register(&vfs_, 0);
  }
  ~LosingVfs() { sqlite3_vfs_unregister(&vfs_); }
  LosingVfs(const LosingVfs&) = delete;
  LosingVfs& operator=(const LosingVfs&) = delete;

  static constexpr const char* name = "losing";

 private:
  using Operation = io::LosingDisk::Operation;
  struct File : sqlite3_file {
    LosingVfs* owner;
    std::string* path;
    bool syncs_names;  ///< As unix does it: the first flush of a log flushes its directory.
  };

  static File& mine(sqlite3_file* file) { return *static_cast<File*>(file); }
  static sqlite3_file* real(sqlite3_file* file) {
    return reinterpret_cast<sqlite3_file*>(&mine(file) + 1);
  }
  static io::LosingDisk& disk(sqlite3_file* file) { return mine(file).owner->disk_; }
  static int code_of(int otherwise) { return errno == ENOSPC ? SQLITE_FULL : otherwise; }

  static int open(sqlite3_vfs* vfs, const char* path, sqlite3_file* file, int flags, int* given) {
    auto& self = *static_cast<LosingVfs*>(vfs->pAppData);
    auto& opened = mine(file);
    opened.pMethods = nullptr;
    const bool is_new = path != nullptr && !std::filesystem::exists(path);
    const bool is_log = (flags & (SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_JOURNAL)) != 0;
    if (is_new && self.disk_.fails(Operation::create)) return SQLITE_CANTOPEN;
    const int code = self.real_->xOpen(self.real_, path, real(file), flags, given);
    if (code != SQLITE_OK) return code;
    opened.owner = &self;
    opened.path = new std::string(path == nullptr ? "" : path);
    opened.syncs_names = is_log && (flags & SQLITE_OPEN_CREATE) != 0;
    opened.pMethods = methods();
    if (is_new) self.disk_.opened(*opened.path);
    return SQLITE_OK;
  }
  static int close(sqlite3_file* file) {
    delete mine(file).path;
    return real(file)->pMethods->xClose(real(file));
  }
  static int write(sqlite3_file* file, const void* bytes, int size, sqlite3_int64 offset) {
    const bool failed = disk(file).fails(Operation::write);
    const int code = code_of(SQLITE_IOERR_WRITE);
    if (failed && !disk(file).writes_half()) return code;
    const int count = failed ? size / 2 : size;
    const int done = real(file)->pMethods->xWrite(real(file), bytes, count, offset);
    if (done != SQLITE_OK) return done;
    disk(file).wrote(*mine(file).path, {static_cast<const char*>(bytes), std::size_t(count)},
                     offset);
    return failed ? SQLITE_FULL : SQLITE_OK;
  }
  static int truncate(sqlite3_file* file, sqlite3_int64 size) {
    if (disk(file).fails(Operation::set_size)) return code_of(SQLITE_IOERR_TRUNCATE);
    disk(file).resized(*mine(file).path, std::uint64_t(size));
    return real(file)->pMethods->xTruncate(real(file), size);
  }
  static int sync(sqlite3_file* file, int /*flags*/) {
    if (!disk(file).synced(*mine(file).path)) return SQLITE_IOERR_FSYNC;
    if (!std::exchange(mine(file).syncs_names, false)) return SQLITE_OK;
    const auto directory = std::filesystem::path(*mine(file).path).parent_path().string();
    return disk(file).names_synced(directory) ? SQLITE_OK : SQLITE_IOERR_DIR_FSYNC;
  }
  static int remove(sqlite3_vfs* vfs, const char* path, int syncs_names) {
    auto& self = *static_cast<LosingVfs*>(vfs->pAppData);
    if (self.disk_.fails(Operation::remove)) return SQLITE_IOERR_DELETE;
    const int code = self.real_->xDelete(self.real_, path, 0);
    if (code != SQLITE_OK) return code;
    self.disk_.removed(path);
    const auto directory = std::filesystem::path(path).parent_path().string();
    if (syncs_names != 0 && !self.disk_.names_synced(directory)) return SQLITE_IOERR_DIR_FSYNC;
    return SQLITE_OK;
  }

  /// Version 2: no mapped reading, which would go past this layer.
  static const sqlite3_io_methods* methods() {
    static const sqlite3_io_methods table = {
        2,
        close,
        [](auto* f, void* to, int n, sqlite3_int64 at) { return on(f)->xRead(real(f), to, n, at); },
        write,
        truncate,
        sync,
        [](auto* f, sqlite3_int64* size) { return on(f)->xFileSize(real(f), size); },
        [](auto* f, int level) { return on(f)->xLock(real(f), level); },
        [](auto* f, int level) { return on(f)->xUnlock(real(f), level); },
        [](auto* f, int* out) { return on(f)->xCheckReservedLock(real(f), out); },
        control,
        [](auto* f) { return on(f)->xSectorSize(real(f)); },
        [](auto* f) { return on(f)->xDeviceCharacteristics(real(f)); },
        [](auto* f, int page, int size, int extend, void volatile** at) {
          return on(f)->xShmMap(real(f), page, size, extend, at);
        },
        [](auto* f, int from, int n, int flags) {
          return on(f)->xShmLock(real(f), from, n, flags);
        },
        [](auto* f) { on(f)->xShmBarrier(real(f)); },
        [](auto* f, int removes) { return on(f)->xShmUnmap(real(f), removes); },
        nullptr,
        nullptr};
    return &table;
  }
  static const sqlite3_io_methods* on(sqlite3_file* file) { return real(file)->pMethods; }
  /// A size told beforehand would be written past this layer.
  static int control(sqlite3_file* file, int what, void* with) {
    if (what == SQLITE_FCNTL_SIZE_HINT || what == SQLITE_FCNTL_CHUNK_SIZE) return SQLITE_OK;
    return on(file)->xFileControl(real(file), what, with);
  }

  io::LosingDisk& disk_;
  sqlite3_vfs* real_;
  sqlite3_vfs vfs_;
};

}  // namespace tidemill::store
