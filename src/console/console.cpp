#include "console/console.h"

#include <fmt/format.h>

#include "base/digest.h"
#include "base/encoding.h"

namespace tidemill::console {
namespace {

constexpr std::size_t body_bytes_max = 64 * 1024;
constexpr std::string_view bearer = "Bearer ";

std::map<std::string, std::string> parse_query(std::string_view query) {
  std::map<std::string, std::string> out;
  while (!query.empty()) {
    const auto end = std::min(query.find('&'), query.size());
    const auto pair = query.substr(0, end);
    query.remove_prefix(std::min(query.size(), end + 1));
    const auto equals = std::min(pair.find('='), pair.size());
    const auto name = percent_decode(pair.substr(0, equals), true);
    const auto value = percent_decode(pair.substr(std::min(pair.size(), equals + 1)), true);
    if (name && value) out[*name] = *value;
  }
  return out;
}

http::Response response_of(int status, const std::string& type, std::string text) {
  http::Response response;
  response.status = status;
  response.headers.add("Content-Type", type);
  response.headers.add("Cache-Control", "no-store");
  response.headers.add("X-Content-Type-Options", "nosniff");
  response.text = std::move(text);
  return response;
}

http::Response json_response(int status, const json::value& value) {
  return response_of(status, "application/json", json::dump(value) + "\n");
}

bool is_bearer(const http::Request& request) {
  const auto header = request.headers.find("Authorization");
  return header && header->starts_with(bearer);
}

/// Until the console's page is there: where else to look.
http::Response page() {
  http::Response response;
  response.headers.add("Content-Type", "text/plain; charset=utf-8");
  response.headers.add("Content-Security-Policy", "default-src 'none'");
  response.text = "Tidemill " TIDEMILL_VERSION
                  " is running.\n\n"
                  "  tidemill runs list                  the runs of its jobs\n"
                  "  tidemill explain s3://BUCKET/KEY    why a file did or did not start a job\n"
                  "  GET /_tidemill/health               is it well?\n";
  return response;
}

}  // namespace

std::string_view Question::get(const std::string& name) const {
  const auto found = query.find(name);
  return found == query.end() ? std::string_view() : std::string_view(found->second);
}

const Console::Endpoint* Console::find(const http::Request& request) const {
  for (const auto& endpoint : endpoints_) {
    if (request.method != endpoint.method) continue;
    const bool below = endpoint.path.ends_with('/') && request.path.starts_with(endpoint.path);
    if (below || request.path == endpoint.path) return &endpoint;
  }
  return nullptr;
}

bool Console::has_token(const http::Request& request) const {
  const auto header = request.headers.find("Authorization");
  return is_bearer(request) && !token_.empty() &&
         equal_constant_time(header->substr(bearer.size()), token_.reveal());
}

Task<Result<Question>> Console::question_of(const Endpoint& endpoint, http::Request& request) {
  Question question;
  http::Body* body = request.body;
  wire::Authenticated authenticated;
  const bool is_open = endpoint.action.empty() || (endpoint.text && has_token(request));
  if (!is_open && endpoint.text && is_bearer(request)) {
    co_return fail(Errc::access_denied, "AccessDenied",
                   "the token isn't that of DIR/metrics-token of this server");
  }
  if (!is_open) {
    TM_CO_TRY(authenticated, co_await authenticator_.authenticate(request));
    TM_CO_CHECK(authorizer_.authorize(authenticated.caller, endpoint.action, "*"));
    question.caller = authenticated.caller;
    body = authenticated.body;
  }
  TM_CO_TRY(question.body, co_await http::read_all(*body, body_bytes_max));
  const auto rest = percent_decode(request.path.substr(endpoint.path.size()), false);
  if (!rest) co_return fail(Errc::invalid_argument, "the path is not well encoded");
  question.rest = *rest;
  question.query = parse_query(request.query);
  co_return question;
}

Task<Result<http::Response>> Console::ask(const Endpoint& endpoint, http::Request& request) {
  TM_CO_TRY(const auto question, co_await question_of(endpoint, request));
  if (endpoint.answer) {
    TM_CO_TRY(const auto answer, co_await endpoint.answer(question));
    co_return json_response(200, answer);
  }
  TM_CO_TRY(auto text, co_await endpoint.text(question));
  co_return response_of(200, endpoint.type, std::move(text));
}

Task<http::Response> Console::serve(http::Request& request) {
  if (request.method == "GET" && (request.path == "/_tidemill/" || request.path == "/_tidemill")) {
    co_return page();
  }
  const auto* endpoint = find(request);
  if (endpoint == nullptr) {
    const json::object missing{
        {"error", "NotFound"},
        {"message", fmt::format("there is no {} {}", request.method, request.path)}};
    co_return json_response(404, missing);
  }
  auto answer = co_await ask(*endpoint, request);
  if (answer) co_return *std::move(answer);
  const auto& error = answer.error();
  const json::object refused{{"error", aws_name(error)}, {"message", error.message}};
  co_return json_response(http_status(error), refused);
}

}  // namespace tidemill::console
