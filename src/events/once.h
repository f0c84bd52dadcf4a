/// Once per file: a rule may ask that an object's upload starts its targets once only, by a tag of
/// its own, "tidemill:once". AWS has no such thing: there every write is an event, and an event may
/// come twice. On the commit thread, in the publisher's transaction.
#pragma once

#include <optional>
#include <string>

#include "events/event.h"
#include "store/store.h"

namespace tidemill::events {

enum class Once : std::uint8_t {
  every,    ///< Each event starts the targets: AWS's way, the default.
  version,  ///< Each version of an object once, or each write where the bucket has no versions.
  content,  ///< Each content of a key once, by its ETag.
};
inline constexpr std::string_view once_tag = "tidemill:once";

/// Fails with a ValidationException that names what can be said.
[[nodiscard]] Result<Once> parse_once(std::string_view text);
/// What the rule's tag says; `every` without one.
[[nodiscard]] Result<Once> once_of(store::Tx& tx, std::string_view rule_arn);

/// The delivery that had the file before.
struct Earlier {
  std::int64_t delivery = 0;
  std::string result;  ///< The run that it started; may be empty.
};

/// Notes that `delivery` is the rule's first of the event's file. Gives the earlier one, if the
/// file was there before and its delivery didn't fail; nullopt too for events that are of no file.
[[nodiscard]] Result<std::optional<Earlier>> note_file(store::Tx& tx, std::string_view rule_arn,
                                                       Once once, const Event& event,
                                                       std::int64_t delivery);

}  // namespace tidemill::events
