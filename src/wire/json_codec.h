/// JSON 1.0/1.1 and the bodies of REST-JSON, to and from any shape. Pure.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "wire/shape.h"

namespace tidemill::wire {

/// Fills `object` (of `shape`, a structure) from a JSON object; an empty text counts as {}. Members
/// that the shape lacks are ignored, nulls count as absent. Fails with SerializationException.
[[nodiscard]] Status decode_json(std::string_view text, const Shape& shape, void* object);

/// The body members of `object` as a JSON object.
[[nodiscard]] std::string encode_json(const Shape& shape, const void* object);

/// The shape of the member `name`, which the structure `shape` has: to read or write it alone.
[[nodiscard]] const Shape& member_shape(const Shape& shape, std::string_view name);

}  // namespace tidemill::wire
