/// Whether a request is let in: not while too many wait, and on a full disk only what makes room.
/// Owned by the program; any thread.
#pragma once

#include <functional>
#include <string_view>

#include "server/reserve.h"
#include "store/store.h"
#include "wire/router.h"

namespace tidemill::server {

/// What an operation does to the room on the disk.
enum class Effect : std::uint8_t { reads, frees, grows };
/// By its name, as AWS names operations.
[[nodiscard]] Effect effect_of(std::string_view operation) noexcept;

class RequestAdmission final : public wire::Admission {
 public:
  /// All outlive it.
  struct Parts {
    store::Store& store;
    store::Store& logs_store;
    store::Store& metrics_store;
    Reserve& reserve;
    std::function<void()> on_full;  ///< A request found no room on the disk.
  };
  explicit RequestAdmission(const Parts& parts) : parts_(parts) {}

  [[nodiscard]] Status admit(const wire::Operation& operation) override;
  void refused(const Error& error) override {
    if (error.code == Errc::storage_full) parts_.on_full();
  }

 private:
  [[nodiscard]] const store::Store& store_of(const wire::Operation& operation) const;

  const Parts parts_;
};

}  // namespace tidemill::server
