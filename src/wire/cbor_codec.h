/// RPC v2 CBOR (RFC 8949): bodies to and from any shape, and the small reader and writer beneath.
/// Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"
#include "wire/shape.h"

namespace tidemill::wire {

/// Fills `object` (of `shape`) from a CBOR map; an empty text counts as {}. Members that the shape
/// lacks are skipped, nulls count as absent. Fails with SerializationException: truncated, nested
/// deeper than 64, of the wrong type.
[[nodiscard]] Status decode_cbor(std::string_view bytes, const Shape& shape, void* object);

/// The body members of `object` as a CBOR map.
[[nodiscard]] std::string encode_cbor(const Shape& shape, const void* object);

/// Appends items of CBOR to a string.
class CborWriter {
 public:
  explicit CborWriter(std::string& out) : out_(out) {}
  void map(std::uint64_t size) { head(5, size); }
  void array(std::uint64_t size) { head(4, size); }
  void text(std::string_view text);
  void bytes(std::string_view bytes);
  void integer(std::int64_t value);
  void real(double value);
  void boolean(bool value);
  /// Tag 1: seconds since 1970, whole ones as an integer.
  void time(TimeMs value);

 private:
  void head(int major, std::uint64_t argument);
  void fixed(std::uint64_t value, int bytes);
  std::string& out_;
};

}  // namespace tidemill::wire
