/// What a pattern asks of one value, and of the values at one path. Internal to pattern/; immutable
/// once compiled.
///
/// The tests of a clause are one run of bytes, its program: a rule then costs little memory, and
/// what an event is compared with lies in one place. A record is a head, numbers if the test has
/// any, and its text.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pattern/address.h"
#include "pattern/event_data.h"

namespace tidemill::pattern {

enum class Ask : std::uint8_t {
  text,         ///< The string, byte for byte.
  address,      ///< A string that is this IP address, however it is spelled.
  number,       ///< A number of this value.
  number_text,  ///< A number that is not comparable, of this text.
  word,         ///< true, false or null.
  prefix,
  suffix,
  ignore_case,  ///< The whole string; folded as fold.h says, as in the next two.
  ignore_case_prefix,
  ignore_case_suffix,
  wildcard,  ///< As wildcard.h encodes it.
  range,     ///< Numbers from a bottom to a top.
  network,   ///< A string that is an address in this block.
  anything,
};

struct Bounds {
  double bottom = 0, top = 0;
  bool has_bottom = false, has_top = false, bottom_open = false, top_open = false;
};

/// One record of a program, read.
struct Test {
  Ask ask = Ask::anything;
  bool negated = false;           ///< (anything-but.) Counts on the last test of a condition.
  bool ends_condition = false;    ///< One test of a condition holds; or, negated, none does.
  bool ends_alternative = false;  ///< All conditions of an alternative hold.
  Kind kind = Kind::string;       ///< Of a word.
  std::string_view text;          ///< As the pattern has it; encoded, of a wildcard.
  std::string_view folded;        ///< Of the ignore_case family.
  double number = 0;
  Bounds bounds;
  std::string_view top_text;  ///< `text` is the bottom's, this the top's.
  Network network;            ///< Of an address: its base.
};

/// Reads a program test by test.
class ProgramReader {
 public:
  explicit ProgramReader(std::string_view program) : rest_(program) {}
  [[nodiscard]] bool done() const noexcept { return rest_.empty(); }
  [[nodiscard]] std::size_t left() const noexcept { return rest_.size(); }  ///< Bytes.
  Test next() noexcept;

 private:
  std::string_view rest_;
};

/// Appends tests to a program. An alternative is a list of conditions, a condition one of tests.
class ProgramWriter {
 public:
  void text(std::string_view text) { add(Ask::text, {}, text); }
  void address(std::string_view text, const Address& address);
  void number(std::string_view text, std::optional<double> value);
  void word(Kind kind);
  void prefix(std::string_view text) { add(Ask::prefix, {}, text); }
  void suffix(std::string_view text) { add(Ask::suffix, {}, text); }
  void ignore_case(Ask where, std::string_view text);
  void wildcard(std::string_view encoded) { add(Ask::wildcard, {}, encoded); }
  void range(const Bounds& bounds, std::string_view bottom, std::string_view top);
  void network(std::string_view text, const Network& network);
  void anything() { add(Ask::anything, {}, {}); }

  void end_condition(bool negated);
  void end_alternative();

  [[nodiscard]] std::string take() { return std::move(program_); }
  [[nodiscard]] bool empty() const noexcept { return program_.empty(); }

 private:
  void add(Ask ask, std::string_view numbers, std::string_view text, std::uint16_t extra = 0);
  std::string program_;
  std::size_t last_ = 0;  ///< Where the last test begins.
};

/// Whether one alternative of `program` takes `value`.
[[nodiscard]] bool program_holds(std::string_view program, const Value& value) noexcept;

[[nodiscard]] std::size_t count_alternatives(std::string_view program) noexcept;

/// What a pattern asks at one path: one of the alternatives, or that nothing is there.
struct Clause {
  std::string path;
  std::string json;     ///< As the pattern has it, without white space.
  std::string program;  ///< The alternatives.
  bool absent = false;
  std::size_t number = 0;  ///< Its place in the pattern.

  /// The path's last step.
  [[nodiscard]] std::string_view leaf() const {
    return std::string_view(path).substr(path.rfind('.') + 1);
  }
};

/// One way to match: all these clauses, which have different paths. Indices into
/// PatternData::clauses, in the order of the paths, as AWS asks them.
using Branch = std::vector<std::uint32_t>;

struct PatternData {
  std::vector<Clause> clauses;
  std::vector<Branch> branches;  ///< More than one only through $or.
};

/// In plain words: `suffix ".csv"`, `one of "a", "b"`, `a number > 5`, `anything but "x"`.
[[nodiscard]] std::string describe(const Clause& clause);

}  // namespace tidemill::pattern
