/// The rows of timers. Functions take the open transaction.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "schedule/timers.h"
#include "store/store.h"

namespace tidemill::schedule {

/// Calls `each` for every enabled timer, with the same row object each time; its ARN, which takes a
/// tenth of a million's time, is left empty.
[[nodiscard]] Status each_enabled_timer(store::Tx& tx,
                                        const std::function<void(const TimerRow&)>& each);
/// In the order of their ids. Fails where there are more than `most`.
[[nodiscard]] Result<std::vector<TimerRow>> enabled_timers(store::Tx& tx, std::size_t most);
/// The ARN of what that timer is for; empty where there is no such timer.
[[nodiscard]] Result<std::string> arn_of(store::Tx& tx, TimerId id);
/// The row of that timer, or nullopt.
[[nodiscard]] Result<std::optional<TimerRow>> find_timer(store::Tx& tx, std::string_view arn);
/// As find_timer, or a ResourceNotFoundException.
[[nodiscard]] Result<TimerRow> require_timer(store::Tx& tx, std::string_view arn);
/// Those with instants that wait for a run to end.
[[nodiscard]] Result<std::vector<TimerRow>> buffering_timers(store::Tx& tx);
/// Inserts or replaces by ARN; gives the id.
[[nodiscard]] Result<TimerId> save_timer(store::Tx& tx, const TimerRow& row);

}  // namespace tidemill::schedule
