/// When a batch of files closes. Pure: (plan, state, event, now) -> (state', end, next look).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/time.h"
#include "events/batch_plan.h"

namespace tidemill::events {

/// Why a batch closed.
enum class BatchEnd : std::uint8_t {
  marker,    ///< The marker came.
  manifest,  ///< All that a manifest lists is there.
  count,     ///< As many files as asked for.
  full,      ///< `batch_members_max`.
  window,    ///< So long after its first file.
  quiet,     ///< So long after its last file.
  asked,     ///< Somebody closed it by hand.
  crowded,   ///< `batches_open_max`: a newer batch needed its place.
};
[[nodiscard]] std::string_view text(BatchEnd end) noexcept;

struct BatchState {
  TimeMs opened, last;  ///< When its first and its last member came.
  int files = 0;        ///< Distinct ones; markers and manifests aren't.
  int members = 0;      ///< Deliveries, also of files that came again.
  bool is_marked = false;
  std::optional<int> missing;  ///< Of what manifests list; nullopt: none was read.
};

struct BatchEvent {
  enum class Kind : std::uint8_t {
    file,
    file_again,  ///< One that the batch has already: the newer content counts.
    marker,
    manifest,  ///< It has come and isn't read yet.
    list,      ///< A manifest was read.
    time,
  };
  Kind kind = Kind::time;
  bool is_listed = false;  ///< For file: a manifest was waiting for it.
  int missing = 0;         ///< For list: how many files manifests wait for now.
};

struct BatchStep {
  BatchState state;
  std::optional<BatchEnd> end;
  std::optional<TimeMs> due;  ///< Without an end: when time ends it, if time does.
};

[[nodiscard]] BatchStep advance(const BatchPlan& plan, BatchState state, const BatchEvent& event,
                                TimeMs now);

}  // namespace tidemill::events
