/// Tries an OAuth connection's credentials once they are new: AUTHORIZING becomes AUTHORIZED with
/// the first token, or DEAUTHORIZED with a StateReason. A restart begins anew.
#pragma once

#include "events/connection.h"
#include "http/client.h"
#include "io/loops.h"

namespace tidemill::events {

class Authorizer {
 public:
  /// All outlive it.
  struct Parts {
    io::Loops& loops;
    store::Store& store;
    http::Client& client;
    const Clock& clock;
    const Sealer& sealer;
  };
  explicit Authorizer(const Parts& parts)
      : loops_(parts.loops),
        store_(parts.store),
        client_(parts.client),
        clock_(parts.clock),
        sealer_(parts.sealer) {}

  /// Begins with `connection`, if it is AUTHORIZING, when `tx` is committed.
  void begin(store::Tx& tx, const Connection& connection);
  /// At start: with all that are AUTHORIZING.
  [[nodiscard]] Status load(store::Tx& tx);

 private:
  Task<void> authorize(Connection connection);
  Status conclude(store::Tx& tx, const Connection& connection, const Status& verdict) const;

  io::Loops& loops_;
  store::Store& store_;
  http::Client& client_;
  const Clock& clock_;
  const Sealer& sealer_;
};

}  // namespace tidemill::events
