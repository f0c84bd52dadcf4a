#include "base/json.h"

#include <algorithm>

#include <fmt/format.h>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/src.hpp>

namespace tidemill::json {

Result<value> parse(std::string_view text) {
  boost::json::parse_options options;
  options.max_depth = depth_max;
  boost::json::stream_parser parser({}, options);
  boost::system::error_code error;
  const auto used = parser.write_some(text.data(), text.size(), error);
  if (!error && used < text.size()) error = boost::json::error::extra_data;
  if (!error) parser.finish(error);
  if (error) {
    return fail(Errc::invalid_argument,
                fmt::format("not valid JSON at byte {}: {}", used + 1, error.message()));
  }
  return parser.release();
}

Result<object> parse_object(std::string_view text) {
  TM_TRY(auto v, parse(text));
  if (!v.is_object()) return fail(Errc::invalid_argument, "must be a JSON object");
  return std::move(v.get_object());
}

std::string dump(const value& v) { return boost::json::serialize(v); }

void append_quoted(std::string& out, std::string_view text) {
  const auto is_plain = [](char c) {
    return static_cast<unsigned char>(c) >= 0x20 && c != '"' && c != '\\';
  };
  if (std::ranges::all_of(text, is_plain)) {
    out.append("\"").append(text).append("\"");
  } else {
    out += boost::json::serialize(boost::json::string_view(text.data(), text.size()));
  }
}

std::string quote(std::string_view text) {
  std::string quoted;
  quoted.reserve(text.size() + 2);
  append_quoted(quoted, text);
  return quoted;
}

std::string_view text_or_empty(const object& o, std::string_view name) noexcept {
  const auto* v = o.if_contains(boost::json::string_view(name.data(), name.size()));
  return v != nullptr && v->is_string() ? view(v->get_string()) : std::string_view();
}

}  // namespace tidemill::json
