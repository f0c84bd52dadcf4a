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

  /// Its pieces as bytes, for like() and pieces_of().
  [[nodiscard]] std::string encode() const;

  /// What lies between the stars; one piece if there is no star.
  [[nodiscard]] const std::vector<std::string>& pieces() const noexcept { return pieces_; }

 private:
  std::vector<std::string> pieces_;
};

/// Whether the wildcard encoded as `encoded` takes `value`; in time linear in both, whatever they
/// are.
[[nodiscard]] bool like(std::string_view encoded, std::string_view value) noexcept;

[[nodiscard]] std::vector<std::string_view> pieces_of(std::string_view encoded);

/// `text` as a piece that stands for itself.
[[nodiscard]] std::string escaped(std::string_view text);

/// The text that it was parsed from.
[[nodiscard]] std::string wildcard_text(std::string_view encoded);

/// AWS's measure of wildcards that are asked together: how many of their prefixes (stars count
/// too) one unlucky value can keep alive at once. Stops counting once above `enough`.
[[nodiscard]] std::size_t complexity(const std::vector<const Wildcard*>& wildcards,
                                     std::size_t enough);

}  // namespace tidemill::pattern
