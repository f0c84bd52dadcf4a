/// Where in a JSON text its tokens begin: simdjson's first stage, which looks at 64 bytes at a
/// time. Internal to pattern/; its memory is used again for the next text.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

namespace tidemill::pattern {

class JsonMarks {
 public:
  JsonMarks();
  ~JsonMarks();

  /// The offsets of braces, brackets, commas, colons, opening quotes, numbers and words, until the
  /// next call. None if the text can't be JSON: a string without an end, invalid UTF-8, ...
  [[nodiscard]] std::span<const std::uint32_t> read(std::string_view json);

  /// Gives memory back that only a text much larger than most needed.
  void shrink();

 private:
  struct Parser;
  std::unique_ptr<Parser> parser_;
};

}  // namespace tidemill::pattern
