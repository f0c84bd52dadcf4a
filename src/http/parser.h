/// Takes one HTTP/1.1 request apart: Boost.Beast's parser behind stricter rules of framing (RFC
/// 9112 allows a server to be lenient; every leniency is a smuggling hole behind a proxy). Pure;
/// belongs to one connection.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "http/message.h"

namespace tidemill::http {

struct HeadLimits {
  std::size_t head_bytes_max = 16 * 1024;  ///< Request line and header fields.
  std::size_t line_bytes_max = 8 * 1024;   ///< The request line.
};

/// Looks for the end of a request's head in bytes that keep coming.
class HeadScanner {
 public:
  explicit HeadScanner(HeadLimits limits) : limits_(limits) {}
  /// The size of the head, nullopt if there is more to come. `bytes` begins with the head and may
  /// only have grown since the last call. Fails on bare line feeds, folded fields and limits.
  [[nodiscard]] Result<std::optional<std::size_t>> scan(std::string_view bytes);
  void reset() noexcept { line_ = scanned_ = 0; }

 private:
  HeadLimits limits_;
  std::size_t line_ = 0;     // Where the current line begins.
  std::size_t scanned_ = 0;  // Bytes without a line feed behind line_.
};

/// A chunked body that isn't over has at least so many bytes to come ("0\r\n\r\n"). Beast's parser
/// must not see fewer: it aborts on an end that arrives in small pieces.
inline constexpr std::size_t chunked_rest_min = 5;

/// What the head says about the connection and the body.
struct Framing {
  std::uint64_t content_length = 0;
  bool chunked = false;
  bool keep_alive = true;
  bool http11 = true;
  bool expects_continue = false;
};

class RequestParser {
 public:
  RequestParser();
  ~RequestParser();
  RequestParser(const RequestParser&) = delete;
  RequestParser& operator=(const RequestParser&) = delete;

  /// Fills method, target, path, query and headers of `request` from a whole head.
  [[nodiscard]] Result<Framing> parse_head(std::string_view head, Request& request);

  /// One step through a chunked body.
  struct Step {
    std::size_t consumed = 0;
    std::string_view piece;  ///< Of the bytes given; may be empty.
    bool done = false;
    bool needs_more = false;
  };
  [[nodiscard]] Result<Step> decode_chunked(std::string_view bytes);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tidemill::http
