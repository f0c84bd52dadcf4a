/// What the authentication tests share: a keyring of one key, a clock that stands still, and a way
/// to wait for a coroutine.
#pragma once

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

#include "base/set_clock_testing.h"
#include "wire/authenticate.h"
#include "wire/sigv4.h"

namespace tidemill::wire::testing {

inline constexpr std::string_view example_key = "AKIDEXAMPLE";
inline constexpr std::string_view example_secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
inline constexpr std::string_view example_token = "TOKEN/with+signs=";
inline constexpr TimeMs example_time{1'440'938'160'000};  // 2015-08-30T12:36:00Z

class OneKey final : public Keyring {
 public:
  [[nodiscard]] Result<Credential> find(std::string_view id, std::string_view token,
                                        TimeMs) const override {
    if (id != example_key) return fail(Errc::access_denied, "InvalidAccessKeyId", "no such key");
    if (token == "EXPIRED") return fail(Errc::access_denied, "ExpiredToken", "too late");
    if (!token.empty() && token != example_token) {
      return fail(Errc::access_denied, "InvalidToken", "no such token");
    }
    Credential found;
    found.secret = Secret(std::string(example_secret));
    found.identity.kind = Caller::Kind::user;
    found.identity.scope.account = "123456789012";
    found.identity.arn = "arn:aws:iam::123456789012:user/ann";
    return found;
  }
};

template <class T>
Task<void> keep_answer(Task<T> task, std::optional<T>& answer) {
  answer.emplace(co_await std::move(task));
}

template <class T>
T wait_for(Task<T> task) {
  boost::asio::io_context context;
  std::optional<T> answer;
  boost::asio::co_spawn(context, keep_answer(std::move(task), answer), boost::asio::detached);
  context.run();
  return *std::move(answer);
}

/// A body in pieces of `step` bytes, as a network cuts it.
class PiecewiseBody final : public http::Body {
 public:
  PiecewiseBody(std::string text, std::size_t step, bool size_known = true)
      : text_(std::move(text)), step_(step), size_known_(size_known) {}
  Task<Result<std::string_view>> read() override {
    const std::string_view piece = std::string_view(text_).substr(at_, step_);
    at_ += piece.size();
    co_return piece;
  }
  [[nodiscard]] std::optional<std::uint64_t> size() const noexcept override {
    return size_known_ ? std::optional<std::uint64_t>(text_.size()) : std::nullopt;
  }

 private:
  std::string text_;
  std::size_t step_;
  bool size_known_;
  std::size_t at_ = 0;
};

struct Outcome {
  std::string error;  ///< AWS's name, or "".
  Error why;
  std::string body;
  Caller caller;
  std::string service, region;
  std::optional<http::Headers> trailers;
};

/// Authenticates and then reads the body to its end.
inline Outcome attempt(Authenticator& authenticator, http::Request& request) {
  Outcome outcome;
  auto made = wait_for(authenticator.authenticate(request));
  if (!made) {
    outcome.error = aws_name(made.error());
    outcome.why = made.error();
    return outcome;
  }
  outcome.caller = made->caller;
  outcome.service = made->service;
  outcome.region = made->region;
  auto body = wait_for(http::read_all(*made->body, 1 << 20));
  if (!body) {
    outcome.error = aws_name(body.error());
    outcome.why = body.error();
    return outcome;
  }
  outcome.body = *std::move(body);
  if (made->body->trailers() != nullptr) outcome.trailers = *made->body->trailers();
  return outcome;
}

inline void set_target(http::Request& request, std::string_view target) {
  const std::size_t mark = target.find('?');
  request.target = target;
  request.path = target.substr(0, mark);
  request.query = mark == std::string_view::npos ? "" : target.substr(mark + 1);
}

}  // namespace tidemill::wire::testing
