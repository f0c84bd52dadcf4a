/// What can go wrong, as a value: every boundary returns Result<T>. Bugs abort (TM_ASSERT).
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tidemill {

/// What a caller may decide on. Each code maps to one HTTP status and a default AWS error name
/// (base/error.cpp); never branch on text.
enum class Errc : std::uint8_t {
  invalid_argument,       // 400
  access_denied,          // 403
  not_found,              // 404
  method_not_allowed,     // 405
  already_exists,         // 409
  conflict,               // 409
  precondition_failed,    // 412
  too_large,              // 413
  range_not_satisfiable,  // 416
  throttled,              // 429
  internal,               // 500
  not_implemented,        // 501
  unavailable,            // 503
  storage_full,           // 507
  corrupt,                // 500
};

/// An expected failure.
struct Error {
  Errc code = Errc::internal;
  std::string message;  ///< For a person: names the thing, and what to do next.
  /// AWS's own name of the error ("NoSuchBucket", "ResourceNotFoundException"); empty: the default
  /// of `code`.
  std::string name = {};
  /// Further elements that AWS puts beside the message (S3: BucketName, Key, Condition, ...).
  std::vector<std::pair<std::string, std::string>> details = {};
  /// Our own plain-words advice, sent in the x-tidemill-hint header.
  std::string hint = {};
  /// HTTP status where it differs from the code's own; 0: the code's.
  int status = 0;
};

template <class T>
using Result = std::expected<T, Error>;
using Status = Result<void>;

[[nodiscard]] inline std::unexpected<Error> fail(Errc code, std::string message) {
  return std::unexpected(Error{.code = code, .message = std::move(message)});
}

/// As above with AWS's name of the error.
[[nodiscard]] inline std::unexpected<Error> fail(Errc code, std::string name, std::string message) {
  return std::unexpected(
      Error{.code = code, .message = std::move(message), .name = std::move(name)});
}

/// The HTTP status that `error` answers with.
[[nodiscard]] int http_status(const Error& error) noexcept;

/// AWS's name of `error`: its own, or the default of its code ("ValidationException", ...).
[[nodiscard]] std::string_view aws_name(const Error& error) noexcept;

[[noreturn]] void assertion_failed(const char* expression, const char* file, int line) noexcept;

}  // namespace tidemill

/// Checks an invariant, also in release builds; prints where and aborts if it does not hold.
#define TM_ASSERT(expr) \
  (static_cast<bool>(expr) ? void() : ::tidemill::assertion_failed(#expr, __FILE__, __LINE__))

#define TM_CAT_(a, b) a##b
#define TM_CAT(a, b) TM_CAT_(a, b)
#define TM_TRY_IMPL(ret, tmp, lhs, expr)                 \
  auto tmp = (expr);                                     \
  if (!tmp) ret std::unexpected(std::move(tmp).error()); \
  lhs = *std::move(tmp)
#define TM_CHECK_IMPL(ret, tmp, expr) \
  if (auto tmp = (expr); !tmp) ret std::unexpected(std::move(tmp).error())

/// Gives the value of `expr` to `lhs`, or returns (co_returns) its error.
#define TM_TRY(lhs, expr) TM_TRY_IMPL(return, TM_CAT(tm_, __LINE__), lhs, expr)
#define TM_CO_TRY(lhs, expr) TM_TRY_IMPL(co_return, TM_CAT(tm_, __LINE__), lhs, expr)
/// Returns (co_returns) the error of a Status `expr`.
#define TM_CHECK(expr) TM_CHECK_IMPL(return, TM_CAT(tm_, __LINE__), expr)
#define TM_CO_CHECK(expr) TM_CHECK_IMPL(co_return, TM_CAT(tm_, __LINE__), expr)
