#include "glue/workflow/graph.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/digest.h"

namespace tidemill::glue {
namespace {

/// The jobs whose ends the trigger watches.
std::vector<std::string> watched_by(const JobTrigger& trigger) {
  std::vector<std::string> jobs;
  if (trigger.is_start()) return jobs;
  const auto predicate = trigger.predicate();
  if (!predicate) return jobs;
  for (const auto& condition : predicate->conditions) jobs.push_back(condition.job);
  return jobs;
}

class GraphWriter {
 public:
  explicit GraphWriter(std::string_view workflow_arn) : arn_(workflow_arn) {}

  std::string node(bool is_trigger, const std::string& name) {
    const auto known = std::ranges::find_if(graph.nodes, [&](const Node& node) {
      return node.is_trigger == is_trigger && node.name == name;
    });
    if (known != graph.nodes.end()) return known->id;
    const auto* kind = is_trigger ? "trigger" : "job";
    auto id = "wnode_" + sha256_hex(fmt::format("{}/{}/{}", arn_, kind, name));
    graph.nodes.push_back({is_trigger, name, id});
    return id;
  }

  void edge(std::string from, std::string to) {
    std::pair edge{std::move(from), std::move(to)};
    if (std::ranges::find(graph.edges, edge) == graph.edges.end()) {
      graph.edges.push_back(std::move(edge));
    }
  }

  Graph graph;

 private:
  const std::string arn_;
};

std::string_view statistic_of(std::string_view state) {
  if (state == "SUCCEEDED") return "SucceededActions";
  if (state == "STOPPED") return "StoppedActions";
  if (state == "TIMEOUT") return "TimeoutActions";
  if (state == "ERROR") return "ErroredActions";
  if (state == "WAITING") return "WaitingActions";
  return state == "RUNNING" ? "RunningActions" : "FailedActions";
}

}  // namespace

Graph graph_of(std::string_view workflow_arn, std::span<const JobTrigger> triggers) {
  GraphWriter writer(workflow_arn);
  for (const auto& trigger : triggers) {
    const auto id = writer.node(true, trigger.name);
    for (const auto& job : watched_by(trigger)) writer.edge(writer.node(false, job), id);
    for (const auto& job : trigger.jobs()) writer.edge(id, writer.node(false, job));
  }
  return std::move(writer.graph);
}

Downstream downstream_of(std::span<const JobTrigger> triggers, std::set<std::string> jobs) {
  Downstream down{.jobs = std::move(jobs), .triggers = {}};
  for (bool grows = true; grows;) {
    grows = false;
    for (const auto& trigger : triggers) {
      const auto watched = watched_by(trigger);
      const bool follows =
          std::ranges::any_of(watched, [&](const auto& job) { return down.jobs.contains(job); });
      if (!follows || !down.triggers.insert(trigger.name).second) continue;
      for (auto& job : trigger.jobs()) down.jobs.insert(std::move(job));
      grows = true;
    }
  }
  return down;
}

std::map<std::string, std::int64_t> statistics_of(std::span<const JobTrigger> triggers,
                                                  std::span<const Action> actions) {
  std::map<std::string, std::int64_t> counts;
  for (const auto* name :
       {"TotalActions", "TimeoutActions", "FailedActions", "StoppedActions", "SucceededActions",
        "RunningActions", "ErroredActions", "WaitingActions"}) {
    counts[name] = 0;
  }
  for (const auto& trigger : triggers) {
    counts["TotalActions"] += std::int64_t(trigger.actions().size());
  }
  for (const auto& action : actions) ++counts[std::string(statistic_of(action.state))];
  return counts;
}

}  // namespace tidemill::glue
