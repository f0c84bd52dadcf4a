/// What lives under /_tidemill/ beside the AWS protocols: health, and the JSON that the commands
/// (later the web page) ask for. Set up by the server before the first request; called on event
/// loops.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/log.h"
#include "http/message.h"
#include "wire/auth.h"
#include "wire/authenticate.h"

namespace tidemill::console {

/// A request to an endpoint, decoded.
struct Question {
  std::string rest;  ///< What follows the endpoint's path.
  std::map<std::string, std::string> query;
  std::string body;
  Caller caller;  ///< Verified, where the endpoint asks for it.

  /// The query's value of `name`, or "".
  [[nodiscard]] std::string_view get(const std::string& name) const;
};

class Console final : public http::Service {
 public:
  using Answer = std::function<Task<Result<json::value>>(const Question&)>;
  using Text = std::function<Task<Result<std::string>>(const Question&)>;

  /// Who sends `token` ("Authorization: Bearer TOKEN") may have what show() has, and nothing else.
  Console(wire::Authenticator& authenticator, const wire::Authorizer& authorizer, Secret token)
      : authenticator_(authenticator), authorizer_(authorizer), token_(std::move(token)) {}

  /// Answers METHOD PATH with JSON. A path that ends in '/' takes all below it. With an `action`
  /// ("tidemill:Read") the request must be signed by a caller who is allowed it; with "" it is
  /// open.
  void on(std::string method, std::string path, std::string action, Answer answer) {
    endpoints_.push_back({.method = std::move(method),
                          .path = std::move(path),
                          .action = std::move(action),
                          .answer = std::move(answer)});
  }
  /// Answers GET PATH with a text of the media type `type`, to who has the token or is allowed
  /// `action`; with "" openly.
  void show(std::string path, std::string action, std::string type, Text text) {
    endpoints_.push_back({.method = "GET",
                          .path = std::move(path),
                          .action = std::move(action),
                          .text = std::move(text),
                          .type = std::move(type)});
  }

  Task<http::Response> serve(http::Request& request) override;

 private:
  struct Endpoint {
    std::string method, path, action;
    Answer answer = {};
    Text text = {};         ///< Instead.
    std::string type = {};  ///< Of the text.
  };
  [[nodiscard]] const Endpoint* find(const http::Request& request) const;
  /// The question, once it may be asked.
  Task<Result<Question>> question_of(const Endpoint& endpoint, http::Request& request);
  Task<Result<http::Response>> ask(const Endpoint& endpoint, http::Request& request);
  [[nodiscard]] bool has_token(const http::Request& request) const;

  wire::Authenticator& authenticator_;
  const wire::Authorizer& authorizer_;
  const Secret token_;
  std::vector<Endpoint> endpoints_;
};

}  // namespace tidemill::console
