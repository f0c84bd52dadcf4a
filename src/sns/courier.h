/// Delivers to endpoints outside what topics left for them (outbox.h): some at a time, few to one
/// endpoint, and again when their policy says. Sleeps until something is due, at first until
/// wake(). Made by the server; on loop 0.
///
/// A row goes in the transaction that says its delivery has ended; so a crash may deliver twice,
/// under the same message id, and loses nothing.
#pragma once

#include <memory>

#include "io/alarm.h"
#include "io/loops.h"
#include "sns/topics.h"

namespace tidemill::sns {

class Courier {
 public:
  static constexpr std::size_t flying_max = 64, per_endpoint_max = 8;

  /// All outlive it.
  struct Parts {
    io::Loops& loops;
    store::Store& store;
    Topics& topics;
    PostOffice& office;
    const Clock& clock;
  };
  explicit Courier(const Parts& parts);
  ~Courier();
  Courier(const Courier&) = delete;
  Courier& operator=(const Courier&) = delete;

  /// Something is due at `at`. Any thread.
  void due(TimeMs at) { alarm_.set(at); }
  /// Looks whether something is due. Any thread.
  void wake();

 private:
  struct State;
  std::shared_ptr<State> state_;
  io::Alarm alarm_;
};

/// The request that a delivery to an HTTP endpoint is. Pure.
[[nodiscard]] Post post_of(const Outgoing& delivery);

}  // namespace tidemill::sns
