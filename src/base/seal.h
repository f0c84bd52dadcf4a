/// Encryption of what must not be readable on disk: values of secrets, passwords of connections.
/// AES-256-GCM; every sealed text says which place it belongs to, so that none can be moved to
/// another row and opened there. Immutable once made; any thread.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "base/log.h"
#include "base/random.h"

namespace tidemill {

class Sealer {
 public:
  /// `key`: 64 hex digits (DIR/sealing.key). Fails with corrupt if it isn't that.
  [[nodiscard]] static Result<Sealer> make(const Secret& key, Random& random);

  /// A byte of the form's version, the nonce (12), the encrypted text, its tag (16). Never the same
  /// twice. `place` names where it is kept ("ssm/arn:…:3"); it isn't in the result.
  [[nodiscard]] std::string seal(std::string_view text, std::string_view place) const;
  /// Fails with corrupt where `sealed` was changed, is of another place, or of another key.
  [[nodiscard]] Result<std::string> open(std::string_view sealed, std::string_view place) const;

 private:
  Sealer(Secret key, Random& random) : key_(std::move(key)), random_(&random) {}

  Secret key_;  ///< 32 raw bytes.
  Random* random_;
};

}  // namespace tidemill
