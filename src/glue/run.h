/// A run's states and the steps between them. Pure: (state, event) -> (state', effects); the store
/// and the processes are moved by those who call it. (AWS: "AWS Glue job run statuses".)
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tidemill::glue {

enum class RunState : std::uint8_t {
  starting,
  running,
  stopping,
  stopped,
  succeeded,
  failed,
  timeout,
  error,
  waiting,
  expired,
};

/// "STARTING", as AWS writes it.
[[nodiscard]] std::string_view text(RunState state) noexcept;
[[nodiscard]] std::optional<RunState> parse_run_state(std::string_view text) noexcept;
/// Nothing follows it.
[[nodiscard]] bool is_final(RunState state) noexcept;

/// How a run came to its end, before its state decides what that means.
struct RunEnd {
  enum class Cause : std::uint8_t { succeeded, failed, timed_out, stopped };
  Cause cause = Cause::succeeded;
  std::string error;  ///< For failed: the last line of the exception, or why it never began.
};

struct RunEvent {
  enum class Kind : std::uint8_t { spawned, stop_asked, ended };
  Kind kind;
  RunEnd end = {};  ///< For ended.
};

/// What the step looks at.
struct RunView {
  RunState state = RunState::starting;
  int attempt = 0;  ///< 0 for the first.
  int retries_max = 0;
};

struct RunStep {
  RunState state;
  bool changed = false;  ///< The state is another than before: write it.
  bool stop = false;     ///< End the process.
  bool retry = false;    ///< A further attempt begins.
  std::string error;     ///< ErrorMessage; empty for none.
};

/// nullopt where `event` can't happen in `view.state` any more (a final state, above all).
[[nodiscard]] std::optional<RunStep> advance(const RunView& view, const RunEvent& event);

/// The id of attempt `attempt` of the run that `id` is the first or a later attempt of.
[[nodiscard]] std::string attempt_id(std::string_view id, int attempt);

/// The message and the severity of "Glue Job State Change" for a final state.
struct StateChange {
  std::string severity, message;
};
[[nodiscard]] std::optional<StateChange> state_change(RunState state, std::string_view error);

}  // namespace tidemill::glue
