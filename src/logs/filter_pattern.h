/// CloudWatch Logs filter patterns: terms, JSON selectors and space-delimited fields. Pure and
/// immutable: any thread may match. (AWS: "Filter pattern syntax".)
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

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

  /// What the pattern names in a message that matches: {"$.latency": "12"} of JSON, {"$ip": "::1"}
  /// of fields, where those without a name are "$2". Nothing, where it is of terms.
  [[nodiscard]] std::map<std::string, std::string> values(std::string_view message) const;
  /// Of the fields that `selectors` name, those that are there.
  [[nodiscard]] std::map<std::string, std::string> values(
      std::string_view message, const std::vector<std::string>& selectors) const;
  /// Whether `selector` can name a value of a message: "$.a[0].b" of JSON, "$name" of a field.
  [[nodiscard]] bool takes(std::string_view selector) const;

 private:
  struct Form;
  std::shared_ptr<const Form> form_;
};

}  // namespace tidemill::logs
