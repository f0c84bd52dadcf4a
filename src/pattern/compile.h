/// Reads the text of a pattern. Internal to pattern/; pure.
#pragma once

#include <string>
#include <string_view>

#include "pattern/condition.h"
#include "pattern/json_reader.h"

namespace tidemill::pattern {

/// A fault carries AWS's words without their frame and place.
[[nodiscard]] Read<PatternData> compile_pattern(std::string_view text, Options options);

/// Reads match expressions, `{"prefix": "a"}` and the like, from a reader that has just read their
/// opening brace.
class ExpressionReader {
 public:
  ExpressionReader(JsonReader& reader, std::string_view text, Options options)
      : reader_(reader), text_(text), options_(options) {}

  [[nodiscard]] Read<Alternative> read();

  /// A value that stands in the pattern as such: the last token read.
  [[nodiscard]] Read<Alternative> plain(Token token);

 private:
  Read<Condition> matcher(const std::string& name);
  Read<Condition> exactly();
  Read<Condition> affix(bool prefix);
  Read<Condition> ignore_case();
  Read<Condition> wildcard();
  Read<Condition> cidr();
  Read<Condition> exists();
  Read<Condition> numeric();
  Read<Condition> numeric_range(const std::string& op, const std::string& first);
  Read<Condition> anything_but();
  Read<Condition> anything_but_list(const std::string& op);
  Read<Test> anything_but_one(const std::string& op, Token token);
  Read<std::string> anything_but_text(const std::string& op, Token token);

  Read<Token> next() { return reader_.next(); }
  /// The current token's text, which must be a string; else a fault that says `complaint`.
  Read<std::string> string_or(Token token, std::string_view complaint);
  Read<double> to_number(const std::string& number);
  /// Adds the place to a fault's message, which will get it once more.
  [[nodiscard]] Fault doubled(Fault inner) const;

  JsonReader& reader_;
  std::string_view text_;
  Options options_;
};

}  // namespace tidemill::pattern
