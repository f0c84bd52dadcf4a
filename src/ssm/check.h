/// What names, paths, values and labels may be, in AWS's words. Pure.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "ssm/parameter.h"

namespace tidemill::ssm {

/// Of a parameter that is to be written: characters, reserved prefixes, a hierarchy's form.
[[nodiscard]] Status check_name(std::string_view name);
/// A hierarchy that is asked for: "/" or "/a/b".
[[nodiscard]] Status check_path(std::string_view path);
/// What is written: data type, the tier's size, the pattern that it must match as a whole. Chooses
/// the tier where `wanted` (Standard, Advanced, Intelligent-Tiering) leaves it open.
[[nodiscard]] Status check_value(Parameter& parameter, std::string_view value,
                                 std::string_view wanted_tier);
/// Whether a version may have that label.
[[nodiscard]] bool is_label(std::string_view label);

}  // namespace tidemill::ssm
