/// Bytes on their way in and out, as this folder sees them; api*.cpp joins them to HTTP's.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "io/process.h"
#include "io/task.h"

namespace tidemill::s3 {

/// Bytes that come piece by piece.
class Source {
 public:
  virtual ~Source() = default;
  /// The next piece (valid until the next call), empty at the end.
  virtual Task<Result<std::string_view>> read() = 0;
  /// In all, where known beforehand.
  [[nodiscard]] virtual std::optional<std::uint64_t> size() const noexcept = 0;
  /// A field that followed the bytes ("x-amz-checksum-crc32"); only after the end.
  [[nodiscard]] virtual std::optional<std::string> trailer(std::string_view /*name*/) const {
    return std::nullopt;
  }
};

/// A part of an open file.
struct FileSlice {
  std::shared_ptr<io::Fd> fd;
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
};

/// Bytes of an object that are to be sent: one of the three.
struct Payload {
  std::string text;
  std::unique_ptr<Source> stream;
  std::optional<FileSlice> file;
};

}  // namespace tidemill::s3
