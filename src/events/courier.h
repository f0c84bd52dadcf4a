/// Takes deliveries to API destinations: each at the destination's own rate, a bounded number at a
/// time, and tells the hub what came of it. What it holds in memory is a row of the store as well
/// (pending, without a due time), so that after a crash it is taken again.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "events/hub.h"
#include "events/invocation.h"
#include "events/oauth.h"
#include "events/room.h"
#include "io/loops.h"

namespace tidemill::events {

class Courier {
 public:
  /// What it works with; all outlive it.
  struct Parts {
    io::Loops& loops;
    store::Store& store;
    Hub& hub;
    http::Client& client;
    const Clock& clock;
  };
  explicit Courier(const Parts& parts, Room::Limits limits = {});
  ~Courier();
  Courier(const Courier&) = delete;
  Courier& operator=(const Courier&) = delete;

  /// A place for a delivery of `bytes` to `destination`; nullptr where there is none now: the hub
  /// is told when there is (Hub::target_free). Any thread.
  [[nodiscard]] std::unique_ptr<Room::Slot> reserve(const std::string& destination,
                                                    std::size_t bytes);
  /// After the commit that wrote the delivery. Any thread.
  void hand_over(Parcel parcel, std::unique_ptr<Room::Slot> slot);

  /// Takes nothing more to anyone, and waits for what is on its way, for `grace` at most; the rest
  /// is taken after the next start. Blocks.
  void close(std::chrono::milliseconds grace);

 private:
  struct Load;
  struct Lane;
  struct Office;

  void accept(Office& office, std::shared_ptr<Load> load);
  Task<void> work_off(Office& office, Lane& lane);
  Task<void> carry(Office& office, Lane& lane, std::shared_ptr<Load> load);
  Task<Outcome> invoke(Office& office, const Parcel& parcel);
  Task<Result<std::string>> authorization(Office& office, const Connection& connection);
  Task<Result<Token>> fetch_token(const Connection& connection);
  Task<void> settle(std::int64_t delivery, const Outcome& outcome);
  Task<void> free_later(std::string destination);
  void free(const std::string& destination);
  void departed();
  void returned();

  io::Loops& loops_;
  store::Store& store_;
  Hub& hub_;
  http::Client& client_;
  const Clock& clock_;
  const std::shared_ptr<Room> room_;
  std::vector<std::unique_ptr<Office>> offices_;  // One a loop, and used only there.

  std::mutex mutex_;
  std::condition_variable all_returned_;
  int on_their_way_ = 0;
  std::atomic<bool> closing_ = false;
};

/// API destinations as the targets of rules: arn:aws:events:REGION:ACCOUNT:api-destination/NAME/ID.
/// Commit thread. Both parts outlive it.
class ApiDestinationTarget final : public Target {
 public:
  ApiDestinationTarget(Courier& courier, const Sealer& sealer)
      : courier_(courier), sealer_(sealer) {}

  [[nodiscard]] bool takes(const Arn& arn) const override {
    return arn.service == "events" && arn.resource.starts_with("api-destination/");
  }
  [[nodiscard]] std::string_view action() const override { return "events:InvokeApiDestination"; }
  [[nodiscard]] bool needs_role() const override { return true; }
  /// Hands it over to the courier after the commit (Outcome::Kind::sent), if it has room.
  Result<Outcome> apply(store::Tx& tx, const Delivery& delivery) override;

 private:
  Courier& courier_;
  const Sealer& sealer_;
};

}  // namespace tidemill::events
