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
#include "io/loops.h"

namespace tidemill::http {

/// Whom we trust: the system's certificates, and those of a file. Thread-safe.
class TlsTrust {
 public:
  /// Fails with invalid_argument if `ca_file` isn't empty and can't be read. `pool` outlives it.
  [[nodiscard]] static Result<std::unique_ptr<TlsTrust>> make(const std::string& ca_file,
                                                              io::Pool& pool);
  ~TlsTrust();
  TlsTrust(const TlsTrust&) = delete;
  TlsTrust& operator=(const TlsTrust&) = delete;

 private:
  friend class Outgoing;
  struct State;
  explicit TlsTrust(std::unique_ptr<State> state);
  /// Before a handshake. The system's certificates are read with the first one, on the pool: that
  /// takes as long as the rest of a start.
  Task<Status> load();
  std::unique_ptr<State> state_;
};

using SteadyTime = std::chrono::steady_clock::time_point;

class Outgoing {
 public:
  struct Parts {
    Resolver& resolver;
    TlsTrust* trust;  ///< For https.
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
