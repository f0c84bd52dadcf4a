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
    endpoints_.push_back(
        {std::move(method), std::move(path), std::move(action), std::move(answer), {}});
  }
  /// Answers GET PATH with text for Prometheus, to who has the token or is allowed `action`.
  void show(std::string path, std::string action, Text text) {
    endpoints_.push_back({"GET", std::move(path), std::move(action), {}, std::move(text)});
  }

  /// Answers GET PATH with a text, openly.
  void show(std::string path, std::string type, std::function<std::string()> text) {
    texts_.push_back({std::move(path), std::move(type), std::move(text)});
  }

  Task<http::Response> serve(http::Request& request) override;

 private:
  struct Endpoint {
    std::string method, path, action;
    Answer answer;
    Text text;  ///< Instead.
  };
  struct Page {
    std::string path, type;
    std::function<std::string()> text;
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
  std::vector<Page> texts_;
};

}  // namespace tidemill::console
