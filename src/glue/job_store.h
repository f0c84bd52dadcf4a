/// Job definitions as the store keeps them. Functions take the open transaction.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "glue/job.h"
#include "store/store.h"

namespace tidemill::glue {

[[nodiscard]] Result<std::optional<Job>> find_job(store::Tx& tx, const Scope& scope,
                                                  std::string_view name);
/// As find_job, or EntityNotFoundException.
[[nodiscard]] Result<Job> require_job(store::Tx& tx, const Scope& scope, std::string_view name);
/// In the order of their names: at most `count` of those behind `after`.
[[nodiscard]] Result<std::vector<Job>> list_jobs(store::Tx& tx, const Scope& scope,
                                                 std::string_view after, int count);
/// It begins with the open runs of one of that name that was deleted. Fails with
/// AlreadyExistsException.
[[nodiscard]] Status add_job(store::Tx& tx, const Job& job);
/// Replaces the whole definition.
[[nodiscard]] Status update_job(store::Tx& tx, const Job& job);
/// Without a word where there is none.
[[nodiscard]] Status remove_job(store::Tx& tx, const Scope& scope, std::string_view name);

/// How many runs of the job aren't final, and under which of its revisions.
struct Occupancy {
  std::string revision;
  std::int64_t active = 0;
};
[[nodiscard]] Result<std::optional<Occupancy>> occupancy_of(store::Tx& tx, const Scope& scope,
                                                            std::string_view name);

}  // namespace tidemill::glue
