/// The form of a pattern that AWS takes, where Tidemill takes more than AWS. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tidemill::pattern {

/// `pattern` itself if AWS takes it; else the same with each {"prefix": P, "suffix": S} written as
/// {"wildcard": "P*S"}, which differs only for values in which prefix and suffix lie over each
/// other; nullopt if AWS has no single pattern for it, or it is no pattern at all.
[[nodiscard]] std::optional<std::string> portable_form(std::string_view pattern);

}  // namespace tidemill::pattern
