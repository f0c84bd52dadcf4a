#include "glue/workflow/graph.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tidemill::glue {
namespace {

JobTrigger trigger(std::string name, std::string_view definition, std::string type = "ON_DEMAND") {
  return {.scope = {"000000000000", "us-east-1"},
          .name = std::move(name),
          .workflow = "w",
          .type = std::move(type),
          .state = "ACTIVATED",
          .definition = json::parse_object(definition).value(),
          .created = {}};
}

/// start → load; load SUCCEEDED → check, report; check SUCCEEDED → publish.
std::vector<JobTrigger> nightly() {
  return {trigger("start", R"({"Actions": [{"JobName": "load"}]})"),
          trigger("loaded",
                  R"({"Actions": [{"JobName": "check"}, {"JobName": "report"}],
                      "Predicate": {"Conditions": [{"JobName": "load", "State": "SUCCEEDED"}]}})",
                  "CONDITIONAL"),
          trigger("checked",
                  R"({"Actions": [{"JobName": "publish"}],
                      "Predicate": {"Conditions": [{"JobName": "check", "State": "SUCCEEDED"}]}})",
                  "CONDITIONAL")};
}

TEST(Graph, HasANodeForEachTriggerAndJobAndTheEdgesBetween) {
  const auto graph = graph_of("arn:w", nightly());
  std::map<std::string, std::string> names;
  for (const auto& node : graph.nodes) names[node.id] = node.name;
  EXPECT_EQ(graph.nodes.size(), 7u);
  EXPECT_EQ(names.size(), 7u) << "ids are unique";
  std::vector<std::string> edges;
  for (const auto& [from, to] : graph.edges) edges.push_back(names[from] + ">" + names[to]);
  EXPECT_THAT(edges,
              testing::UnorderedElementsAre("start>load", "load>loaded", "loaded>check",
                                            "loaded>report", "check>checked", "checked>publish"));
}

TEST(Graph, KeepsItsIds) {
  EXPECT_EQ(graph_of("arn:w", nightly()).nodes[0].id, graph_of("arn:w", nightly()).nodes[0].id);
  EXPECT_NE(graph_of("arn:w", nightly()).nodes[0].id, graph_of("arn:v", nightly()).nodes[0].id);
}

TEST(Graph, FollowsWhatIsDownstream) {
  const auto down = downstream_of(nightly(), {"check"});
  EXPECT_THAT(down.jobs, testing::ElementsAre("check", "publish"));
  EXPECT_THAT(down.triggers, testing::ElementsAre("checked"));
}

TEST(Graph, EndsInACircle) {
  auto circle = nightly();
  circle.push_back(trigger("again",
                           R"({"Actions": [{"JobName": "load"}],
                               "Predicate": {"Conditions": [{"JobName": "publish",
                                                             "State": "FAILED"}]}})",
                           "CONDITIONAL"));
  EXPECT_EQ(downstream_of(circle, {"check"}).jobs.size(), 4u);
}

TEST(Graph, CountsActionsByTheirStates) {
  const std::vector<Action> actions = {{{"wr_1", "start", "action-1"}, "load", "jr_1", "SUCCEEDED"},
                                       {{"wr_1", "loaded", "action-1"}, "check", "jr_2", "RUNNING"},
                                       {{"wr_1", "loaded", "action-2"}, "report", "", "WAITING"}};
  const auto counts = statistics_of(nightly(), actions);
  EXPECT_EQ(counts.at("TotalActions"), 4);
  EXPECT_EQ(counts.at("SucceededActions"), 1);
  EXPECT_EQ(counts.at("RunningActions"), 1);
  EXPECT_EQ(counts.at("WaitingActions"), 1);
  EXPECT_EQ(counts.at("FailedActions"), 0);
}

}  // namespace
}  // namespace tidemill::glue
