/// Which secrets a list shows, and in which order: the filters of ListSecrets. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "secretsmanager/secret.h"

namespace tidemill::secretsmanager {

struct SecretFilter {
  std::string key;                  ///< "name", "tag-key", "all", …
  std::vector<std::string> values;  ///< One beginning with '!' must not hold.
};

/// Whether the secret passes all of them.
[[nodiscard]] bool passes(const std::vector<SecretFilter>& filters, const Secret& secret,
                          const Tags& tags);

/// A text by which secrets are put in order of "name", "last-changed-date", "last-accessed-date"
/// or "created-date"; never the same for two.
[[nodiscard]] std::string sort_key(const Secret& secret, std::string_view by);

}  // namespace tidemill::secretsmanager
