/// CloudWatch Logs filter patterns: terms, JSON selectors and space-delimited fields. Pure and
/// immutable: any thread may match. (AWS: "Filter pattern syntax".)
#pragma once

#include <memory>
#include <string_view>

#include "base/error.h"

namespace tidemill::logs {

class FilterPattern {
 public:
  static constexpr std::size_t text_bytes_max = 1024;

  /// Matches everything, as an empty pattern does.
  FilterPattern() = default;
  /// Fails with invalid_argument, InvalidParameterException, in AWS's words.
  [[nodiscard]] static Result<FilterPattern> compile(std::string_view text);

  /// In time linear in `message`.
  [[nodiscard]] bool matches(std::string_view message) const;
  [[nodiscard]] bool matches_all() const noexcept { return form_ == nullptr; }

 private:
  struct Form;
  std::shared_ptr<const Form> form_;
};

}  // namespace tidemill::logs
