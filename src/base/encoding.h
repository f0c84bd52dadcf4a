/// Hex, base64 and percent-encoding, as the AWS protocols write them. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tidemill {

[[nodiscard]] std::string to_hex(std::string_view bytes);
[[nodiscard]] std::optional<std::string> from_hex(std::string_view hex);

/// Standard alphabet with padding (RFC 4648 section 4).
[[nodiscard]] std::string to_base64(std::string_view bytes);
/// Strict: alphabet, length and padding must be right.
[[nodiscard]] std::optional<std::string> from_base64(std::string_view text);

/// Percent-encodes all but A-Z a-z 0-9 - . _ ~ (and '/' if `keep_slash`), as SigV4 demands.
[[nodiscard]] std::string percent_encode(std::string_view bytes, bool keep_slash = false);
/// Decodes %XX once; '+' becomes a blank only if `plus_is_blank` (query strings and forms).
/// nullopt where a '%' isn't followed by two hex digits.
[[nodiscard]] std::optional<std::string> percent_decode(std::string_view text, bool plus_is_blank);

/// `text` with &, <, >, ", ' and control characters escaped for XML text and attributes.
[[nodiscard]] std::string xml_escape(std::string_view text);

[[nodiscard]] std::string to_lower(std::string_view text);
/// ASCII letters compare without case.
[[nodiscard]] bool iequals(std::string_view a, std::string_view b) noexcept;
/// Without blanks and tabs at both ends.
[[nodiscard]] std::string_view trim(std::string_view text) noexcept;
/// `text` is well-formed UTF-8 (RFC 3629).
[[nodiscard]] bool is_utf8(std::string_view text) noexcept;

}  // namespace tidemill
