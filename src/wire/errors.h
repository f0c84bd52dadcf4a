/// How each protocol says that it refuses.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "http/message.h"
#include "wire/target.h"

namespace tidemill::wire {

/// What older clients of a query-compatible service know `error` by; also in batch entries.
[[nodiscard]] std::string query_code(const Service& service, const Error& error);

/// Status, headers and body of `error` as a client of `target`'s service expects them.
void encode_error(const Target& target, const Error& error, std::string_view request_id,
                  http::Response& response);

}  // namespace tidemill::wire
