#include "wire/sigv4_errors.h"

#include "base/encoding.h"

namespace tidemill::wire {
namespace {

using Details = std::vector<std::pair<std::string, std::string>>;

std::unexpected<Error> refuse(int status, std::string name, std::string message,
                              Details details = {}) {
  return std::unexpected(Error{.code = Errc::access_denied,
                               .message = std::move(message),
                               .name = std::move(name),
                               .details = std::move(details),
                               .status = status});
}

/// "74 65": a text as S3 shows its bytes.
std::string byte_pairs(std::string_view text) {
  const std::string hex = to_hex(text);
  std::string out;
  for (std::size_t i = 0; i < hex.size(); i += 2) {
    if (i > 0) out += ' ';
    out.append(hex, i, 2);
  }
  return out;
}

std::string_view signing_name(const http::Request& request, const QueryItems& query) {
  std::string_view text = request.headers.get("Authorization");
  if (text.empty()) text = find_item(query, "X-Amz-Credential").value_or("");
  const std::size_t end = text.find("/aws4_request");
  if (end == std::string_view::npos) return "";
  text = text.substr(0, end);
  const std::size_t slash = text.rfind('/');
  return slash == std::string_view::npos ? "" : text.substr(slash + 1);
}

bool is_form(const http::Request& request) {
  return to_lower(request.headers.get("Content-Type"))
      .starts_with("application/x-www-form-urlencoded");
}

}  // namespace

AuthFamily auth_family(const http::Request& request, const QueryItems& query) {
  const std::string_view name = signing_name(request, query);
  if (name == "s3") return AuthFamily::s3;
  if (name == "iam" || name == "sts") return AuthFamily::query;
  const auto& headers = request.headers;
  if (headers.find("X-Amz-Target") || headers.find("Smithy-Protocol")) return AuthFamily::json;
  const bool action = find_item(query, "Action") && find_item(query, "Version");
  if ((request.method == "POST" && is_form(request)) || action) return AuthFamily::query;
  return name.empty() ? AuthFamily::s3 : AuthFamily::json;
}

AuthErrors::Failure AuthErrors::missing_token() const {
  if (family_ == AuthFamily::s3) return refuse(403, "AccessDenied", "Access Denied");
  if (family_ == AuthFamily::query) {
    return refuse(403, "MissingAuthenticationToken", "Request is missing Authentication Token");
  }
  return refuse(403, "MissingAuthenticationTokenException", "Missing Authentication Token");
}

AuthErrors::Failure AuthErrors::malformed(std::string detail) const {
  if (family_ == AuthFamily::s3) {
    return refuse(400, "AuthorizationHeaderMalformed",
                  "The authorization header is malformed; " + std::move(detail));
  }
  return refuse(
      400, family_ == AuthFamily::query ? "IncompleteSignature" : "IncompleteSignatureException",
      "The Authorization header is malformed; " + std::move(detail));
}

AuthErrors::Failure AuthErrors::bad_query(std::string detail) const {
  if (family_ == AuthFamily::s3) {
    return refuse(400, "AuthorizationQueryParametersError", std::move(detail));
  }
  return refuse(
      400, family_ == AuthFamily::query ? "IncompleteSignature" : "IncompleteSignatureException",
      std::move(detail));
}

AuthErrors::Failure AuthErrors::two_mechanisms() const {
  constexpr std::string_view text =
      "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query "
      "string parameter or the Authorization header should be specified";
  if (family_ != AuthFamily::s3) return bad_query(std::string(text));
  return refuse(400, "InvalidArgument", std::string(text), {{"ArgumentName", "Authorization"}});
}

AuthErrors::Failure AuthErrors::unsupported_algorithm() const {
  if (family_ == AuthFamily::s3) {
    return refuse(400, "InvalidRequest",
                  "The authorization mechanism you have provided is not supported. Please use "
                  "AWS4-HMAC-SHA256.");
  }
  return malformed("only AWS4-HMAC-SHA256 is supported");
}

AuthErrors::Failure AuthErrors::missing_date() const {
  if (family_ == AuthFamily::s3) {
    return refuse(403, "AccessDenied",
                  "AWS authentication requires a valid Date or x-amz-date header");
  }
  return malformed("it requires a valid 'X-Amz-Date' or 'Date' header");
}

AuthErrors::Failure AuthErrors::wrong_scope_date(const CredentialScope& scope,
                                                 std::string_view date) const {
  return malformed(fmt::format(
      "Invalid credential date \"{}\". This date is not the same as X-Amz-Date: \"{}\".",
      scope.date, date.substr(0, 8)));
}

AuthErrors::Failure AuthErrors::skewed(TimeMs request_time, TimeMs now) const {
  if (family_ == AuthFamily::s3) {
    return refuse(403, "RequestTimeTooSkewed",
                  "The difference between the request time and the current time is too large.",
                  {{"RequestTime", amz_date(request_time)},
                   {"ServerTime", iso_seconds(now)},
                   {"MaxAllowedSkewMilliseconds", "900000"}});
  }
  const bool late = request_time < now;
  const auto limit = now.plus(late ? -std::chrono::minutes(15) : std::chrono::minutes(15));
  std::string text = fmt::format("Signature {}: {} is {} than {} ({} {} 15 min.)",
                                 late ? "expired" : "not yet current", amz_date(request_time),
                                 late ? "now earlier" : "still later", amz_date(limit),
                                 amz_date(now), late ? '-' : '+');
  const bool query = family_ == AuthFamily::query;
  return refuse(query ? 403 : 400, query ? "SignatureDoesNotMatch" : "InvalidSignatureException",
                std::move(text));
}

AuthErrors::Failure AuthErrors::expired(std::optional<std::chrono::seconds> valid_for, TimeMs until,
                                        TimeMs now) const {
  if (family_ != AuthFamily::s3) return skewed(until, now);
  Details details;
  if (valid_for) details.emplace_back("X-Amz-Expires", std::to_string(valid_for->count()));
  details.emplace_back("Expires", iso_seconds(until));
  details.emplace_back("ServerTime", iso_seconds(now));
  return refuse(403, "AccessDenied", "Request has expired", std::move(details));
}

AuthErrors::Failure AuthErrors::not_yet_valid(TimeMs from, TimeMs now) const {
  if (family_ != AuthFamily::s3) return skewed(from, now);
  return refuse(403, "AccessDenied", "Request is not valid yet",
                {{"X-Amz-Date", amz_date(from)}, {"ServerTime", iso_seconds(now)}});
}

AuthErrors::Failure AuthErrors::unsigned_headers(const std::string& names) const {
  if (family_ == AuthFamily::s3) {
    return refuse(403, "AccessDenied",
                  "There were headers present in the request which were not signed",
                  {{"HeadersNotSigned", names}});
  }
  return malformed(fmt::format("'{}' must be a 'SignedHeader' in the AWS Authorization.", names));
}

AuthErrors::Failure AuthErrors::mismatch(const Mismatch& m) const {
  if (family_ == AuthFamily::s3) {
    Details details{{"AWSAccessKeyId", std::string(m.access_key_id)},
                    {"StringToSign", std::string(m.string_to_sign)},
                    {"SignatureProvided", std::string(m.signature)},
                    {"StringToSignBytes", byte_pairs(m.string_to_sign)}};
    if (!m.canonical_request.empty()) {
      details.emplace_back("CanonicalRequest", m.canonical_request);
      details.emplace_back("CanonicalRequestBytes", byte_pairs(m.canonical_request));
    }
    return refuse(403, "SignatureDoesNotMatch",
                  "The request signature we calculated does not match the signature you provided. "
                  "Check your key and signing method.",
                  std::move(details));
  }
  const bool query = family_ == AuthFamily::query;
  return refuse(
      query ? 403 : 400, query ? "SignatureDoesNotMatch" : "InvalidSignatureException",
      fmt::format("The request signature we calculated does not match the signature you provided. "
                  "Check your AWS Secret Access Key and signing method. Consult the service "
                  "documentation for details.\n\nThe Canonical String for this request should have "
                  "been\n'{}'\n\nThe String-to-Sign should have been\n'{}'\n",
                  m.canonical_request, m.string_to_sign));
}

AuthErrors::Failure AuthErrors::bad_credential(const Error& found, std::string_view access_key_id,
                                               std::string_view session_token) const {
  const bool expired = found.name == "ExpiredToken";
  const bool token = expired || found.name == "InvalidToken";
  if (family_ == AuthFamily::s3) {
    if (token) {
      return refuse(400, found.name,
                    expired ? "The provided token has expired."
                            : "The provided token is malformed or otherwise invalid.",
                    {{"Token-0", std::string(session_token)}});
    }
    return refuse(403, "InvalidAccessKeyId",
                  "The AWS Access Key Id you provided does not exist in our records.",
                  {{"AWSAccessKeyId", std::string(access_key_id)}});
  }
  const bool query = family_ == AuthFamily::query;
  if (expired) {
    return refuse(query ? 403 : 400, query ? "ExpiredToken" : "ExpiredTokenException",
                  "The security token included in the request is expired");
  }
  return refuse(query ? 403 : 400, query ? "InvalidClientTokenId" : "UnrecognizedClientException",
                query ? "The security token included in the request is invalid"
                      : "The security token included in the request is invalid.");
}

}  // namespace tidemill::wire
