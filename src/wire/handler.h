/// A registered operation without its types: what the router holds. Made once at start by
/// Router::on; called on the event loops; holds nothing that changes but counters.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

#include "base/caller.h"
#include "http/message.h"
#include "io/task.h"
#include "wire/types.h"

namespace tidemill::wire {

/// What a request wants to do to what: the question for the Authorizer.
struct Access {
  std::string action = {};  ///< Empty: the operation's own ("<iam prefix>:<Operation>").
  std::string resource = "*";
  std::map<std::string, std::string> conditions = {};  ///< Beside the caller's own.
  bool asked_by_handler = false;  ///< Which also knows the resource's own policy.
};

/// The Access of an operation that knows what it is about, or who may, only when it runs.
template <class Request>
Access asked_by_handler(const Caller& /*caller*/, const Request& /*request*/) {
  return {.asked_by_handler = true};
}

/// The answer of an operation whose output carries a streamed payload (GetObject).
template <class Response>
struct Download {
  Response head;
  int status = 200;
  std::string text = {};
  std::unique_ptr<http::Body> stream = {};   ///< Instead of text.
  std::optional<http::FileRange> file = {};  ///< Instead of text.
};

/// What came back from a handler: a response struct, and a payload where it streams one.
struct Answer {
  std::shared_ptr<void> head;
  int status = 0;  ///< 0: the operation's own.
  bool download = false;
  std::string text;
  std::unique_ptr<http::Body> stream;
  std::optional<http::FileRange> file;
};

class Handler {
 public:
  explicit Handler(const Operation& described) : operation(described) {}
  virtual ~Handler() = default;
  Handler(const Handler&) = delete;
  Handler& operator=(const Handler&) = delete;

  [[nodiscard]] virtual std::shared_ptr<void> make_request() const = 0;
  [[nodiscard]] virtual Access access(const Caller& caller, const void* request) const = 0;
  virtual Task<Result<Answer>> call(const Caller& caller, void* request, http::Body& body) = 0;

  const Operation& operation;
  std::atomic<std::uint64_t> requests = 0;
  std::atomic<std::uint64_t> client_errors = 0;
  std::atomic<std::uint64_t> server_errors = 0;
  std::atomic<std::uint64_t> throttled = 0;
};

template <class Op>
using AccessOf = std::function<Access(const Caller&, const typename Op::Request&)>;

template <class Op, class Object, class Method>
class TypedHandler final : public Handler {
 public:
  using Request = typename Op::Request;
  using Response = typename Op::Response;

  TypedHandler(Object* object, Method method, AccessOf<Op> access)
      : Handler(Op::operation), object_(object), method_(method), access_(std::move(access)) {}

  [[nodiscard]] std::shared_ptr<void> make_request() const override {
    return std::make_shared<Request>();
  }

  [[nodiscard]] Access access(const Caller& caller, const void* request) const override {
    return access_ ? access_(caller, *static_cast<const Request*>(request)) : Access();
  }

  Task<Result<Answer>> call(const Caller& caller, void* request, http::Body& body) override {
    auto& typed = *static_cast<Request*>(request);
    if constexpr (takes_body) {
      auto reply = co_await (object_->*method_)(caller, std::move(typed), body);
      co_return answer(std::move(reply));
    } else {
      auto reply = co_await (object_->*method_)(caller, std::move(typed));
      co_return answer(std::move(reply));
    }
  }

 private:
  static constexpr bool takes_body =
      std::is_invocable_v<Method, Object*, const Caller&, Request, http::Body&>;

  static Result<Answer> answer(Result<Response> reply) {
    if (!reply) return std::unexpected(std::move(reply).error());
    Answer made;
    made.head = std::make_shared<Response>(*std::move(reply));
    return made;
  }

  static Result<Answer> answer(Result<Download<Response>> reply) {
    if (!reply) return std::unexpected(std::move(reply).error());
    Answer made;
    made.head = std::make_shared<Response>(std::move(reply->head));
    made.status = reply->status;
    made.download = true;
    made.text = std::move(reply->text);
    made.stream = std::move(reply->stream);
    made.file = std::move(reply->file);
    return made;
  }

  Object* object_;
  Method method_;
  AccessOf<Op> access_;
};

}  // namespace tidemill::wire
