#include "http/url.h"

#include <fmt/format.h>

#include "base/encoding.h"

namespace tidemill::http {
namespace {

constexpr std::uint16_t http_port = 80, https_port = 443;
constexpr std::size_t url_bytes_max = 8 * 1024;

std::unexpected<Error> bad(std::string_view what) {
  return fail(Errc::invalid_argument, "INVALID_PARAMETER",
              fmt::format("The URL {}; it must look like https://host[:port]/path.", what));
}

bool take(std::string_view& text, std::string_view prefix) {
  if (text.size() < prefix.size() || !iequals(text.substr(0, prefix.size()), prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

bool is_plain(char c) { return c > ' ' && c < 0x7f; }

bool is_of_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
}

bool is_of_address(char c) {
  return (c >= 'a' && c <= 'f') || (c >= '0' && c <= '9') || c == ':' || c == '.';
}

Status set_host(Url& url, std::string_view text, bool (*allowed)(char)) {
  url.host = text;
  for (char& c : url.host) {
    if (c >= 'A' && c <= 'Z') c = char(c - 'A' + 'a');
  }
  if (url.host.empty()) return bad("names no host");
  if (!std::ranges::all_of(url.host, allowed)) return bad("has a host of forbidden characters");
  return {};
}

Status set_port(Url& url, std::string_view text) {
  if (text.empty()) return {};
  if (text.front() != ':') return bad("has something behind its host that is no port");
  text.remove_prefix(1);
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), url.port);
  if (error != std::errc() || end != text.data() + text.size() || url.port == 0) {
    return bad("has a port that is no number from 1 to 65535");
  }
  return {};
}

}  // namespace

Result<Url> Url::parse(std::string_view text) {
  if (text.size() > url_bytes_max) return bad("is longer than 8192 bytes");
  if (!std::ranges::all_of(text, is_plain)) return bad("has blanks or characters beyond ASCII");
  Url url;
  url.is_tls = take(text, "https://");
  if (!url.is_tls && !take(text, "http://")) return bad("begins neither with https:// nor http://");
  url.port = url.is_tls ? https_port : http_port;
  if (text.contains('#')) return bad("has a fragment (#)");
  const auto authority = text.substr(0, text.find_first_of("/?"));
  url.target = text.substr(authority.size());
  if (!url.target.starts_with('/')) url.target.insert(0, "/");
  if (authority.contains('@')) return bad("names a user (@)");
  if (authority.starts_with('[')) {
    const auto end = authority.find(']');
    if (end == authority.npos) return bad("has a bracket that isn't closed");
    TM_CHECK(set_host(url, authority.substr(1, end - 1), is_of_address));
    TM_CHECK(set_port(url, authority.substr(end + 1)));
    return url;
  }
  const auto colon = authority.find(':');
  TM_CHECK(set_host(url, authority.substr(0, colon), is_of_name));
  TM_CHECK(set_port(url, colon == authority.npos ? "" : authority.substr(colon)));
  return url;
}

std::string Url::authority() const {
  auto text = host.contains(':') ? "[" + host + "]" : host;
  if (port != (is_tls ? https_port : http_port)) text += fmt::format(":{}", port);
  return text;
}

std::string Url::origin() const { return (is_tls ? "https://" : "http://") + authority(); }

}  // namespace tidemill::http
