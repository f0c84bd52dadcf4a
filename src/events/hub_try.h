/// What one try of a delivery came to, and more that is internal to the Hub's own files.
#pragma once

#include <optional>
#include <string>

#include "events/hub.h"

namespace tidemill::events {

/// What a try came to and what the row is to say.
struct Hub::Try {
  Outcome outcome;
  std::string state = "done";  ///< done, pending, failed, skipped, batched
  int tries = 1;
  std::optional<TimeMs> due;
  TimeMs now;
  Exhausted exhausted = Exhausted::not_retried;  ///< Where it failed.
  std::string dead_letter;  ///< "sent", or why not; empty where there is none to send.
};

/// Whether the event is of a marker or a manifest of the rule's batches.
[[nodiscard]] bool is_marking(const CompiledRule& rule, const Event& event);

/// What a column holds: NULL rather than an empty text.
inline std::optional<std::string_view> maybe(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional<std::string_view>(text);
}

}  // namespace tidemill::events
