#include "base/own_arn.h"

#include <array>

namespace tidemill {

std::string own_arn(std::string_view text, std::string_view account) {
  std::string out(text);
  std::array<std::size_t, 5> colons{};  // arn:PARTITION:SERVICE:REGION:ACCOUNT:RESOURCE
  std::size_t from = 0;
  for (auto& colon : colons) {
    colon = text.find(':', from);
    if (colon == text.npos) return out;
    from = colon + 1;
  }
  const bool has_region = colons[3] > colons[2] + 1, has_account = colons[4] > colons[3] + 1;
  if (text.starts_with("arn:") && has_region && !has_account) out.insert(colons[4], account);
  return out;
}

}  // namespace tidemill
