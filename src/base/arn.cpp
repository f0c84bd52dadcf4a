#include "base/arn.h"

#include <array>

#include <fmt/compile.h>
#include <fmt/format.h>

namespace tidemill {

std::optional<Arn> Arn::parse(std::string_view text) {
  std::array<std::string_view, 5> parts;
  for (auto& part : parts) {
    const auto colon = text.find(':');
    if (colon == std::string_view::npos) return std::nullopt;
    part = text.substr(0, colon);
    text.remove_prefix(colon + 1);
  }
  if (parts[0] != "arn" || parts[1].empty() || parts[2].empty() || text.empty()) {
    return std::nullopt;
  }
  return Arn{std::string(parts[1]), std::string(parts[2]), std::string(parts[3]),
             std::string(parts[4]), std::string(text)};
}

std::string Arn::text() const {
  return fmt::format("arn:{}:{}:{}:{}:{}", partition, service, region, account, resource);
}

std::string make_arn(std::string_view service, const Scope& scope, std::string_view resource) {
  return fmt::format(FMT_COMPILE("arn:aws:{}:{}:{}:{}"), service, scope.region, scope.account,
                     resource);
}

}  // namespace tidemill
