/// The query protocol (IAM, STS, older SQS and CloudWatch clients): requests as forms, answers as
/// XML. Pure.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "wire/target.h"

namespace tidemill::wire {

/// Fills `object` (of `shape`) from decoded form parameters: "Tags.member.1.Key". Parameters that
/// the shape lacks are ignored. Fails with MalformedInput where a value doesn't parse.
[[nodiscard]] Status decode_query(const Parameters& form, const Shape& shape, void* object);

/// "<PutRuleResponse xmlns=…><PutRuleResult>…</PutRuleResult><ResponseMetadata>…".
[[nodiscard]] std::string encode_query(const Operation& operation, const void* object,
                                       std::string_view request_id);

}  // namespace tidemill::wire
