#include "http/answer_parser.h"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>

#include "http/parser.h"

namespace tidemill::http {
namespace beast = boost::beast;
using beast::error_code;
using beast::string_view;

namespace {

constexpr std::uint32_t head_bytes_max = 16 * 1024;
constexpr std::size_t chunk_head_bytes_max = 4 * 1024;
constexpr int informational_max = 8;

std::unexpected<Error> broken(std::string_view what) {
  return fail(Errc::unavailable, "CONNECTION_FAILURE",
              fmt::format("The server's answer can't be read: {}.", what));
}

/// Puts what Beast finds into an Answer.
class Parser final : public beast::http::basic_parser<false> {
 public:
  Parser(Answer& answer, std::size_t body_bytes_max)
      : answer_(answer), body_bytes_max_(body_bytes_max) {
    eager(true);
    header_limit(head_bytes_max);
    body_limit(boost::none);
  }

 private:
  void on_request_impl(beast::http::verb, string_view, string_view, int, error_code& ec) override {
    ec = {};
  }
  void on_response_impl(int status, string_view, int, error_code& ec) override {
    answer_.status = status;
    ec = {};
  }
  void on_field_impl(beast::http::field, string_view name, string_view value,
                     error_code& ec) override {
    ec = {};
    if (is_header_done()) return;  // A trailer.
    answer_.headers.add(std::string(name.data(), name.size()),
                        std::string(value.data(), value.size()));
  }
  void on_header_impl(error_code& ec) override { ec = {}; }
  void on_body_init_impl(boost::optional<std::uint64_t> const&, error_code& ec) override {
    ec = {};
  }
  std::size_t on_body_impl(string_view piece, error_code& ec) override { return add(piece, ec); }
  void on_chunk_header_impl(std::uint64_t, string_view, error_code& ec) override { ec = {}; }
  std::size_t on_chunk_body_impl(std::uint64_t, string_view piece, error_code& ec) override {
    return add(piece, ec);
  }
  void on_finish_impl(error_code& ec) override { ec = {}; }

  std::size_t add(string_view piece, error_code& ec) {
    ec = {};
    const auto room = body_bytes_max_ - answer_.body.size();
    answer_.is_cut = piece.size() > room;
    answer_.body.append(piece.data(), std::min(piece.size(), room));
    if (answer_.is_cut) ec = beast::http::error::body_limit;
    return piece.size();
  }

  Answer& answer_;
  const std::size_t body_bytes_max_;
};

bool is_informational(int status) { return status >= 100 && status < 200; }

}  // namespace

struct AnswerParser::State {
  State(std::size_t bytes_max, bool head) : body_bytes_max(bytes_max), is_head(head) { begin(); }

  const std::size_t body_bytes_max;
  const bool is_head;
  Answer answer;
  std::optional<Parser> parser;
  std::string rest;  ///< Bytes that the parser wants to see together with those to come.
  int informational = 0;
  bool has_begun = false, has_more = false;

  void begin() {
    answer = {};
    parser.emplace(answer, body_bytes_max);
    parser->skip(is_head);
  }

  /// "100 Continue" and its like come in front of the answer.
  Status pass_over() {
    if (answer.status == 101) return broken("it wants to change the protocol");
    if (++informational > informational_max) return broken("it only promises an answer");
    begin();
    return {};
  }
};

AnswerParser::AnswerParser(std::size_t body_bytes_max, bool is_head)
    : state_(std::make_unique<State>(body_bytes_max, is_head)) {}
AnswerParser::~AnswerParser() = default;

Status AnswerParser::put(std::string_view bytes) {
  auto& s = *state_;
  s.has_begun = s.has_begun || !bytes.empty();
  s.rest.append(bytes);
  while (!s.rest.empty() && !is_done()) {
    const bool is_in_chunks = s.parser->is_header_done() && s.parser->chunked();
    if (is_in_chunks && s.rest.size() < chunked_rest_min) return {};
    error_code ec;
    const auto used = s.parser->put(boost::asio::buffer(s.rest), ec);
    s.rest.erase(0, used);
    if (s.answer.is_cut) break;
    if (ec == beast::http::error::need_more) {
      if (s.parser->is_header_done() && s.rest.size() > chunk_head_bytes_max) {
        return broken("a chunk's head is too long");
      }
      return {};
    }
    if (ec) return broken(ec.message());
    if (s.parser->is_done() && is_informational(s.answer.status)) TM_CHECK(s.pass_over());
  }
  s.has_more = !s.rest.empty();
  return {};
}

Status AnswerParser::end() {
  if (is_done()) return {};
  if (!state_->parser->got_some()) return broken("the connection was closed");
  error_code ec;
  state_->parser->put_eof(ec);
  if (ec || !state_->parser->is_done() || !state_->rest.empty()) {
    return broken("it ends in its middle");
  }
  return {};
}

bool AnswerParser::is_done() const noexcept {
  return state_->answer.is_cut ||
         (state_->parser->is_done() && !is_informational(state_->answer.status));
}

bool AnswerParser::has_begun() const noexcept { return state_->has_begun; }

bool AnswerParser::may_stay() const noexcept {
  const auto& s = *state_;
  // Two statements of the length: whoever believes the other one reads what we would take for the
  // next answer.
  const bool is_ambiguous =
      s.answer.headers.count("Content-Length") + s.answer.headers.count("Transfer-Encoding") > 1;
  return is_done() && !s.answer.is_cut && !s.has_more && !is_ambiguous && s.parser->keep_alive() &&
         !s.parser->need_eof();
}

Answer AnswerParser::take() { return std::move(state_->answer); }

}  // namespace tidemill::http
