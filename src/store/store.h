/// Transactions with group commit. A write is a closure that runs on the one commit thread; the
/// caller is resumed only after the commit that holds it is on disk (fsync). Reads run on a few
/// reader threads, each with a consistent snapshot that holds every write acknowledged before.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <variant>
#include <vector>

#include "base/error.h"
#include "base/time.h"
#include "io/task.h"

namespace tidemill::store {

/// Bytes as opposed to text: a BLOB parameter or column. Object keys are blobs (memcmp order).
struct Blob {
  std::string_view bytes;
};

/// A parameter of a statement. Texts and blobs must outlive the call that takes them.
using Value = std::variant<std::monostate, std::int64_t, double, std::string_view, Blob>;

inline Value to_value(std::nullopt_t) { return {}; }
inline Value to_value(Blob b) { return b; }
inline Value to_value(double d) { return d; }
inline Value to_value(TimeMs t) { return t.ms; }
template <std::integral I>
Value to_value(I i) {
  return static_cast<std::int64_t>(i);
}
inline Value to_value(std::string_view s) { return s; }
inline Value to_value(const std::string& s) { return std::string_view(s); }
inline Value to_value(const char* s) { return std::string_view(s); }
template <class T>
Value to_value(const std::optional<T>& o) {
  return o ? to_value(*o) : Value{};
}

/// The current row of a query; views are valid until the row function returns.
class Row {
 public:
  virtual ~Row() = default;
  [[nodiscard]] virtual bool null(int column) const = 0;
  [[nodiscard]] virtual std::int64_t integer(int column) const = 0;
  [[nodiscard]] virtual double real(int column) const = 0;
  /// Text or blob, as its bytes; "" for NULL.
  [[nodiscard]] virtual std::string_view bytes(int column) const = 0;

  [[nodiscard]] std::string text(int column) const { return std::string(bytes(column)); }
  [[nodiscard]] std::optional<std::string> maybe_text(int column) const {
    return null(column) ? std::nullopt : std::optional(text(column));
  }
  [[nodiscard]] std::optional<std::int64_t> maybe_integer(int column) const {
    return null(column) ? std::nullopt : std::optional(integer(column));
  }
  [[nodiscard]] std::optional<TimeMs> maybe_time(int column) const {
    return null(column) ? std::nullopt : std::optional(TimeMs{integer(column)});
  }
};

/// Called for each row; false ends the query early.
using RowFn = std::function<bool(const Row&)>;

/// An open transaction. Lives on one thread, for the length of the closure that was given it.
/// Statements use $1, $2, … and the SQL that SQLite and PostgreSQL share; each text is prepared
/// once per connection, so pass literals.
class Tx {
 public:
  virtual ~Tx() = default;

  /// Runs `sql`, calling `row` (if any) for each result row. Gives the number of rows changed.
  /// Fails with already_exists where a UNIQUE or primary key refuses, with internal for bad SQL,
  /// with storage_full or corrupt for what the disk does.
  virtual Result<std::int64_t> run(std::string_view sql, std::span<const Value> parameters,
                                   const RowFn* row) = 0;

  /// Called on the commit thread once this transaction is on disk, before its caller is resumed;
  /// never if it fails. For hand-over and snapshots; must not block. Ignored in a read.
  virtual void on_commit(std::move_only_function<void()> action) = 0;

  /// Rows changed.
  template <class... A>
  Result<std::int64_t> exec(std::string_view sql, const A&... parameters) {
    const std::array<Value, sizeof...(A)> values{to_value(parameters)...};
    return run(sql, values, nullptr);
  }
  /// Calls `row` for each row until it gives false.
  template <class... A>
  Status each(std::string_view sql, const RowFn& row, const A&... parameters) {
    const std::array<Value, sizeof...(A)> values{to_value(parameters)...};
    TM_TRY([[maybe_unused]] const auto changed, run(sql, values, &row));
    return {};
  }
  /// The first row as read by `read(const Row&)`, or nullopt.
  template <class Read, class... A>
  auto one(std::string_view sql, Read&& read, const A&... parameters)
      -> Result<std::optional<std::invoke_result_t<Read, const Row&>>> {
    std::optional<std::invoke_result_t<Read, const Row&>> found;
    const RowFn row = [&](const Row& r) {
      found.emplace(read(r));
      return false;
    };
    TM_CHECK(each(sql, row, parameters...));
    return found;
  }
  /// Every row as read by `read(const Row&)`.
  template <class Read, class... A>
  auto all(std::string_view sql, Read&& read, const A&... parameters)
      -> Result<std::vector<std::invoke_result_t<Read, const Row&>>> {
    std::vector<std::invoke_result_t<Read, const Row&>> rows;
    const RowFn row = [&](const Row& r) {
      rows.push_back(read(r));
      return true;
    };
    TM_CHECK(each(sql, row, parameters...));
    return rows;
  }
  /// Two columns of text: the second by the first.
  template <class... A>
  Result<std::map<std::string, std::string>> texts(std::string_view sql, const A&... parameters) {
    std::map<std::string, std::string> texts;
    const RowFn row = [&](const Row& r) {
      texts[r.text(0)] = r.text(1);
      return true;
    };
    TM_CHECK(each(sql, row, parameters...));
    return texts;
  }
};

/// One step of a component's schema; steps of a component are numbered from 1 and never change.
struct Migration {
  std::string_view component;  ///< "s3", "events", …: one series each.
  int version;
  std::string_view sql;
};

class Store {
 public:
  virtual ~Store() = default;

  /// Runs `change` in the next group commit. What it gives comes back after the fsync; if it fails,
  /// only its own changes are undone. Fails with throttled when the queue is full or the wait too
  /// long (then it wasn't done), and with unavailable after a failed commit (then the store takes
  /// no more writes).
  template <class F, class R = std::invoke_result_t<F, Tx&>>
  Task<R> write(F change) {
    std::optional<R> answer;
    Closure closure = [&answer, &change](Tx& tx) -> Status {
      answer.emplace(change(tx));
      return *answer ? Status() : Status(std::unexpected(answer->error()));
    };
    const Status done = co_await submit(closure);
    if (!done) co_return std::unexpected(done.error());
    co_return *std::move(answer);
  }

  /// Runs `query` on a reader thread.
  template <class F, class R = std::invoke_result_t<F, Tx&>>
  Task<R> read(F query) {
    std::optional<R> answer;
    Closure closure = [&answer, &query](Tx& tx) -> Status {
      answer.emplace(query(tx));
      return {};
    };
    const Status done = co_await submit_read(closure);
    if (!done) co_return std::unexpected(done.error());
    co_return *std::move(answer);
  }

  /// As write, from a thread that has no event loop or doesn't wait: `done` runs on the commit
  /// thread after the commit (or the failure); here and at once where the queue is full.
  virtual void post(std::move_only_function<Status(Tx&)> change,
                    std::move_only_function<void(Status)> done) = 0;

  /// As write, but blocks the calling thread. For start-up, commands and tests.
  template <class F, class R = std::invoke_result_t<F, Tx&>>
  R write_now(F change) {
    std::optional<R> answer;
    Closure closure = [&answer, &change](Tx& tx) -> Status {
      answer.emplace(change(tx));
      return *answer ? Status() : Status(std::unexpected(answer->error()));
    };
    const Status done = submit_now(closure);
    if (!done) return std::unexpected(done.error());
    return *std::move(answer);
  }

  enum class Line : std::uint8_t { writes, reads };
  /// Whether too many wait there for another one to be taken. Any thread.
  [[nodiscard]] virtual bool is_full(Line /*line*/) const noexcept { return false; }

  /// PRAGMA integrity_check or its like: findings, empty if all is well.
  virtual Task<Result<std::vector<std::string>>> check() = 0;

 protected:
  using Closure = std::function<Status(Tx&)>;
  virtual Task<Status> submit(Closure& closure) = 0;
  virtual Task<Status> submit_read(Closure& closure) = 0;
  virtual Status submit_now(Closure& closure) = 0;
};

}  // namespace tidemill::store
