/// What a request says of its sender, taken from the Authorization header or a presigned URL; only
/// claims, until authenticate.cpp has checked the signature. Pure.
#pragma once

#include "wire/sigv4.h"
#include "wire/sigv4_errors.h"

namespace tidemill::wire {

struct AuthClaim {
  enum class Kind : std::uint8_t { none, header, presigned, presigned_v2 };
  Kind kind = Kind::none;
  std::string access_key_id;
  CredentialScope scope;  ///< Version 2: only the service.
  std::string amz_date;   ///< As signed: "20240115T093015Z".
  TimeMs time;
  std::string signed_headers;
  std::string signature;
  std::string session_token;
  std::optional<std::chrono::seconds> valid_for;  ///< Presigned.
  TimeMs expires;                                 ///< Presigned.
};

/// Fails where the claims contradict themselves or each other.
[[nodiscard]] Result<AuthClaim> read_claim(const http::Request& request, const QueryItems& query,
                                           const AuthErrors& errors);

/// The names (joined by ", ") of fields that must be signed but are not: host and x-amz-….
[[nodiscard]] std::string unsigned_names(const http::Headers& headers,
                                         std::string_view signed_headers);

/// Version 2's string to sign for a presigned S3 URL. `bucket`: of a virtual host, else empty.
[[nodiscard]] std::string string_to_sign_v2(const http::Request& request, const QueryItems& query,
                                            std::string_view bucket);

}  // namespace tidemill::wire
