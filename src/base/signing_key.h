/// An RSA key with a certificate of its own, for what others are to be able to verify (messages of
/// topics). Immutable once made, so any thread may sign.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/digest.h"
#include "base/error.h"
#include "base/log.h"

namespace tidemill {

class SigningKey {
 public:
  /// A new 2,048-bit key with a self-signed certificate for `name`. Takes some 100 ms.
  [[nodiscard]] static Result<SigningKey> generate(const std::string& name);
  /// Fails with corrupt where it isn't what private_pem() and certificate() gave.
  [[nodiscard]] static Result<SigningKey> load(const Secret& private_pem, std::string certificate);

  /// The raw PKCS #1 v1.5 signature of `text`, with SHA-1 or SHA-256 (`kind`). About 0.3 ms.
  [[nodiscard]] std::string sign(std::string_view text, DigestKind kind) const;

  [[nodiscard]] Secret private_pem() const;
  /// PEM of the X.509 certificate.
  [[nodiscard]] const std::string& certificate() const noexcept { return certificate_; }

 private:
  struct Key;
  SigningKey(std::shared_ptr<const Key> key, std::string certificate)
      : key_(std::move(key)), certificate_(std::move(certificate)) {}
  std::shared_ptr<const Key> key_;
  std::string certificate_;
};

}  // namespace tidemill
