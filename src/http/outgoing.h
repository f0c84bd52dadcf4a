/// A connection to another server, plain or TLS, with one deadline at a time for all that is done
/// with it. Belongs to the loop on which it was opened, and to one exchange at a time.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "http/resolver.h"
#include "http/url.h"
#include "io/task.h"

namespace tidemill::http {

/// Whom we trust; thread-safe once made.
class TlsTrust {
 public:
  /// The system's certificates, and those of `ca_file` unless it is empty. Fails with
  /// invalid_argument if that can't be read.
  [[nodiscard]] static Result<std::unique_ptr<TlsTrust>> make(const std::string& ca_file);
  ~TlsTrust();
  TlsTrust(const TlsTrust&) = delete;
  TlsTrust& operator=(const TlsTrust&) = delete;

 private:
  friend class Outgoing;
  struct State;
  explicit TlsTrust(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

using SteadyTime = std::chrono::steady_clock::time_point;

class Outgoing {
 public:
  struct Parts {
    Resolver& resolver;
    TlsTrust& trust;
  };
  /// Resolves, connects to the first address that answers and, for https, verifies the
  /// certificate against the host's name. Fails as Client::call does.
  static Task<Result<std::unique_ptr<Outgoing>>> open(Parts parts, Url url, SteadyTime deadline);
  ~Outgoing();
  Outgoing(const Outgoing&) = delete;
  Outgoing& operator=(const Outgoing&) = delete;

  /// From now on what is done must have ended by then; what comes later fails with TIMEOUT.
  void set_deadline(SteadyTime deadline);
  Task<Status> write(std::string_view bytes);
  /// 0: the server has said all.
  Task<Result<std::size_t>> read(std::span<char> to);

  /// The connection is put aside: `ended` is called once, when it is of no use any more, because
  /// the server closes it or `time` is over.
  void rest(std::chrono::milliseconds time, std::function<void()> ended);
  /// It is used again; `ended` isn't called any more.
  void resume();
  /// Whether the server still holds it open, as far as one can tell.
  [[nodiscard]] bool is_open() noexcept;

 private:
  struct State;
  explicit Outgoing(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
};

}  // namespace tidemill::http
