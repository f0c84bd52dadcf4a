/// "equals-ignore-case" as EventBridge does it: each character of the pattern, on its own and
/// without any locale, stands for its lower or its upper case form. One way only: pattern "straße"
/// takes "STRASSE", not the reverse. Characters beyond the Basic Multilingual Plane stand for
/// themselves. Internal to pattern/; immutable values.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tidemill::pattern {

class Folded {
 public:
  /// Either text may stand here; upper is empty if there's only one.
  struct Unit {
    std::string lower, upper;
  };

  explicit Folded(std::string_view text);

  [[nodiscard]] bool equals(std::string_view value) const noexcept;
  [[nodiscard]] bool starts(std::string_view value) const noexcept;
  [[nodiscard]] bool ends(std::string_view value) const noexcept;

  [[nodiscard]] const std::vector<Unit>& units() const noexcept { return units_; }

 private:
  /// What follows this text in `value`; nullopt if value doesn't start with it.
  [[nodiscard]] std::optional<std::string_view> rest_after(std::string_view value) const noexcept;

  std::vector<Unit> units_;
};

}  // namespace tidemill::pattern
