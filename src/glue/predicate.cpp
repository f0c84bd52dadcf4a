#include "glue/predicate.h"

#include <algorithm>

#include <fmt/format.h>

#include "glue/refusal.h"

namespace tidemill::glue {
namespace {

bool may_be_watched(RunState state) {
  return state == RunState::succeeded || state == RunState::stopped || state == RunState::failed ||
         state == RunState::timeout;
}

Result<Condition> parse_condition(const json::value& value, std::size_t number) {
  const auto* object = value.if_object();
  if (object == nullptr) return invalid_input("Every condition of a predicate must be an object.");
  if (object->contains("CrawlerName") || object->contains("CrawlState")) {
    return invalid_input(
        fmt::format("Condition {} watches a crawler; there are no crawlers here. Name a job: "
                    "JobName and State.",
                    number));
  }
  const auto state = parse_run_state(json::text_or_empty(*object, "State"));
  if (!state || !may_be_watched(*state)) {
    return invalid_input(
        fmt::format("Condition {} needs a State that can be watched: SUCCEEDED, STOPPED, FAILED "
                    "or TIMEOUT.",
                    number));
  }
  Condition condition{std::string(json::text_or_empty(*object, "JobName")), *state};
  if (!condition.job.empty()) return condition;
  return invalid_input(fmt::format("Condition {} must name a job: JobName.", number));
}

}  // namespace

bool Predicate::watches(std::string_view job) const {
  return std::ranges::find(conditions, job, &Condition::job) != conditions.end();
}

Result<Predicate> parse_predicate(const json::object& object) {
  Predicate predicate;
  const auto logical = json::text_or_empty(object, "Logical");
  predicate.any = logical == "ANY";
  const auto* conditions = object.if_contains("Conditions");
  if (conditions != nullptr && conditions->is_array()) {
    for (const auto& value : conditions->get_array()) {
      TM_TRY(auto condition, parse_condition(value, predicate.conditions.size() + 1));
      predicate.conditions.push_back(std::move(condition));
    }
  }
  if (predicate.conditions.empty()) {
    return invalid_input("A trigger of type CONDITIONAL needs a Predicate with Conditions.");
  }
  if (predicate.conditions.size() > 1 && logical.empty()) {
    return invalid_input("A predicate of several conditions needs Logical: AND or ANY.");
  }
  return predicate;
}

std::optional<std::vector<Ending>> satisfied(const Predicate& predicate,
                                             std::span<const Ending> endings) {
  std::vector<Ending> by;
  for (const auto& condition : predicate.conditions) {
    const auto found = std::ranges::find_if(endings, [&](const Ending& ending) {
      return ending.job == condition.job && ending.state == condition.state;
    });
    if (found != endings.end()) {
      by.push_back(*found);
    } else if (!predicate.any) {
      return std::nullopt;
    }
  }
  if (by.empty()) return std::nullopt;
  return by;
}

}  // namespace tidemill::glue
