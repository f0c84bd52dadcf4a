/// AWS Signature Version 4, the pure part: canonical forms, keys and signatures, and the client's
/// side (the commands, tests and benchmarks sign with it). Any thread.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/log.h"
#include "base/time.h"
#include "http/message.h"

namespace tidemill::wire {

inline constexpr std::string_view sigv4_algorithm = "AWS4-HMAC-SHA256";
inline constexpr std::string_view unsigned_payload = "UNSIGNED-PAYLOAD";
/// Hex of the SHA-256 of nothing.
inline constexpr std::string_view empty_sha256 =
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// Where and when a signature counts.
struct CredentialScope {
  std::string date;  ///< "20240115".
  std::string region;
  std::string service;
  /// "20240115/us-east-1/s3/aws4_request".
  [[nodiscard]] std::string text() const;
};

/// What is signed, in the request's own words.
struct CanonicalParts {
  std::string_view method;
  std::string_view path;   ///< As sent.
  std::string_view query;  ///< As sent; X-Amz-Signature is left out of the canonical form.
  const http::Headers& headers;
  std::string_view signed_headers;  ///< "host;x-amz-date".
  std::string_view payload_hash;
  std::string_view service;  ///< "s3": the path counts as sent; others: normalised, encoded again.
};

[[nodiscard]] std::string canonical_path(std::string_view path, std::string_view service);
/// Sorted; what isn't percent-encoded but should be is, and '+' is a blank as for whoever decodes.
[[nodiscard]] std::string canonical_query(std::string_view query);
/// nullopt: a signed header is not there. (Presigned: it may stand in the query instead.)
[[nodiscard]] std::optional<std::string> canonical_request(const CanonicalParts& parts);

[[nodiscard]] std::string string_to_sign(std::string_view amz_date, const CredentialScope& scope,
                                         std::string_view canonical_request);
/// The key of a day, region and service: 32 raw bytes.
[[nodiscard]] std::string derive_key(const Secret& secret, const CredentialScope& scope);
/// As above; the latest few hundred are remembered in each thread.
[[nodiscard]] std::string cached_key(std::string_view access_key_id, const Secret& secret,
                                     const CredentialScope& scope);
/// Lower-case hex.
[[nodiscard]] std::string sign_text(std::string_view key, std::string_view text);

/// A client's credentials and what it talks to.
struct SigningKey {
  std::string access_key_id;
  Secret secret_access_key;
  std::string session_token;  ///< Empty: none.
  std::string region;
  std::string service;
};

/// A request to be signed; `headers` must hold Host.
struct SigningRequest {
  std::string method = "GET";
  std::string path = "/";  ///< As it will be sent: percent-encoded.
  std::string query;       ///< As it will be sent.
  http::Headers headers;
  std::string body;
  std::string payload_hash;  ///< Instead of the body's: UNSIGNED-PAYLOAD, STREAMING-….
};

/// Adds X-Amz-Date, X-Amz-Content-Sha256, X-Amz-Security-Token and Authorization; returns the
/// signature (the seed of chunk signatures).
std::string sign(SigningRequest& request, const SigningKey& key, TimeMs now);

/// The query (without '?') of a presigned URL of `request`, which is not changed.
[[nodiscard]] std::string presign(const SigningRequest& request, const SigningKey& key, TimeMs now,
                                  std::chrono::seconds valid_for);

/// A query's names and values, decoded; what can't be decoded stays as it is.
using QueryItems = std::vector<std::pair<std::string, std::string>>;
[[nodiscard]] QueryItems query_items(std::string_view query);
/// The first value of `name`.
[[nodiscard]] std::optional<std::string_view> find_item(const QueryItems& items,
                                                        std::string_view name) noexcept;

}  // namespace tidemill::wire
