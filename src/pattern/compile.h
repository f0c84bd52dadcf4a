/// Reads the text of a pattern. Internal to pattern/; pure.
#pragma once

#include <string>
#include <string_view>

#include "pattern/condition.h"
#include "pattern/json_reader.h"
#include "pattern/wildcard.h"

namespace tidemill::pattern {

/// A fault carries AWS's words without their frame and place.
[[nodiscard]] Read<PatternData> compile_pattern(std::string_view text, Options options);

/// Reads match expressions, `{"prefix": "a"}` and the like, from a reader that has just read their
/// opening brace, and writes their alternatives to a program.
class ExpressionReader {
 public:
  ExpressionReader(JsonReader& reader, std::string_view text, Options options)
      : reader_(reader), text_(text), options_(options) {}

  /// False if it asks that nothing is there, for which there is no program.
  [[nodiscard]] Read<bool> read();

  /// A value that stands in the pattern as such: the last token read.
  [[nodiscard]] Read<void> plain(Token token);

  [[nodiscard]] std::string take_program() { return out_.take(); }

 private:
  Read<void> matcher(std::string_view name);
  Read<void> exactly();
  Read<void> affix(bool prefix);
  Read<void> ignore_case();
  Read<void> wildcard();
  Read<void> cidr();
  Read<void> exists();
  Read<void> numeric();
  Read<void> numeric_range(const std::string& op, const std::string& first);
  Read<void> anything_but();
  Read<void> anything_but_list(const std::string& op);
  Read<void> anything_but_number();
  Read<std::string> anything_but_text(const std::string& op, Token token);
  std::expected<void, std::string> anything_but_test(const std::string& op,
                                                     const std::string& text);
  /// What was written last is a condition of its own.
  Read<void> condition(bool negated = false);

  Read<Token> next() { return reader_.next(); }
  /// The current token's text, which must be a string; else a fault that says `complaint`.
  Read<std::string> string_or(Token token, std::string_view complaint);
  Read<double> to_number(const std::string& number);
  /// Adds the place to a fault's message, which will get it once more.
  [[nodiscard]] Fault doubled(Fault inner) const;

  JsonReader& reader_;
  std::string_view text_;
  Options options_;
  ProgramWriter out_;
  bool absent_ = false;  ///< The expression asks that nothing is there.
};

}  // namespace tidemill::pattern
