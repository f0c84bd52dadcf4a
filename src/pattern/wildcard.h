/// Wildcard texts: "*" stands for any bytes, "\*" and "\\" for themselves. Internal to pattern/;
/// immutable values.
#pragma once

#include <cstddef>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace tidemill::pattern {

class Wildcard {
 public:
  /// The error is AWS's own sentence.
  [[nodiscard]] static std::expected<Wildcard, std::string> parse(std::string_view text);

  /// In time linear in `value` and the text, whatever they are.
  [[nodiscard]] bool matches(std::string_view value) const noexcept;

  /// What lies between the stars; one piece if there is no star.
  [[nodiscard]] const std::vector<std::string>& pieces() const noexcept { return pieces_; }

 private:
  std::vector<std::string> pieces_;
};

/// AWS's measure of wildcards that are asked together: how many of their prefixes (stars count
/// too) one unlucky value can keep alive at once. Stops counting once above `enough`.
[[nodiscard]] std::size_t complexity(const std::vector<const Wildcard*>& wildcards,
                                     std::size_t enough);

}  // namespace tidemill::pattern
