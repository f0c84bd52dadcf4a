/// What AWS answers to a request that it can't authenticate: each family of services has its own
/// names and texts for the same thing. Pure.
#pragma once

#include "http/message.h"
#include "wire/sigv4.h"

namespace tidemill::wire {

enum class AuthFamily : std::uint8_t { s3, query, json };

/// By the signed scope, else by the request's form; S3 where nothing tells.
[[nodiscard]] AuthFamily auth_family(const http::Request& request, const QueryItems& query);

/// What a signature was compared with.
struct Mismatch {
  std::string_view access_key_id;
  std::string_view signature;
  std::string_view string_to_sign;
  std::string_view canonical_request;  ///< Empty for version 2.
};

class AuthErrors {
 public:
  using Failure = std::unexpected<Error>;

  explicit AuthErrors(AuthFamily family) : family_(family) {}

  [[nodiscard]] Failure missing_token() const;
  /// The Authorization header can't be taken apart or lacks something.
  [[nodiscard]] Failure malformed(std::string detail) const;
  /// A parameter of a presigned URL is wrong.
  [[nodiscard]] Failure bad_query(std::string detail) const;
  [[nodiscard]] Failure two_mechanisms() const;
  [[nodiscard]] Failure unsupported_algorithm() const;
  [[nodiscard]] Failure missing_date() const;
  [[nodiscard]] Failure wrong_scope_date(const CredentialScope& scope,
                                         std::string_view amz_date) const;
  [[nodiscard]] Failure skewed(TimeMs request_time, TimeMs now) const;
  /// A presigned URL: too late, or too early.
  [[nodiscard]] Failure expired(std::optional<std::chrono::seconds> valid_for, TimeMs until,
                                TimeMs now) const;
  [[nodiscard]] Failure not_yet_valid(TimeMs from, TimeMs now) const;
  [[nodiscard]] Failure unsigned_headers(const std::string& names) const;
  [[nodiscard]] Failure mismatch(const Mismatch& mismatch) const;
  /// Puts what the keyring said into the family's words.
  [[nodiscard]] Failure bad_credential(const Error& found, std::string_view access_key_id,
                                       std::string_view session_token) const;

 private:
  AuthFamily family_;
};

}  // namespace tidemill::wire
