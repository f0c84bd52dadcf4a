#include "store/sqlite/connection.h"

#include <cerrno>
#include <charconv>

#include <fmt/format.h>
#include <sqlite3.h>

namespace tidemill::store {

struct Connection::Statement {
  sqlite3_stmt* handle = nullptr;
  std::vector<int> positions;  ///< Of $1, $2, …; 0 where the statement doesn't use one.
  bool busy = false;           ///< Being stepped; a row function may run the same text again.

  ~Statement() { sqlite3_finalize(handle); }
};

namespace {

class SqliteRow final : public Row {
 public:
  explicit SqliteRow(sqlite3_stmt* statement) : statement_(statement) {}
  bool null(int column) const override {
    return sqlite3_column_type(statement_, column) == SQLITE_NULL;
  }
  std::int64_t integer(int column) const override {
    return sqlite3_column_int64(statement_, column);
  }
  double real(int column) const override { return sqlite3_column_double(statement_, column); }
  std::string_view bytes(int column) const override {
    const auto* data = static_cast<const char*>(sqlite3_column_blob(statement_, column));
    const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_, column));
    return data == nullptr ? std::string_view() : std::string_view(data, size);
  }

 private:
  sqlite3_stmt* statement_;
};

int bind(sqlite3_stmt* statement, int position, const Value& value) {
  struct Binder {
    sqlite3_stmt* s;
    int at;
    int operator()(std::monostate) const { return sqlite3_bind_null(s, at); }
    int operator()(std::int64_t i) const { return sqlite3_bind_int64(s, at, i); }
    int operator()(double d) const { return sqlite3_bind_double(s, at, d); }
    int operator()(std::string_view t) const {
      // A null pointer would bind NULL.
      return sqlite3_bind_text64(s, at, t.data() == nullptr ? "" : t.data(), t.size(),
                                 SQLITE_STATIC, SQLITE_UTF8);
    }
    int operator()(Blob b) const {
      return sqlite3_bind_blob64(s, at, b.bytes.data() == nullptr ? "" : b.bytes.data(),
                                 b.bytes.size(), SQLITE_STATIC);
    }
  };
  return std::visit(Binder{statement, position}, value);
}

/// SQLite itself knows only ENOSPC as a full disk, not a quota or a limit on the size of files.
bool is_no_room(int error) noexcept { return error == EFBIG || error == EDQUOT || error == ENOSPC; }

/// Whether a failed write failed for want of room. A flush never does, as far as we know.
bool lacks_room(sqlite3* db, int code) noexcept {
  if (code == SQLITE_IOERR_SHMSIZE) return true;
  if (code != SQLITE_IOERR_WRITE && code != SQLITE_IOERR_TRUNCATE) return false;
  for (const int which : {SQLITE_FCNTL_FILE_POINTER, SQLITE_FCNTL_JOURNAL_POINTER}) {
    sqlite3_file* file = nullptr;
    sqlite3_file_control(db, "main", which, &file);
    int error = 0;
    if (file == nullptr || file->pMethods == nullptr) continue;
    file->pMethods->xFileControl(file, SQLITE_FCNTL_LAST_ERRNO, &error);
    if (is_no_room(error)) return true;
  }
  return false;
}

}  // namespace

Connection::Connection(sqlite3* db) : db_(db) {}

Connection::~Connection() {
  statements_.clear();
  sqlite3_close_v2(db_);
}

Result<std::unique_ptr<Connection>> Connection::open(const Settings& settings) {
  // Without statistics that nobody reads, an allocation takes no lock that all connections share.
  static const int configured = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
  (void)configured;
  sqlite3* db = nullptr;
  const int flags =
      SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | (settings.writer ? SQLITE_OPEN_CREATE : 0);
  const int code = sqlite3_open_v2(settings.path.c_str(), &db, flags,
                                   settings.vfs.empty() ? nullptr : settings.vfs.c_str());
  std::unique_ptr<Connection> connection(new Connection(db));
  if (code != SQLITE_OK) return std::unexpected(connection->error(code, "open " + settings.path));
  sqlite3_extended_result_codes(db, 1);
  sqlite3_busy_timeout(db, 5000);
  TM_CHECK(connection->script(fmt::format(
      "PRAGMA page_size=4096; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
      "PRAGMA wal_autocheckpoint=0; PRAGMA foreign_keys=ON; PRAGMA secure_delete=OFF;"
      "PRAGMA mmap_size=0; PRAGMA temp_store=MEMORY; PRAGMA cache_size=-{}; PRAGMA query_only={};",
      settings.cache_kib, settings.writer ? "OFF" : "ON")));
  if (settings.writer) {
    sqlite3_wal_hook(
        db,
        [](void* self, sqlite3*, const char*, int pages) {
          static_cast<Connection*>(self)->wal_pages_ = pages;
          return SQLITE_OK;
        },
        connection.get());
  }
  return connection;
}

Error Connection::error(int code, std::string_view sql) const {
  const auto message = fmt::format("SQLite: {} ({}) in: {}", sqlite3_errmsg(db_), code, sql);
  switch (code & 0xff) {
    case SQLITE_CONSTRAINT:
      if (code == SQLITE_CONSTRAINT_UNIQUE || code == SQLITE_CONSTRAINT_PRIMARYKEY) {
        return {.code = Errc::already_exists, .message = message};
      }
      return {.code = Errc::internal, .message = message};
    case SQLITE_FULL: return {.code = Errc::storage_full, .message = message};
    case SQLITE_IOERR:
      return {.code = lacks_room(db_, code) ? Errc::storage_full : Errc::corrupt,
              .message = message};
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB: return {.code = Errc::corrupt, .message = message};
    default: return {.code = Errc::internal, .message = message};
  }
}

Result<std::unique_ptr<Connection::Statement>> Connection::prepare(std::string_view sql) {
  auto statement = std::make_unique<Statement>();
  const int code = sqlite3_prepare_v3(db_, sql.data(), int(sql.size()), SQLITE_PREPARE_PERSISTENT,
                                      &statement->handle, nullptr);
  if (code != SQLITE_OK) return std::unexpected(error(code, sql));
  // SQLite numbers $names by first appearance; ours are positions.
  const int count = sqlite3_bind_parameter_count(statement->handle);
  for (int i = 1; i <= count; ++i) {
    const std::string_view name = sqlite3_bind_parameter_name(statement->handle, i);
    std::size_t number = 0;
    std::from_chars(name.data() + 1, name.data() + name.size(), number);
    TM_ASSERT(number >= 1 && number <= 99);
    if (statement->positions.size() < number) statement->positions.resize(number);
    statement->positions[number - 1] = i;
  }
  return statement;
}

Result<Connection::Statement*> Connection::prepared(std::string_view sql) {
  if (const auto found = statements_.find(sql); found != statements_.end()) {
    return found->second.get();
  }
  TM_TRY(auto statement, prepare(sql));
  return statements_.emplace(std::string(sql), std::move(statement)).first->second.get();
}

Result<std::int64_t> Connection::step_all(Statement& statement, const RowFn* row) {
  const SqliteRow current(statement.handle);
  int code = sqlite3_step(statement.handle);
  while (code == SQLITE_ROW) {
    if (row != nullptr && !(*row)(current)) {
      code = SQLITE_DONE;
      break;
    }
    code = sqlite3_step(statement.handle);
  }
  if (code != SQLITE_DONE) return std::unexpected(error(code, sqlite3_sql(statement.handle)));
  return sqlite3_changes64(db_);
}

Result<std::int64_t> Connection::run(std::string_view sql, std::span<const Value> parameters,
                                     const RowFn* row) {
  TM_TRY(Statement * statement, prepared(sql));
  std::unique_ptr<Statement> nested;
  if (statement->busy) {
    TM_TRY(nested, prepare(sql));
    statement = nested.get();
  }
  TM_ASSERT(statement->positions.size() <= parameters.size());
  for (std::size_t i = 0; i < statement->positions.size(); ++i) {
    if (statement->positions[i] == 0) continue;
    const int code = bind(statement->handle, statement->positions[i], parameters[i]);
    if (code != SQLITE_OK) return std::unexpected(error(code, sql));
  }
  statement->busy = true;
  auto changed = step_all(*statement, row);
  statement->busy = false;
  sqlite3_reset(statement->handle);
  sqlite3_clear_bindings(statement->handle);
  return changed;
}

void Connection::on_commit(std::move_only_function<void()> action) {
  actions_.push_back(std::move(action));
}

Status Connection::script(const std::string& sql) {
  const int code = sqlite3_exec(db_, sql.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return std::unexpected(error(code, sql.substr(0, 200)));
  return {};
}

bool Connection::in_transaction() const noexcept { return sqlite3_get_autocommit(db_) == 0; }

std::vector<std::move_only_function<void()>> Connection::take_actions() {
  return std::exchange(actions_, {});
}

void Connection::drop_actions_after(std::size_t count) {
  TM_ASSERT(count <= actions_.size());
  actions_.erase(actions_.begin() + std::ptrdiff_t(count), actions_.end());
}

Status Connection::checkpoint() {
  int in_log = 0, done = 0;
  const int code =
      sqlite3_wal_checkpoint_v2(db_, nullptr, SQLITE_CHECKPOINT_PASSIVE, &in_log, &done);
  if (code != SQLITE_OK && code != SQLITE_BUSY) return std::unexpected(error(code, "checkpoint"));
  // With all of it copied, the next write begins the log anew, over blocks already written.
  wal_pages_ = in_log - done;
  return {};
}

void Connection::release_memory() noexcept { sqlite3_db_release_memory(db_); }

}  // namespace tidemill::store
