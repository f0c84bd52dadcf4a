/// An object's address as texts name it. Pure.
#pragma once

#include <optional>
#include <string_view>

namespace tidemill {

/// The two parts of "s3://BUCKET/KEY", which may be empty; views of the text that was split.
struct S3Uri {
  std::string_view bucket, key;
};

/// nullopt where `text` doesn't begin so, or nothing ends its bucket.
[[nodiscard]] constexpr std::optional<S3Uri> split_s3_uri(std::string_view text) noexcept {
  constexpr std::string_view scheme = "s3://";
  if (!text.starts_with(scheme)) return std::nullopt;
  text.remove_prefix(scheme.size());
  const auto slash = text.find('/');
  if (slash == text.npos) return std::nullopt;
  return S3Uri{text.substr(0, slash), text.substr(slash + 1)};
}

}  // namespace tidemill
