/// Unpacks what clients send packed (Content-Encoding: gzip). Pure.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"

namespace tidemill {

/// Fails with invalid_argument if `packed` is no whole gzip member, with too_large beyond
/// `bytes_max` bytes.
[[nodiscard]] Result<std::string> gunzip(std::string_view packed, std::size_t bytes_max);

}  // namespace tidemill
