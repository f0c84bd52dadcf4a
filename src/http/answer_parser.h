/// Takes one HTTP/1.1 answer apart as its bytes come in: Boost.Beast's parser, with limits. Pure;
/// belongs to one exchange.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "http/message.h"

namespace tidemill::http {

/// What a server answered.
struct Answer {
  int status = 0;
  Headers headers;
  std::string body;
  bool is_cut = false;  ///< The body was longer than what was asked for; this is its beginning.
};

class AnswerParser {
 public:
  /// `is_head`: the answer to HEAD, which has no body whatever its fields say.
  AnswerParser(std::size_t body_bytes_max, bool is_head);
  ~AnswerParser();
  AnswerParser(const AnswerParser&) = delete;
  AnswerParser& operator=(const AnswerParser&) = delete;

  /// Takes the next bytes. Fails with unavailable on what is no answer or has a head of more than
  /// 16 KiB.
  [[nodiscard]] Status put(std::string_view bytes);
  /// The server has closed: fails unless that is how the body ends.
  [[nodiscard]] Status end();

  /// The whole answer is there, or as much as is wanted.
  [[nodiscard]] bool is_done() const noexcept;
  [[nodiscard]] bool has_begun() const noexcept;
  /// The connection may be used again: the answer has ended by its own length, nothing came
  /// behind it, and the server wants to stay.
  [[nodiscard]] bool may_stay() const noexcept;
  [[nodiscard]] Answer take();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tidemill::http
