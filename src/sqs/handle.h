/// Receipt handles: what a receiver names a message by. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"

namespace tidemill::sqs {

struct Handle {
  std::int64_t queue = 0, box = 0, seq = 0;
  std::int64_t receipt = 0;  ///< Of one receive: another one makes this handle an old one.
};

[[nodiscard]] std::string text_of(const Handle& handle);
/// Fails with ReceiptHandleIsInvalid.
[[nodiscard]] Result<Handle> parse_handle(std::string_view text);

}  // namespace tidemill::sqs
