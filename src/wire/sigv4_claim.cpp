#include "wire/sigv4_claim.h"

#include "base/encoding.h"

namespace tidemill::wire {
namespace {

/// "AKID/20240115/us-east-1/s3/aws4_request"; the access key itself may hold slashes.
bool split_credential(std::string_view text, AuthClaim& claim) {
  constexpr std::string_view end = "/aws4_request";
  if (!text.ends_with(end)) return false;
  text.remove_suffix(end.size());
  for (std::string* part : {&claim.scope.service, &claim.scope.region, &claim.scope.date}) {
    const std::size_t slash = text.rfind('/');
    if (slash == std::string_view::npos) return false;
    part->assign(text.substr(slash + 1));
    text = text.substr(0, slash);
  }
  claim.access_key_id.assign(text);
  return !text.empty() && !claim.scope.service.empty() && claim.scope.date.size() == 8;
}

/// The value of "name=" in "a=1, b=2"; nullopt unless it is there just once.
std::optional<std::string_view> component(std::string_view text, std::string_view name) {
  std::optional<std::string_view> found;
  while (!text.empty()) {
    const std::size_t comma = text.find(',');
    const std::string_view part = trim(text.substr(0, comma));
    text = comma == std::string_view::npos ? "" : text.substr(comma + 1);
    const std::size_t equals = part.find('=');
    if (equals == std::string_view::npos || part.substr(0, equals) != name) continue;
    if (found) return std::nullopt;
    found = part.substr(equals + 1);
  }
  return found;
}

Status read_date(const http::Request& request, AuthClaim& claim, const AuthErrors& errors) {
  if (const auto date = request.headers.find("X-Amz-Date")) {
    const auto time = parse_amz_date(*date);
    if (!time) return errors.missing_date();
    claim.amz_date.assign(*date);
    claim.time = *time;
    return {};
  }
  const auto time = parse_http_date(request.headers.get("Date"));
  if (!time) return errors.missing_date();
  claim.time = *time;
  claim.amz_date = amz_date(*time);
  return {};
}

Result<AuthClaim> read_header(const http::Request& request, const AuthErrors& errors) {
  AuthClaim claim{.kind = AuthClaim::Kind::header};
  if (request.headers.count("Authorization") != 1) {
    return errors.malformed("there is more than one Authorization header");
  }
  std::string_view text = trim(request.headers.get("Authorization"));
  const std::size_t blank = text.find(' ');
  if (text.substr(0, blank) != sigv4_algorithm) return errors.unsupported_algorithm();
  text = blank == std::string_view::npos ? "" : text.substr(blank + 1);
  const auto credential = component(text, "Credential");
  const auto signed_headers = component(text, "SignedHeaders");
  const auto signature = component(text, "Signature");
  if (!credential) return errors.malformed("the authorization header requires a Credential.");
  if (!signed_headers) return errors.malformed("the authorization header requires SignedHeaders.");
  if (!signature) return errors.malformed("the authorization header requires a Signature.");
  if (!split_credential(*credential, claim)) {
    return errors.malformed(
        "the Credential is mal-formed; expecting "
        "\"<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request\".");
  }
  claim.signed_headers.assign(*signed_headers);
  claim.signature.assign(*signature);
  claim.session_token.assign(request.headers.get("X-Amz-Security-Token"));
  TM_CHECK(read_date(request, claim, errors));
  if (claim.scope.date != std::string_view(claim.amz_date).substr(0, 8)) {
    return errors.wrong_scope_date(claim.scope, claim.amz_date);
  }
  return claim;
}

Status read_validity(std::string_view text, AuthClaim& claim, const AuthErrors& errors) {
  constexpr std::int64_t seconds_max = 604'800;
  std::int64_t seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error != std::errc() || end != text.data() + text.size()) {
    return errors.bad_query("X-Amz-Expires should be a number");
  }
  if (seconds < 0) return errors.bad_query("X-Amz-Expires must be non-negative");
  if (seconds > seconds_max) {
    return errors.bad_query(
        "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires "
        "must be less than 604800 seconds");
  }
  claim.valid_for = std::chrono::seconds(seconds);
  claim.expires = claim.time.plus(*claim.valid_for);
  return {};
}

Result<AuthClaim> read_presigned(const QueryItems& query, const AuthErrors& errors) {
  AuthClaim claim{.kind = AuthClaim::Kind::presigned};
  static constexpr std::array<std::string_view, 6> names{"X-Amz-Algorithm",     "X-Amz-Credential",
                                                         "X-Amz-Signature",     "X-Amz-Date",
                                                         "X-Amz-SignedHeaders", "X-Amz-Expires"};
  std::array<std::string_view, names.size()> values;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const auto times =
        std::ranges::count_if(query, [&](const auto& item) { return item.first == names[i]; });
    if (times != 1) {
      return errors.bad_query(
          "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, "
          "X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters.");
    }
    values[i] = *find_item(query, names[i]);
  }
  const auto& [algorithm, credential, signature, date, signed_headers, validity] = values;
  if (algorithm != sigv4_algorithm) {
    return errors.bad_query("X-Amz-Algorithm only supports \"AWS4-HMAC-SHA256\"");
  }
  if (!split_credential(credential, claim)) {
    return errors.bad_query(
        "Error parsing the X-Amz-Credential parameter; the Credential is mal-formed; expecting "
        "\"<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request\".");
  }
  const auto time = parse_amz_date(date);
  if (!time) {
    return errors.bad_query(
        "X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\"");
  }
  claim.time = *time;
  claim.amz_date.assign(date);
  if (claim.scope.date != date.substr(0, 8)) {
    return errors.bad_query(
        fmt::format("Error parsing the X-Amz-Credential parameter; Invalid credential date \"{}\". "
                    "This date is not the same as X-Amz-Date: \"{}\".",
                    claim.scope.date, date.substr(0, 8)));
  }
  claim.signed_headers.assign(signed_headers);
  claim.signature.assign(signature);
  claim.session_token.assign(find_item(query, "X-Amz-Security-Token").value_or(""));
  TM_CHECK(read_validity(validity, claim, errors));
  return claim;
}

Result<AuthClaim> read_presigned_v2(const http::Request& request, const QueryItems& query) {
  AuthClaim claim{.kind = AuthClaim::Kind::presigned_v2};
  const auto key = find_item(query, "AWSAccessKeyId");
  const auto signature = find_item(query, "Signature");
  const auto expires = find_item(query, "Expires").value_or("");
  std::int64_t seconds = 0;
  const auto [end, error] =
      std::from_chars(expires.data(), expires.data() + expires.size(), seconds);
  const bool is_time = error == std::errc() && end == expires.data() + expires.size() &&
                       seconds >= 0 && seconds < INT64_MAX / 1000;
  if (!key || !signature || !is_time) {
    return fail(Errc::access_denied, "AccessDenied",
                "Query-string authentication requires the Signature, Expires and AWSAccessKeyId "
                "parameters");
  }
  claim.access_key_id.assign(*key);
  claim.signature.assign(*signature);
  claim.scope.service = "s3";
  claim.expires = {seconds * 1000};
  auto token = find_item(query, "x-amz-security-token");
  if (!token) token = request.headers.find("x-amz-security-token");
  claim.session_token.assign(token.value_or(""));
  return claim;
}

/// Parameters that name a resource of their own and hence belong to version 2's signature.
bool is_subresource(std::string_view name) {
  static constexpr auto names = std::to_array<std::string_view>(
      {"accelerate",        "acl",         "analytics",      "cors",
       "defaultObjectAcl",  "delete",      "encryption",     "intelligent-tiering",
       "inventory",         "legal-hold",  "lifecycle",      "location",
       "logging",           "metrics",     "notification",   "object-lock",
       "ownershipControls", "partNumber",  "policy",         "policyStatus",
       "publicAccessBlock", "replication", "requestPayment", "restore",
       "retention",         "select",      "select-type",    "storageClass",
       "tagging",           "torrent",     "uploadId",       "uploads",
       "versionId",         "versioning",  "versions",       "website"});
  return name.starts_with("response-") || std::ranges::find(names, name) != names.end();
}

void append_resource_v2(std::string& out, const http::Request& request, std::string_view bucket) {
  if (!bucket.empty()) out.append("/").append(bucket);
  out.append(request.path);
  std::vector<std::pair<std::string, std::string>> kept;
  std::string_view rest = request.query;
  while (!rest.empty()) {
    const std::size_t amp = rest.find('&');
    const std::string_view part = rest.substr(0, amp);
    rest = amp == std::string_view::npos ? "" : rest.substr(amp + 1);
    const std::size_t equals = part.find('=');
    const std::string_view name = part.substr(0, equals);
    if (!is_subresource(name)) continue;
    std::string text(name);
    if (equals != std::string_view::npos) {
      const auto value = part.substr(equals + 1);
      text.append("=").append(percent_decode(value, true).value_or(std::string(value)));
    }
    kept.emplace_back(std::string(name), std::move(text));
  }
  std::ranges::sort(kept);
  char separator = '?';
  for (const auto& [name, text] : kept) {
    out.append(1, separator).append(text);
    separator = '&';
  }
}

}  // namespace

Result<AuthClaim> read_claim(const http::Request& request, const QueryItems& query,
                             const AuthErrors& errors) {
  const bool header = request.headers.find("Authorization").has_value();
  const bool presigned = find_item(query, "X-Amz-Algorithm") ||
                         find_item(query, "X-Amz-Credential") ||
                         find_item(query, "X-Amz-Signature");
  const bool version2 =
      !presigned && (find_item(query, "AWSAccessKeyId") || find_item(query, "Signature"));
  if (header && (presigned || version2)) return errors.two_mechanisms();
  if (header) return read_header(request, errors);
  if (presigned) return read_presigned(query, errors);
  if (version2) return read_presigned_v2(request, query);
  return AuthClaim{};
}

std::string unsigned_names(const http::Headers& headers, std::string_view signed_headers) {
  const auto is_signed = [signed_headers](std::string_view name) {
    std::string_view rest = signed_headers;
    while (!rest.empty()) {
      const std::size_t end = rest.find(';');
      if (iequals(rest.substr(0, end), name)) return true;
      rest = end == std::string_view::npos ? "" : rest.substr(end + 1);
    }
    return false;
  };
  std::vector<std::string> missing;
  if (!is_signed("host")) missing.emplace_back("host");
  for (const auto& [name, value] : headers.fields()) {
    if (name.size() < 6 || !iequals(std::string_view(name).substr(0, 6), "x-amz-")) continue;
    // Its value stands in the canonical request's last line anyway.
    if (iequals(name, "x-amz-content-sha256")) continue;
    if (!is_signed(name)) missing.push_back(to_lower(name));
  }
  return fmt::format("{}", fmt::join(missing, ", "));
}

std::string string_to_sign_v2(const http::Request& request, const QueryItems& query,
                              std::string_view bucket) {
  std::map<std::string, std::string> amz;
  const auto add = [&amz](std::string_view name, std::string_view value) {
    std::string lower = to_lower(name);
    if (!lower.starts_with("x-amz-")) return;
    const auto [at, fresh] = amz.try_emplace(std::move(lower), trim(value));
    if (!fresh) at->second.append(",").append(trim(value));
  };
  for (const auto& [name, value] : request.headers.fields()) add(name, value);
  for (const auto& [name, value] : query) {
    if (!request.headers.find(name)) add(name, value);
  }
  std::string out = request.method;
  out.append("\n").append(trim(request.headers.get("Content-MD5")));
  out.append("\n").append(trim(request.headers.get("Content-Type")));
  out.append("\n").append(find_item(query, "Expires").value_or("")).append("\n");
  for (const auto& [name, value] : amz) out.append(name).append(":").append(value).append("\n");
  append_resource_v2(out, request, bucket);
  return out;
}

}  // namespace tidemill::wire
