/// A workflow as a graph: triggers lead to the jobs that they start, jobs to the triggers that
/// watch them. Pure. (AWS: WorkflowGraph, Node and Edge.)
#pragma once

#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "glue/trigger.h"
#include "glue/workflow/actions.h"

namespace tidemill::glue {

struct Node {
  bool is_trigger = false;  ///< Else a job.
  std::string name;
  std::string id;  ///< UniqueId: "wnode_" and 64 hex digits, the same for the life of a workflow.
};

struct Graph {
  std::vector<Node> nodes;                                 ///< Each once.
  std::vector<std::pair<std::string, std::string>> edges;  ///< From node id to node id.
};
[[nodiscard]] Graph graph_of(std::string_view workflow_arn, std::span<const JobTrigger> triggers);

/// What follows from runs of `jobs`: those jobs, the triggers that watch them, what those start, …
struct Downstream {
  std::set<std::string> jobs, triggers;
};
[[nodiscard]] Downstream downstream_of(std::span<const JobTrigger> triggers,
                                       std::set<std::string> jobs);

/// AWS's WorkflowRunStatistics by member: TotalActions is what the graph may come to.
[[nodiscard]] std::map<std::string, std::int64_t> statistics_of(
    std::span<const JobTrigger> triggers, std::span<const Action> actions);

}  // namespace tidemill::glue
