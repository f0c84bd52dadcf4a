#include "events/quotas.h"

#include <algorithm>

#include <fmt/format.h>

#include "pattern/pattern.h"

namespace tidemill::events {
namespace {

std::unexpected<Error> beyond(std::string quota) {
  return std::unexpected(
      Error{.code = Errc::conflict,
            .message = "The requested resource exceeds the maximum number allowed.",
            .name = "LimitExceededException",
            .hint = std::move(quota) + "; without --strict-aws there is no such limit"});
}

bool has_wildcard(const Rule& rule) {
  const auto pattern = pattern::Pattern::compile(rule.pattern);
  return pattern && pattern->has_wildcard();
}

std::size_t characters(std::string_view utf8) {
  return std::size_t(std::ranges::count_if(utf8, [](char c) { return (c & 0xC0) != 0x80; }));
}

}  // namespace

Status check_quotas(store::Tx& tx, const Rule& rule) {
  if (characters(rule.pattern) > strict_pattern_characters_max) {
    return beyond(
        fmt::format("AWS takes patterns of at most {} characters", strict_pattern_characters_max));
  }
  TM_TRY(auto others, list_rules(tx, rule.key));
  std::erase_if(others, [&rule](const Rule& other) { return other.name == rule.name; });
  if (others.size() >= strict_rules_per_bus_max) {
    return beyond(fmt::format("AWS takes {} rules a bus", strict_rules_per_bus_max));
  }
  if (!has_wildcard(rule)) return {};
  const auto wild = std::size_t(std::ranges::count_if(others, has_wildcard));
  if (wild < strict_wildcard_rules_per_bus_max) return {};
  return beyond(
      fmt::format("AWS takes {} rules with wildcards a bus", strict_wildcard_rules_per_bus_max));
}

}  // namespace tidemill::events
