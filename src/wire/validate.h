/// What a decoded request breaks of its shape's constraints, in AWS's own words. Pure.
#pragma once

#include "base/error.h"
#include "wire/shape.h"

namespace tidemill::wire {

/// Checks required members, lengths, ranges, enums and the patterns that the service enforces.
/// Fails under the service's own error name: "2 validation errors detected: Value null at 'name'
/// failed to satisfy constraint: Member must not be null; Value …". S3 has errors of its own kind.
[[nodiscard]] Status validate(const Operation& operation, const void* request);

}  // namespace tidemill::wire
