/// Questions about patterns, one JSON object a line, as `tidemill rules test --jsonl` answers them.
#pragma once

#include <iosfwd>

#include "pattern/pattern.h"

namespace tidemill::pattern {

/// Reads {"id","pattern","event"} and answers {"id","match":true|false}, or
/// {"id","error","message"} with error InvalidEventPatternException or InvalidEvent; reads
/// {"id","rules":[..],"events":[..], "drop":[index..]} and answers {"id","match":[[rule index..]
/// per event],"after":[[..] per event]}, all rules in one matcher, "after" without the dropped
/// ones. Patterns and events are strings that hold JSON. Returns 0; or 2 after the first line that
/// is no question, with a word on it.
int run_jsonl(std::istream& in, std::ostream& out, Options options);

}  // namespace tidemill::pattern
