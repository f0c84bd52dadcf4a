#include "wire/sigv4.h"

#include "base/digest.h"
#include "base/encoding.h"

namespace tidemill::wire {
namespace {

bool is_hex(char c) noexcept {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'F') || (c >= 'a' && c <= 'f');
}

bool is_unreserved(char c) noexcept {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_' || c == '~';
}

/// Encodes what should have been encoded; leaves what is.
void append_encoded(std::string& out, std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool escape =
        c == '%' && i + 2 < text.size() && is_hex(text[i + 1]) && is_hex(text[i + 2]);
    if (escape || is_unreserved(c)) {
      out += c;
    } else if (c == '+') {
      out.append("%20");
    } else {
      out.append(percent_encode({&c, 1}));
    }
  }
}

template <class F>
void for_each_part(std::string_view text, char separator, F&& take) {
  while (true) {
    const std::size_t at = text.find(separator);
    take(text.substr(0, at));
    if (at == std::string_view::npos) return;
    text.remove_prefix(at + 1);
  }
}

/// Without "", "." and "..", as RFC 3986 section 5.2.4 removes them.
std::string normalised(std::string_view path) {
  std::vector<std::string_view> kept;
  for_each_part(path, '/', [&](std::string_view part) {
    if (part == "..") {
      if (!kept.empty()) kept.pop_back();
    } else if (!part.empty() && part != ".") {
      kept.push_back(part);
    }
  });
  std::string out;
  for (const std::string_view part : kept) out.append("/").append(part);
  if (kept.empty() || path.ends_with('/')) out += '/';
  return out;
}

/// Trimmed, runs of blanks as one.
void append_header_value(std::string& out, std::string_view value) {
  bool blank = false;
  for (const char c : trim(value)) {
    const bool is_blank = c == ' ' || c == '\t';
    if (is_blank && blank) continue;
    blank = is_blank;
    out += is_blank ? ' ' : c;
  }
}

/// The line of a signed header; false if it isn't there.
bool append_header(std::string& out, const CanonicalParts& parts, std::string_view name) {
  out.append(name).append(":");
  bool found = false;
  for (const auto& [key, value] : parts.headers.fields()) {
    if (!iequals(key, name)) continue;
    if (found) out += ',';
    append_header_value(out, value);
    found = true;
  }
  if (!found && parts.query.contains("X-Amz-Signature=")) {
    const QueryItems items = query_items(parts.query);
    const auto item =
        std::ranges::find_if(items, [&](const auto& i) { return iequals(i.first, name); });
    if (item != items.end()) {
      append_header_value(out, item->second);
      found = true;
    }
  }
  out += '\n';
  return found;
}

struct CachedKey {
  std::string secret;
  std::string key;
};

/// Header fields that may change on their way or that the signature itself makes.
bool is_unsignable(std::string_view lower) {
  static constexpr std::array<std::string_view, 6> names{"authorization",     "user-agent",
                                                         "connection",        "expect",
                                                         "transfer-encoding", "x-amzn-trace-id"};
  return std::ranges::find(names, lower) != names.end();
}

std::string names_to_sign(const http::Headers& headers) {
  std::set<std::string> names;
  for (const auto& [name, value] : headers.fields()) {
    std::string lower = to_lower(name);
    if (!is_unsignable(lower)) names.insert(std::move(lower));
  }
  return fmt::format("{}", fmt::join(names, ";"));
}

struct Signature {
  std::string signed_headers;
  std::string text;
};

Signature make_signature(const SigningRequest& request, std::string_view payload_hash,
                         const SigningKey& key, std::string_view amz_date) {
  const CredentialScope scope{std::string(amz_date.substr(0, 8)), key.region, key.service};
  Signature made{names_to_sign(request.headers), ""};
  const auto canonical =
      canonical_request({request.method, request.path, request.query, request.headers,
                         made.signed_headers, payload_hash, key.service});
  made.text = sign_text(derive_key(key.secret_access_key, scope),
                        string_to_sign(amz_date, scope, canonical.value_or("")));
  return made;
}

}  // namespace

std::string CredentialScope::text() const {
  std::string out;
  out.reserve(date.size() + region.size() + service.size() + 16);
  return out.append(date).append("/").append(region).append("/").append(service).append(
      "/aws4_request");
}

std::string canonical_path(std::string_view path, std::string_view service) {
  if (path.empty()) return "/";
  if (service == "s3") return std::string(path);
  return percent_encode(normalised(path), true);
}

std::string canonical_query(std::string_view query) {
  if (query.empty()) return {};
  std::vector<std::pair<std::string, std::string>> items;
  for_each_part(query, '&', [&](std::string_view part) {
    if (part.empty()) return;
    const std::size_t at = part.find('=');
    auto& [name, value] = items.emplace_back();
    append_encoded(name, part.substr(0, at));
    if (at != std::string_view::npos) append_encoded(value, part.substr(at + 1));
    if (name == "X-Amz-Signature") items.pop_back();
  });
  std::ranges::sort(items);
  std::string out;
  for (const auto& [name, value] : items) {
    if (!out.empty()) out += '&';
    out.append(name).append("=").append(value);
  }
  return out;
}

std::optional<std::string> canonical_request(const CanonicalParts& parts) {
  std::string out;
  out.reserve(1024);
  out.append(parts.method).append("\n");
  out.append(canonical_path(parts.path, parts.service)).append("\n");
  out.append(canonical_query(parts.query)).append("\n");
  bool all_there = true;
  for_each_part(parts.signed_headers, ';', [&](std::string_view name) {
    all_there = append_header(out, parts, name) && all_there;
  });
  if (!all_there) return std::nullopt;
  return out.append("\n").append(parts.signed_headers).append("\n").append(parts.payload_hash);
}

std::string string_to_sign(std::string_view amz_date, const CredentialScope& scope,
                           std::string_view canonical_request) {
  std::string out(sigv4_algorithm);
  out.append("\n").append(amz_date).append("\n").append(scope.text()).append("\n");
  return out.append(sha256_hex(canonical_request));
}

std::string derive_key(const Secret& secret, const CredentialScope& scope) {
  const std::string day = hmac_sha256("AWS4" + secret.reveal(), scope.date);
  const std::string region = hmac_sha256(day, scope.region);
  return hmac_sha256(hmac_sha256(region, scope.service), "aws4_request");
}

std::string cached_key(std::string_view access_key_id, const Secret& secret,
                       const CredentialScope& scope) {
  constexpr std::size_t entries_max = 512;
  thread_local std::unordered_map<std::string, CachedKey> cache;
  std::string name = scope.text();
  name.append("/").append(access_key_id);
  const auto found = cache.find(name);
  if (found != cache.end() && found->second.secret == secret.reveal()) return found->second.key;
  if (cache.size() >= entries_max) cache.clear();
  CachedKey made{secret.reveal(), derive_key(secret, scope)};
  return (cache[std::move(name)] = std::move(made)).key;
}

std::string sign_text(std::string_view key, std::string_view text) {
  return to_hex(hmac_sha256(key, text));
}

std::string sign(SigningRequest& request, const SigningKey& key, TimeMs now) {
  const std::string date = amz_date(now);
  if (request.payload_hash.empty()) request.payload_hash = sha256_hex(request.body);
  request.headers.set("X-Amz-Date", date);
  if (key.service == "s3") request.headers.set("X-Amz-Content-Sha256", request.payload_hash);
  if (!key.session_token.empty()) request.headers.set("X-Amz-Security-Token", key.session_token);
  request.headers.remove("Authorization");
  Signature made = make_signature(request, request.payload_hash, key, date);
  const CredentialScope scope{date.substr(0, 8), key.region, key.service};
  request.headers.add(
      "Authorization",
      fmt::format("{} Credential={}/{}, SignedHeaders={}, Signature={}", sigv4_algorithm,
                  key.access_key_id, scope.text(), made.signed_headers, made.text));
  return std::move(made.text);
}

std::string presign(const SigningRequest& request, const SigningKey& key, TimeMs now,
                    std::chrono::seconds valid_for) {
  SigningRequest copy = request;
  const std::string date = amz_date(now);
  const CredentialScope scope{date.substr(0, 8), key.region, key.service};
  if (!copy.query.empty()) copy.query += '&';
  copy.query += fmt::format(
      "X-Amz-Algorithm={}&X-Amz-Credential={}&X-Amz-Date={}&X-Amz-Expires={}&X-Amz-SignedHeaders={"
      "}",
      sigv4_algorithm, percent_encode(key.access_key_id + "/" + scope.text()), date,
      valid_for.count(), percent_encode(names_to_sign(copy.headers)));
  if (!key.session_token.empty()) {
    copy.query += "&X-Amz-Security-Token=" + percent_encode(key.session_token);
  }
  const std::string hash =
      key.service == "s3" ? std::string(unsigned_payload) : sha256_hex(copy.body);
  const Signature made = make_signature(copy, hash, key, date);
  return copy.query + "&X-Amz-Signature=" + made.text;
}

QueryItems query_items(std::string_view query) {
  QueryItems items;
  if (query.empty()) return items;
  const auto decoded = [](std::string_view text) {
    return percent_decode(text, true).value_or(std::string(text));
  };
  for_each_part(query, '&', [&](std::string_view part) {
    if (part.empty()) return;
    const std::size_t at = part.find('=');
    const auto value = at == std::string_view::npos ? std::string_view() : part.substr(at + 1);
    items.emplace_back(decoded(part.substr(0, at)), decoded(value));
  });
  return items;
}

std::optional<std::string_view> find_item(const QueryItems& items, std::string_view name) noexcept {
  for (const auto& [key, value] : items) {
    if (key == name) return value;
  }
  return std::nullopt;
}

}  // namespace tidemill::wire
