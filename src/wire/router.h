/// The one entrance: finds out which service, protocol and operation a request means, has it
/// authenticated, decodes and validates it, has it authorized, calls the handler, encodes the
/// answer or the error. Owned by the server; set up before the first request, then used by all
/// event loops without a lock.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/random.h"
#include "base/time.h"
#include "http/message.h"
#include "wire/audit.h"
#include "wire/auth.h"
#include "wire/authenticate.h"
#include "wire/cors.h"
#include "wire/handler.h"
#include "wire/observer.h"
#include "wire/target.h"

namespace tidemill::wire {

/// Asked before a request's signature and body are looked at: whether there is room for it.
class Admission {
 public:
  virtual ~Admission() = default;
  /// Fails with throttled or storage_full. Any thread; never blocks.
  [[nodiscard]] virtual Status admit(const Operation& operation) = 0;
  /// A request came to an error that says something about the room there is.
  virtual void refused(const Error& error) = 0;
};

struct RouterOptions {
  /// Hosts under which a further label is a bucket: "b.localhost" is bucket b.
  std::vector<std::string> base_domains = {"s3.localhost", "localhost"};
};

struct OperationCount {
  std::string_view service, operation;
  std::uint64_t requests = 0, client_errors = 0, server_errors = 0;
  std::uint64_t throttled = 0;  ///< Of the errors: too much to do.
};

class Router final : public http::Service {
 public:
  Router(Authenticator& authenticator, const Authorizer& authorizer, const Clock& clock,
         Random& random, RouterOptions options = {});
  ~Router() override;

  /// Serves Op by object->method. The method is one of
  ///   Task<Result<Response>> m(const Caller&, Request)
  ///   Task<Result<Response>> m(const Caller&, Request, http::Body&)   (streamed input)
  ///   Task<Result<Download<Response>>> m(const Caller&, Request)      (streamed output)
  /// `access` names the resource; without it the resource is "*".
  template <class Op, class Object, class Method>
  void on(Object* object, Method method, AccessOf<Op> access = {}) {
    add(std::make_unique<TypedHandler<Op, Object, Method>>(object, method, std::move(access)));
  }

  /// Serves all under /_tidemill/, unauthenticated.
  void set_fallback(http::Service& fallback) { fallback_ = &fallback; }
  /// Answers preflights, and says what scripts may read of S3's answers.
  void set_cross_origin(const CrossOrigin& rules) { cross_origin_ = &rules; }
  /// Is told of every authenticated call that was to change something.
  void set_audit_trail(AuditTrail& trail) { audit_trail_ = &trail; }
  /// Is told how requests to buckets ended.
  void set_observer(Observer& observer) { observer_ = &observer; }
  /// Outlives the router.
  void set_admission(Admission& admission) { admission_ = &admission; }

  Task<http::Response> serve(http::Request& request) override;

  [[nodiscard]] std::vector<OperationCount> counts() const;
  /// "service:Operation" of requests for what isn't served, with how often; at most 256 names.
  [[nodiscard]] std::map<std::string, std::uint64_t> unlisted_counts() const;

 private:
  struct Call;

  void add(std::unique_ptr<Handler> handler);
  Task<Status> run(Call& call);
  Task<Status> authenticate(Call& call);
  Task<Status> decode(Call& call);
  [[nodiscard]] Status authorize(Call& call) const;
  [[nodiscard]] Status admit(const Call& call) const;
  [[nodiscard]] Status find_handler(Call& call);
  Task<Status> read_body(Call& call, std::size_t bytes_max);
  void encode(Call& call, Answer answer) const;
  void refuse(Call& call, const Error& error) const;
  void finish(Call& call) const;
  [[nodiscard]] Status preflight(Call& call) const;
  [[nodiscard]] bool is_audited(const Call& call) const;
  void audit(Call& call, const Error* error) const;
  void observe(Call& call, std::chrono::steady_clock::time_point begun) const;
  void count_unlisted(const Target& target);

  Authenticator& authenticator_;
  const Authorizer& authorizer_;
  const Clock& clock_;
  Random& random_;
  RouterOptions options_;
  http::Service* fallback_ = nullptr;
  const CrossOrigin* cross_origin_ = nullptr;
  AuditTrail* audit_trail_ = nullptr;
  Admission* admission_ = nullptr;
  Observer* observer_ = nullptr;
  /// Of bodies that are in memory, all requests together.
  std::atomic<std::size_t> body_bytes_ = 0;
  std::unordered_map<const Operation*, std::unique_ptr<Handler>> handlers_;
  mutable std::mutex unlisted_lock_;  ///< Only taken for operations that aren't served.
  std::map<std::string, std::uint64_t> unlisted_;
};

}  // namespace tidemill::wire
