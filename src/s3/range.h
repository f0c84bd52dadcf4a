/// Which bytes a request wants: the Range header, a copy's range. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"

namespace tidemill::s3 {

struct ByteRange {
  std::uint64_t first = 0;
  std::uint64_t length = 0;
  bool operator==(const ByteRange&) const = default;
};

/// What a Range header means for an object of `size` bytes. nullopt: all of it, without a 206 (also
/// where AWS ignores the header: several ranges, other units, nonsense). Fails with InvalidRange
/// where nothing of the object is asked for.
[[nodiscard]] Result<std::optional<ByteRange>> parse_range(const std::string& header,
                                                           std::uint64_t size);

/// x-amz-copy-source-range, which must be "bytes=first-last" within the source.
[[nodiscard]] Result<ByteRange> parse_copy_range(const std::string& header, std::uint64_t size);

}  // namespace tidemill::s3
