#include "glue/run.h"

#include <array>

#include <fmt/format.h>

#include "base/error.h"

namespace tidemill::glue {
namespace {

constexpr std::array<std::string_view, 10> names = {"STARTING",  "RUNNING", "STOPPING", "STOPPED",
                                                    "SUCCEEDED", "FAILED",  "TIMEOUT",  "ERROR",
                                                    "WAITING",   "EXPIRED"};

RunStep end_step(const RunView& view, const RunEnd& end) {
  RunStep step{.state = RunState::succeeded, .changed = true};
  if (view.state == RunState::stopping || end.cause == RunEnd::Cause::stopped) {
    step.state = RunState::stopped;
  } else if (end.cause == RunEnd::Cause::timed_out) {
    step.state = RunState::timeout;
    step.error = "Job run timed out";
  } else if (end.cause == RunEnd::Cause::failed) {
    step.state = RunState::failed;
    step.error = end.error;
  }
  const bool may_retry = step.state == RunState::failed || step.state == RunState::timeout;
  step.retry = may_retry && view.attempt < view.retries_max;
  return step;
}

}  // namespace

std::string_view text(RunState state) noexcept {
  const auto index = static_cast<std::size_t>(state);
  TM_ASSERT(index < names.size());
  return names[index];
}

std::optional<RunState> parse_run_state(std::string_view text) noexcept {
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i] == text) return static_cast<RunState>(i);
  }
  return std::nullopt;
}

bool is_final(RunState state) noexcept {
  switch (state) {
    case RunState::starting:
    case RunState::running:
    case RunState::stopping:
    case RunState::waiting: return false;
    case RunState::stopped:
    case RunState::succeeded:
    case RunState::failed:
    case RunState::timeout:
    case RunState::error:
    case RunState::expired: return true;
  }
  return true;
}

std::optional<RunStep> advance(const RunView& view, const RunEvent& event) {
  if (is_final(view.state)) return std::nullopt;
  switch (event.kind) {
    case RunEvent::Kind::spawned:
      if (view.state == RunState::stopping) return RunStep{.state = view.state, .stop = true};
      return RunStep{.state = RunState::running, .changed = view.state != RunState::running};
    case RunEvent::Kind::stop_asked:
      return RunStep{
          .state = RunState::stopping, .changed = view.state != RunState::stopping, .stop = true};
    case RunEvent::Kind::ended: return end_step(view, event.end);
  }
  return std::nullopt;
}

std::string attempt_id(std::string_view id, int attempt) {
  constexpr std::string_view mark = "_attempt_";
  return fmt::format("{}{}{}", id.substr(0, id.find(mark)), mark, attempt);
}

std::optional<StateChange> state_change(RunState state, std::string_view error) {
  switch (state) {
    case RunState::succeeded: return StateChange{"INFO", "Job run succeeded"};
    case RunState::failed: return StateChange{"ERROR", std::string(error)};
    case RunState::timeout: return StateChange{"WARN", "Job run timed out"};
    case RunState::stopped: return StateChange{"INFO", "Job run stopped"};
    default: return std::nullopt;
  }
}

}  // namespace tidemill::glue
