/// The tokens of a partition expression. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace tidemill::glue::catalog {

struct Token {
  enum class Kind : std::uint8_t {
    end,
    word,    ///< A key or a word of the language.
    name,    ///< A key in back quotes or double quotes, without them.
    text,    ///< In single quotes, without them.
    number,  ///< As it is written.
    sign,    ///< ( ) , = <> …
  };
  Kind kind = Kind::end;
  std::string text;
  std::size_t at = 0;  ///< Its first byte in the expression.
};

/// Fails with InvalidInputException for a quote without an end, or a byte that begins no token.
[[nodiscard]] Result<std::vector<Token>> tokens_of(std::string_view text);

}  // namespace tidemill::glue::catalog
