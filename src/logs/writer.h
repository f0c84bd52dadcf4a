/// The program's own lines on their way into log groups: what jobs print, what rules decide.
/// append() and ensure_stream() may be called on any thread and never wait; one group commit at a
/// time takes what has come meanwhile. Memory is bounded: what doesn't fit is dropped, counted, and
/// told in the stream itself. Owned by the server; destroyed before the store and the ledger.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "base/arn.h"
#include "base/time.h"
#include "io/task.h"
#include "logs/ledger.h"
#include "store/store.h"

namespace tidemill::logs {

struct WriterOptions {
  std::size_t pending_bytes_max = 8 << 20;    ///< Waiting; as much again may be in the commit.
  std::size_t message_bytes_max = 256 << 10;  ///< A longer line becomes several events.
  std::size_t lines_per_commit = 4096;
};

class Writer {
 public:
  /// `store` is that of logs.db. Store and ledger outlive the writer.
  Writer(store::Store& store, Ledger& ledger, WriterOptions options = {});
  /// What wasn't flushed is still written if the store lives on.
  ~Writer();
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  /// Group and stream are made if they are missing. Malformed UTF-8 is replaced.
  void append(const Scope& scope, std::string_view group, std::string_view stream, TimeMs time,
              std::string_view message);
  /// Group and stream will exist, before the lines that are appended afterwards.
  void ensure_stream(const Scope& scope, std::string_view group, std::string_view stream);

  /// Returns once everything appended before is on disk (or has been given up, with the reason).
  [[nodiscard]] Task<Status> flush();
  /// The same, blocking: for the shutdown and tests; not on an event loop.
  [[nodiscard]] Status flush_now();

  /// Lines that were dropped since the start.
  [[nodiscard]] std::uint64_t dropped() const noexcept;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace tidemill::logs
