/// Who sent a request: the one authentication in front of the router. The interface is what the
/// router calls, once a request and before anything of the body is looked at; runs on the
/// connection's event loop.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/caller.h"
#include "http/message.h"
#include "io/task.h"
#include "wire/auth.h"

namespace tidemill::wire {

/// A request whose signature held.
struct Authenticated {
  Caller caller;
  /// The payload: un-chunked, its hash, chunk signatures and trailers verified as it is read (a
  /// read fails where they don't hold). Never null; belongs to the request or to `owned_body`.
  http::Body* body = nullptr;
  std::unique_ptr<http::Body> owned_body;
  std::string service;  ///< The signing name in the credential scope ("s3" for version 2 URLs).
  std::string region;
};

class Authenticator {
 public:
  virtual ~Authenticator() = default;
  /// Takes header signatures and presigned URLs alike. May move headers that a presigned URL
  /// carries in its query into request.headers, and strips "aws-chunked" from Content-Encoding.
  /// Fails with AWS's own names (SignatureDoesNotMatch, InvalidAccessKeyId, ...).
  virtual Task<Result<Authenticated>> authenticate(http::Request& request) = 0;
};

struct AuthenticatorOptions {
  /// Takes any access key without looking at signatures; one of twelve digits names its account.
  bool test_mode = false;
  std::string account_id = "000000000000";
  std::string region = "us-east-1";  ///< Of requests that name none.
  /// As RouterOptions has them: version 2 signs the bucket of a virtual host as part of the path.
  std::vector<std::string> base_domains = {"s3.localhost", "localhost"};
  /// Of services other than S3, whose bodies are read before the signature can be checked.
  std::size_t body_bytes_max = 6 << 20;
};

/// Checks Signature Version 4 (header and presigned URL) and S3's presigned version 2. `keyring`
/// and `clock` outlive it.
[[nodiscard]] std::unique_ptr<Authenticator> make_authenticator(const Keyring& keyring,
                                                                const Clock& clock,
                                                                AuthenticatorOptions options);

}  // namespace tidemill::wire
