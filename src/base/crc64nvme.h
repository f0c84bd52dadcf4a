/// CRC-64/NVME, the checksum that S3 keeps of an object for which its client has chosen none: with
/// carry-less multiplication where the processor has it. Pure.
#pragma once

#include <cstdint>
#include <string_view>

namespace tidemill {

/// Of what gave `crc` (0: of nothing) followed by `bytes`.
[[nodiscard]] std::uint64_t crc64nvme(std::uint64_t crc, std::string_view bytes) noexcept;

}  // namespace tidemill
