/// Workflows as the store keeps them: a name that triggers belong to, and what its runs begin with.
/// Functions take the open transaction. (AWS: "Workflows API".)
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/arn.h"
#include "base/json.h"
#include "base/time.h"
#include "glue/arguments.h"
#include "store/store.h"

namespace tidemill::glue {

struct Workflow {
  std::int64_t id = 0;
  Scope scope;
  std::string name;
  json::object definition;  ///< Description, DefaultRunProperties, MaxConcurrentRuns.
  TimeMs created, modified;

  [[nodiscard]] std::string arn() const;
  /// DefaultRunProperties.
  [[nodiscard]] Arguments properties() const;
  /// MaxConcurrentRuns; nullopt: without a bound.
  [[nodiscard]] std::optional<std::int64_t> concurrent_max() const;
};

/// arn:aws:glue:REGION:ACCOUNT:workflow/NAME.
[[nodiscard]] std::string workflow_arn(const Scope& scope, std::string_view name);

[[nodiscard]] Result<std::optional<Workflow>> find_workflow(store::Tx& tx, const Scope& scope,
                                                            std::string_view name);
[[nodiscard]] Result<std::optional<Workflow>> find_workflow(store::Tx& tx, std::int64_t id);
/// As find_workflow, or EntityNotFoundException.
[[nodiscard]] Result<Workflow> require_workflow(store::Tx& tx, const Scope& scope,
                                                std::string_view name);
/// In the order of their names: at most `count` of those behind `after`.
[[nodiscard]] Result<std::vector<Workflow>> list_workflows(store::Tx& tx, const Scope& scope,
                                                           std::string_view after, int count);
/// Fails with AlreadyExistsException.
[[nodiscard]] Status add_workflow(store::Tx& tx, const Workflow& workflow);
/// Replaces the whole definition.
[[nodiscard]] Status update_workflow(store::Tx& tx, const Workflow& workflow);
/// Its tags and the events that wait for it go too; its triggers are the caller's, its runs stay.
[[nodiscard]] Status remove_workflow(store::Tx& tx, const Workflow& workflow);

}  // namespace tidemill::glue
