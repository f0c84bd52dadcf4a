#include "http/parser.h"

#include <cstring>

#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>

#include "base/encoding.h"

namespace tidemill::http {
namespace beast = boost::beast;

namespace {

std::unexpected<Error> bad_request(std::string_view hint) {
  Error error{.code = Errc::invalid_argument,
              .message = "An error occurred when parsing the HTTP request.",
              .name = "BadRequest"};
  error.hint = hint;
  return std::unexpected(std::move(error));
}

bool is_number(std::string_view text) {
  return !text.empty() && text.size() <= 18 &&
         std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

/// Content-Length and Transfer-Encoding: one of them at most, once, and in its plainest form.
Status check_framing(const Headers& headers, Framing& framing) {
  const std::size_t lengths = headers.count("Content-Length");
  const std::size_t codings = headers.count("Transfer-Encoding");
  if (lengths + codings > 1) return bad_request("more than one statement of the body's length");
  if (lengths == 1) {
    const std::string_view text = headers.get("Content-Length");
    if (!is_number(text)) return bad_request("Content-Length is not a number");
    std::from_chars(text.data(), text.data() + text.size(), framing.content_length);
  }
  if (codings == 1) {
    if (!framing.http11) return bad_request("Transfer-Encoding in HTTP/1.0");
    if (!iequals(headers.get("Transfer-Encoding"), "chunked")) {
      return bad_request("only the transfer coding 'chunked' is supported");
    }
    framing.chunked = true;
  }
  return {};
}

Status check_expectation(const Headers& headers, Framing& framing) {
  const auto expect = headers.find("Expect");
  if (!expect) return {};
  if (!iequals(*expect, "100-continue")) {
    Error error{.code = Errc::invalid_argument,
                .message = "the only expectation that is supported is 100-continue",
                .name = "ExpectationFailed",
                .status = 417};
    return std::unexpected(std::move(error));
  }
  framing.expects_continue = framing.http11 && (framing.chunked || framing.content_length > 0);
  return {};
}

Status split_target(Request& request) {
  const std::string_view target = request.target;
  if (!target.starts_with('/')) return bad_request("the request target must begin with '/'");
  if (target.contains('#')) return bad_request("the request target has a fragment");
  const std::size_t mark = target.find('?');
  request.path.assign(target.substr(0, mark));
  request.query.assign(mark == std::string_view::npos ? "" : target.substr(mark + 1));
  return {};
}

using BasicParser = beast::http::basic_parser<true>;
using beast::error_code;
using beast::string_view;

/// Puts what Beast finds where we want it.
class Parser final : public BasicParser {
 public:
  explicit Parser(Request* request) : request_(request) {
    body_limit(boost::none);
    header_limit(UINT32_MAX);  // HeadScanner has looked at it.
  }

  std::string_view piece;
  bool http11 = false;

 private:
  void on_request_impl(beast::http::verb, string_view method, string_view target, int version,
                       error_code& ec) override {
    http11 = version == 11;
    request_->method.assign(method.data(), method.size());
    request_->target.assign(target.data(), target.size());
    ec = {};
  }
  void on_response_impl(int, string_view, int, error_code& ec) override { ec = {}; }
  void on_field_impl(beast::http::field, string_view name, string_view value,
                     error_code& ec) override {
    ec = {};
    if (is_header_done()) return;  // A trailer: nothing of ours uses one.
    request_->headers.add(std::string(name.data(), name.size()),
                          std::string(value.data(), value.size()));
  }
  void on_header_impl(error_code& ec) override { ec = {}; }
  void on_body_init_impl(boost::optional<std::uint64_t> const&, error_code& ec) override {
    ec = {};
  }
  std::size_t on_body_impl(string_view, error_code& ec) override {
    ec = {};
    return 0;  // Bodies with a Content-Length never come here.
  }
  void on_chunk_header_impl(std::uint64_t, string_view, error_code& ec) override { ec = {}; }
  std::size_t on_chunk_body_impl(std::uint64_t, string_view body, error_code& ec) override {
    ec = {};
    piece = {body.data(), body.size()};
    return body.size();
  }
  void on_finish_impl(error_code& ec) override { ec = {}; }

  Request* request_;
};

}  // namespace

Result<std::optional<std::size_t>> HeadScanner::scan(std::string_view bytes) {
  while (true) {
    const std::string_view rest = bytes.substr(scanned_);
    const std::size_t feed = rest.find('\n');
    const bool first_line = line_ == 0;
    const std::size_t line_end = feed == std::string_view::npos ? bytes.size() : scanned_ + feed;
    if (first_line && line_end - line_ > limits_.line_bytes_max) {
      Error error{.code = Errc::invalid_argument,
                  .message = "The request line is too long.",
                  .name = "RequestURITooLong",
                  .status = 414};
      return std::unexpected(std::move(error));
    }
    if (line_end > limits_.head_bytes_max) {
      return fail(Errc::invalid_argument, "RequestHeaderSectionTooLarge",
                  "Your request header section exceeds the maximum allowed request header size.");
    }
    if (feed == std::string_view::npos) {
      scanned_ = bytes.size();
      return std::nullopt;
    }
    if (line_end == line_ || bytes[line_end - 1] != '\r') return bad_request("a bare line feed");
    if (line_end == line_ + 1) {
      if (first_line) return bad_request("an empty line in front of the request");
      return line_end + 1;
    }
    if (!first_line && (bytes[line_] == ' ' || bytes[line_] == '\t')) {
      return bad_request("a folded header field");
    }
    scanned_ = line_ = line_end + 1;
  }
}

struct RequestParser::State {
  std::optional<Parser> parser;
};

RequestParser::RequestParser() : state_(std::make_unique<State>()) {}
RequestParser::~RequestParser() = default;

Result<Framing> RequestParser::parse_head(std::string_view head, Request& request) {
  request.headers.clear();
  Parser& parser = state_->parser.emplace(&request);
  error_code ec;
  const std::size_t used = parser.put({head.data(), head.size()}, ec);
  if (ec || used != head.size() || !parser.is_header_done()) return bad_request(ec.message());
  Framing framing;
  framing.http11 = parser.http11;
  framing.keep_alive = parser.keep_alive();
  TM_CHECK(check_framing(request.headers, framing));
  TM_CHECK(check_expectation(request.headers, framing));
  TM_CHECK(split_target(request));
  const std::size_t hosts = request.headers.count("Host");
  if (hosts > 1 || (hosts == 0 && framing.http11)) return bad_request("not just one Host field");
  return framing;
}

Result<RequestParser::Step> RequestParser::decode_chunked(std::string_view bytes) {
  constexpr std::size_t chunk_line_max = 4096;
  Parser& parser = *state_->parser;
  Step step;
  if (bytes.size() < chunked_rest_min) {
    step.needs_more = true;
    return step;
  }
  parser.piece = {};
  error_code ec;
  step.consumed = parser.put({bytes.data(), bytes.size()}, ec);
  step.piece = parser.piece;
  step.done = parser.is_done();
  if (ec == beast::http::error::need_more) {
    if (bytes.size() - step.consumed > chunk_line_max)
      return bad_request("a chunk's head is too long");
    step.needs_more = true;
    return step;
  }
  if (ec) return bad_request(ec.message());
  return step;
}

}  // namespace tidemill::http
