/// What REST requests and answers carry outside their bodies: labels of the path, query, header
/// fields; and the payload member. Pure.
#pragma once

#include <string>
#include <string_view>

#include "http/message.h"
#include "wire/target.h"

namespace tidemill::wire {

/// Fills `object` (of operation.input) from path, query, headers and, unless it is streamed, body.
[[nodiscard]] Status decode_rest(const Target& target, const http::Headers& headers,
                                 std::string_view body, void* object);

/// Puts `object` (of operation.output) into headers and text.
void encode_rest(const Operation& operation, Protocol protocol, const void* object,
                 http::Response& response);

}  // namespace tidemill::wire
