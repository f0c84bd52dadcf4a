/// GetRandomPassword.
#pragma once

#include <string>

#include "base/error.h"
#include "base/random.h"

namespace tidemill::secretsmanager {

struct PasswordOrder {
  std::size_t length = 32;
  std::string excluded;
  bool lower = true, upper = true, digits = true, punctuation = true, space = false;
  bool each_kind = true;  ///< At least one character of each kind.
};

/// Every character is as likely as another. Fails with InvalidParameterException where nothing is
/// left to choose from, or not enough room for each kind.
[[nodiscard]] Result<std::string> make_password(const PasswordOrder& order, Random& random);

}  // namespace tidemill::secretsmanager
