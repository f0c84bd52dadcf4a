/// A pull tokenizer for JSON that stands, speaks and counts as the one behind EventBridge does:
/// its faults are AWS's own words, and offset() is where AWS says an error is. Internal to
/// pattern/; one reader belongs to one call.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "pattern/source_text.h"

namespace tidemill::pattern {

enum class Token : std::uint8_t {
  end,
  begin_object,
  end_object,
  begin_array,
  end_array,
  name,
  string,
  number,
  true_value,
  false_value,
  null_value,
};

/// What is wrong with a text, and after how many of its bytes that was seen.
struct Fault {
  std::string message;
  std::size_t offset = 0;
  bool placed = true;  ///< Whether AWS says where (it doesn't for some).
};

template <class T>
using Read = std::expected<T, Fault>;

class JsonReader {
 public:
  static constexpr std::size_t depth_max = 1000;

  /// `text` must outlive the reader.
  explicit JsonReader(std::string_view text) : text_(text) {}

  /// The next token. After a name the reader has already looked at the first character of its
  /// value (at all of it, if it's a number or a word); a string is read on only when needed.
  [[nodiscard]] Read<Token> next();

  /// Fails unless there is nothing but white space left. (AWS's engine doesn't look.)
  [[nodiscard]] Read<void> expect_end();

  /// The text of the current token; a string's or name's is unescaped. Reads a string to its end.
  /// The view is good until the next string (a name's: until the next name).
  [[nodiscard]] Read<std::string_view> text();

  /// The last name read.
  [[nodiscard]] std::string_view name() const { return name_; }

  /// How far the reader has read.
  [[nodiscard]] std::size_t offset() const { return at_; }

  [[nodiscard]] std::unexpected<Fault> fault(std::string message) const {
    return std::unexpected(Fault{std::move(message), at_});
  }

 private:
  struct Scope {
    bool array = false;
    std::size_t start = 0;
    bool any = false;  ///< Whether an entry was read.
  };

  Read<Token> finish(Token token) {
    token_ = token;
    return token;
  }
  Read<Token> close(char bracket);
  Read<Token> value(char first);
  Read<Token> open(bool array, std::size_t start);
  Read<Token> word(std::string_view all, Token token);
  Read<Token> odd_value(char first);
  Read<Token> number();
  Read<void> name_and_colon();
  Read<void> digits(std::string_view wanted);
  /// The first character that isn't white space, consumed; '\0' at the end of the text.
  Read<char> skip_space();
  Read<std::string_view> quoted(std::string& scratch, std::string_view what,
                                std::string_view unfinished);
  Read<void> escape(std::string& out);
  Read<char32_t> hex4();

  [[nodiscard]] std::string_view scope_name() const;
  [[nodiscard]] std::string end_of_scope() const;
  [[nodiscard]] std::unexpected<Fault> before(std::string message) const {
    return std::unexpected(Fault{std::move(message), at_ - 1});
  }
  /// "Unexpected character ('x' (code 120))" + `why`, of the character that ends before at_.
  [[nodiscard]] std::unexpected<Fault> unexpected_character(std::string_view why);
  [[nodiscard]] std::unexpected<Fault> unknown_word(std::size_t start);
  [[nodiscard]] std::string describe_last();

  std::string_view text_;
  std::size_t at_ = 0;
  Token token_ = Token::end;
  bool string_open_ = false;  ///< The current string has been read up to its opening quote only.
  bool value_ready_ = false;  ///< The current token is a name whose value is value_token_.
  Token value_token_ = Token::end;
  std::size_t value_start_ = 0;
  std::string_view string_;
  std::string_view name_;
  std::string string_scratch_;
  std::string name_scratch_;
  std::vector<Scope> scopes_;
};

}  // namespace tidemill::pattern
