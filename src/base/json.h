/// JSON values: Boost.JSON under a name of ours, with limits set and errors as Result.
#pragma once

#include <string>
#include <string_view>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include "base/error.h"

namespace tidemill::json {

using boost::json::array;
using boost::json::key_value_pair;
using boost::json::object;
using boost::json::string;
using boost::json::value;

/// AWS takes events nested up to 1,000 deep.
constexpr std::size_t depth_max = 1000;

/// Parses a whole text (strict RFC 8259; of repeated keys the last wins).
/// Fails with invalid_argument, naming the byte where it went wrong.
[[nodiscard]] Result<value> parse(std::string_view text);

/// Parses a text that must be an object.
[[nodiscard]] Result<object> parse_object(std::string_view text);

/// The shortest text of `v`, on one line.
[[nodiscard]] std::string dump(const value& v);

/// `text` as a JSON string with its quotes.
[[nodiscard]] std::string quote(std::string_view text);
/// The same, behind what `out` holds.
void append_quoted(std::string& out, std::string_view text);

/// The member `name` if it is a string, else "".
[[nodiscard]] std::string_view text_or_empty(const object& o, std::string_view name) noexcept;

inline std::string_view view(const string& s) noexcept { return {s.data(), s.size()}; }

}  // namespace tidemill::json
