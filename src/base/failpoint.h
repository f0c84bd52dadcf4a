/// Named places on the path of an event where a test makes the program crash, fail or wait
/// (docs/reliability.md). Off unless arm() is called, before the first thread; then any thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <span>
#include <string_view>

#include "base/error.h"

namespace tidemill::failpoint {

/// Every name there is; the crash test goes through them, a unit test compares them with the
/// source.
[[nodiscard]] std::span<const std::string_view> names() noexcept;

/// What is to happen at one place.
struct Action {
  enum class Kind : std::uint8_t { crash, error, delay };
  Kind kind = Kind::crash;
  int value = 0;         ///< The errno, or milliseconds.
  std::uint64_t at = 0;  ///< Only at this passing, from 1; 0: at each.
  int percent = 100;     ///< Of the passings that `at` allows.
};

/// "crash@7", "error:EIO@3", "delay:50%10".
[[nodiscard]] Result<Action> parse_action(std::string_view text);

/// Whether `action` is due at passing `passing` of `name`. The same seed gives the same answer,
/// whichever thread comes first.
[[nodiscard]] bool is_due(const Action& action, std::string_view name, std::uint64_t passing,
                          std::uint64_t seed) noexcept;

/// Takes "name=action;name=action;seed=N". Fails with invalid_argument, naming what it can't read.
[[nodiscard]] Status arm(std::string_view text);
/// All off again (tests).
void disarm() noexcept;

namespace detail {
extern std::atomic<bool> is_armed;
int reached(std::string_view name) noexcept;
}  // namespace detail

/// The errno that the place is to fail with; 0: go on.
inline int pass(std::string_view name) noexcept {
  return detail::is_armed.load(std::memory_order_relaxed) ? detail::reached(name) : 0;
}

/// An errno of pass() as a Status.
[[nodiscard]] Status to_status(int error);

}  // namespace tidemill::failpoint

#define TM_FAILPOINT(name) ::tidemill::failpoint::pass(name)
/// Returns (co_returns) the error that the place is to fail with.
#define TM_FAILPOINT_CHECK(name) TM_CHECK(::tidemill::failpoint::to_status(TM_FAILPOINT(name)))
