#include "wire/router.h"

#include <fmt/format.h>

#include "base/encoding.h"
#include "base/gzip.h"
#include "base/log.h"
#include "io/loops.h"
#include "wire/cbor_codec.h"
#include "wire/errors.h"
#include "wire/json_codec.h"
#include "wire/own_account.h"
#include "wire/query_codec.h"
#include "wire/rest_codec.h"
#include "wire/validate.h"

namespace tidemill::wire {
namespace {

constexpr std::size_t unlisted_names_max = 256;
constexpr std::size_t gunzipped_times_max = 10;  // What an operation's body may unpack to.
constexpr std::size_t form_bytes_max = 6 << 20;  // A mebibyte of signs, three bytes for each.
constexpr auto refusal_pause = std::chrono::milliseconds(500);
constexpr std::size_t body_bytes_max = 256 << 20;  // In memory, of all requests.

bool is_ours(const http::Request& request) {
  return request.path == "/_tidemill" || request.path.starts_with("/_tidemill/");
}

/// A person with a browser, not a client with keys.
bool is_browser(const http::Request& request) {
  return request.method == "GET" && request.path == "/" && request.query.empty() &&
         !request.headers.find("authorization") &&
         request.headers.get("accept").find("text/html") != std::string_view::npos;
}

/// How the client reached us; a proxy that ends its TLS says so.
std::string endpoint_of(const http::Request& request) {
  const bool secure = iequals(request.headers.get("x-forwarded-proto"), "https");
  return fmt::format("{}://{}", secure ? "https" : "http", request.headers.get("host"));
}

}  // namespace

/// What a body may take of the memory that all of them share; gives it back.
class BodyShare {
 public:
  BodyShare() = default;
  BodyShare(const BodyShare&) = delete;
  BodyShare& operator=(const BodyShare&) = delete;
  ~BodyShare() {
    if (total_ != nullptr) *total_ -= bytes_;
  }
  [[nodiscard]] Status take(std::atomic<std::size_t>& total, std::size_t bytes) {
    const auto before = total.fetch_add(bytes);
    total_ = &total;
    bytes_ = bytes;
    if (before + bytes <= body_bytes_max) return {};
    return fail(Errc::throttled, "Too many bytes are on their way here; try again.");
  }

 private:
  std::atomic<std::size_t>* total_ = nullptr;
  std::size_t bytes_ = 0;
};

/// One request on its way through.
struct Router::Call {
  http::Request& request;
  std::string id;
  Target target;
  Authenticated authenticated;
  Handler* handler = nullptr;
  std::shared_ptr<void> input;
  std::string body;
  std::string resource;  ///< That the decision was about.
  std::optional<AuditedRequest> audited;
  BodyShare share = {};
  http::Response response = {};
};

Router::Router(Authenticator& authenticator, const Authorizer& authorizer, const Clock& clock,
               Random& random, RouterOptions options)
    : authenticator_(authenticator),
      authorizer_(authorizer),
      clock_(clock),
      random_(random),
      options_(std::move(options)) {}

Router::~Router() = default;

void Router::add(std::unique_ptr<Handler> handler) {
  const auto* operation = &handler->operation;
  const bool added = handlers_.emplace(operation, std::move(handler)).second;
  TM_ASSERT(added);
}

Task<http::Response> Router::serve(http::Request& request) {
  if (fallback_ != nullptr && is_ours(request)) co_return co_await fallback_->serve(request);
  if (fallback_ != nullptr && is_browser(request)) {
    http::Response redirect;
    redirect.status = 302;
    redirect.headers.add("Location", "/_tidemill/");
    co_return redirect;
  }
  Call call{.request = request, .id = random_uuid(random_)};
  const auto begun = std::chrono::steady_clock::now();
  const auto done = co_await run(call);
  if (!done) refuse(call, done.error());
  finish(call);
  if (is_audited(call)) audit(call, done ? nullptr : &done.error());
  if (observer_ != nullptr) observe(call, begun);
  co_return std::move(call.response);
}

void Router::observe(Call& call, std::chrono::steady_clock::time_point begun) const {
  const auto label = [&call](const char* name) {
    const auto found = call.target.labels.find(name);
    return found == call.target.labels.end() ? std::string() : found->second;
  };
  auto bucket = label("Bucket");
  if (bucket.empty() || !observer_->watches(bucket)) return;
  Exchange exchange{.bucket = std::move(bucket),
                    .key = label("Key"),
                    .operation = call.target.operation ? call.target.operation->name : "",
                    .method = call.request.method,
                    .bytes_in = call.request.body->size().value_or(0),
                    .to_first = std::chrono::steady_clock::now() - begun};
  call.response.sent = [observer = observer_, begun,
                        exchange = std::move(exchange)](const http::Sent& sent) mutable {
    exchange.status = sent.status;
    exchange.bytes_out = sent.body_bytes;
    exchange.to_last = std::chrono::steady_clock::now() - begun;
    observer->answered(std::move(exchange));
  };
}

/// A browser asks on behalf of a script, without any signature.
Status Router::preflight(Call& call) const {
  call.target.protocol = Protocol::rest_xml;
  TM_TRY(call.response.headers,
         cross_origin_->preflight(bucket_of(call.request, options_.base_domains), call.request));
  return {};
}

bool Router::is_audited(const Call& call) const {
  return audit_trail_ != nullptr && call.handler != nullptr && call.handler->operation.audited &&
         call.authenticated.caller.kind != Caller::Kind::anonymous;
}

void Router::audit(Call& call, const Error* error) const {
  const auto& operation = call.handler->operation;
  // What was refused before its handler is told as far as it was read.
  if (!call.audited) {
    call.audited =
        call.input ? wire::audited(*operation.input, call.input.get()) : AuditedRequest();
  }
  audit_trail_->note({.time = clock_.now(),
                      .caller = call.authenticated.caller,
                      .service = operation.service->signing_name,
                      .operation = operation.name,
                      .user_agent = call.request.headers.get("user-agent"),
                      .request = *call.audited,
                      .resource = call.resource,
                      .error = error});
}

Task<Status> Router::run(Call& call) {
  if (cross_origin_ != nullptr && call.request.method == "OPTIONS") co_return preflight(call);
  auto target = find_target(call.request, options_.base_domains);
  if (!target) {
    call.target.protocol = Protocol::rest_xml;
    co_return std::unexpected(std::move(target).error());
  }
  call.target = *std::move(target);
  if (const auto admitted = admit(call); !admitted) {
    // Who asks again at once would take the time of those who are served.
    if (admitted.error().code == Errc::throttled) co_await io::sleep_for(refusal_pause);
    co_return admitted;
  }
  TM_CO_CHECK(co_await authenticate(call));
  TM_CO_CHECK(co_await decode(call));
  TM_CO_CHECK(authorize(call));
  auto& handler = *call.handler;
  // The handler takes the request away.
  if (is_audited(call)) call.audited = audited(*handler.operation.input, call.input.get());
  auto answer =
      co_await handler.call(call.authenticated.caller, call.input.get(), *call.authenticated.body);
  if (!answer) co_return std::unexpected(std::move(answer).error());
  encode(call, *std::move(answer));
  co_return Status();
}

Status Router::admit(const Call& call) const {
  if (admission_ == nullptr || call.target.operation == nullptr) return {};
  return admission_->admit(*call.target.operation);
}

/// All of it, if there is memory for it.
Task<Status> Router::read_body(Call& call, std::size_t bytes_max) {
  auto& body = *call.authenticated.body;
  const auto size = std::min<std::uint64_t>(body.size().value_or(bytes_max), bytes_max);
  TM_CO_CHECK(call.share.take(body_bytes_, size));
  TM_CO_TRY(call.body, co_await http::read_all(body, bytes_max));
  co_return Status();
}

Task<Status> Router::authenticate(Call& call) {
  auto authenticated = co_await authenticator_.authenticate(call.request);
  if (!authenticated) co_return std::unexpected(std::move(authenticated).error());
  call.authenticated = *std::move(authenticated);
  call.authenticated.caller.request_id = call.id;
  call.authenticated.caller.endpoint = endpoint_of(call.request);
  call.authenticated.caller.is_gone = call.request.is_gone;
  const auto& signed_for = call.authenticated.service;
  const auto* service = call.target.service;
  if (!call.authenticated.caller.access_key_id.empty() && service != nullptr &&
      !signed_for.empty() && signed_for != service->signing_name) {
    co_return fail(Errc::access_denied, "SignatureDoesNotMatch",
                   fmt::format("Credential should be scoped to correct service: '{}'.",
                               service->signing_name));
  }
  co_return Status();
}

Status Router::find_handler(Call& call) {
  if (call.target.operation != nullptr) {
    const auto found = handlers_.find(call.target.operation);
    if (found != handlers_.end()) {
      call.handler = found->second.get();
      return {};
    }
  }
  count_unlisted(call.target);
  Error error{
      .code = Errc::invalid_argument,
      .message = fmt::format(
          "{} of {} is not an operation that Tidemill serves.", call.target.operation_name,
          call.target.service != nullptr ? call.target.service->name : call.target.service_name),
      .name = "UnknownOperationException"};
  return std::unexpected(std::move(error));
}

void Router::count_unlisted(const Target& target) {
  const auto name =
      fmt::format("{}:{}", target.service != nullptr ? target.service->name : target.service_name,
                  target.operation_name);
  const std::lock_guard lock(unlisted_lock_);
  if (unlisted_.contains(name) || unlisted_.size() < unlisted_names_max) ++unlisted_[name];
}

Task<Status> Router::decode(Call& call) {
  auto& target = call.target;
  Parameters form;
  if (target.protocol == Protocol::query) {
    TM_CO_CHECK(co_await read_body(call, form_bytes_max));
    auto parsed = parse_form(call.body);
    if (!parsed) co_return std::unexpected(std::move(parsed).error());
    form = *std::move(parsed);
    form.insert(form.end(), target.query.begin(), target.query.end());
    if (const auto* action = find_parameter(form, "Action")) set_operation(target, *action);
    TM_CO_CHECK(admit(call));
    // Older clients of SQS name the queue by the URL they send to.
    if (call.request.path != "/" && find_parameter(form, "QueueUrl") == nullptr) {
      form.emplace_back("QueueUrl", call.request.path);
    }
  }
  TM_CO_CHECK(find_handler(call));
  const auto& operation = *target.operation;
  ++call.handler->requests;
  if (target.protocol != Protocol::query && !operation.streams_in) {
    TM_CO_CHECK(co_await read_body(call, operation.body_max));
    const auto encoding = call.request.headers.find("Content-Encoding");
    if (encoding && *encoding == "gzip") {
      TM_CO_TRY(call.body, gunzip(call.body, operation.body_max * gunzipped_times_max));
    }
  }
  call.input = call.handler->make_request();
  Status decoded;
  switch (target.protocol) {
    case Protocol::json:
      decoded = decode_json(call.body, *operation.input, call.input.get());
      break;
    case Protocol::cbor:
      decoded = decode_cbor(call.body, *operation.input, call.input.get());
      break;
    case Protocol::query: decoded = decode_query(form, *operation.input, call.input.get()); break;
    case Protocol::rest_json:
    case Protocol::rest_xml:
      decoded = decode_rest(target, call.request.headers, call.body, call.input.get());
  }
  TM_CO_CHECK(decoded);
  name_account(*operation.input, call.input.get(), call.authenticated.caller.scope.account);
  co_return validate(operation, call.input.get());
}

Status Router::authorize(Call& call) const {
  const auto& operation = *call.target.operation;
  auto& caller = call.authenticated.caller;
  auto access = call.handler->access(caller, call.input.get());
  if (access.asked_by_handler) return {};
  const auto& action = access.action.empty() ? std::string(operation.action) : access.action;
  if (action.empty()) return {};
  for (auto& [name, value] : access.conditions) caller.conditions[to_lower(name)] = value;
  call.resource = std::move(access.resource);
  return authorizer_.authorize(caller, action, call.resource);
}

void Router::encode(Call& call, Answer answer) const {
  const auto& operation = *call.target.operation;
  auto& response = call.response;
  response.status = answer.status != 0 ? answer.status : operation.status;
  switch (call.target.protocol) {
    case Protocol::json:
      response.headers.set("Content-Type", fmt::format("application/x-amz-json-{}",
                                                       operation.service->json_version));
      if (operation.output != &empty_shape) {
        response.text = encode_json(*operation.output, answer.head.get());
      }
      break;
    case Protocol::cbor:
      response.headers.set("Content-Type", "application/cbor");
      response.headers.set("Smithy-Protocol", "rpc-v2-cbor");
      response.text = encode_cbor(*operation.output, answer.head.get());
      break;
    case Protocol::query:
      response.headers.set("Content-Type", "text/xml");
      response.text = encode_query(operation, answer.head.get(), call.id);
      break;
    case Protocol::rest_json:
    case Protocol::rest_xml:
      encode_rest(operation, call.target.protocol, answer.head.get(), response);
  }
  if (answer.download) {
    response.text = std::move(answer.text);
    response.stream = std::move(answer.stream);
    response.file = std::move(answer.file);
  }
  // The server counts what it sends; only HEAD tells of what it doesn't.
  if (const auto length = response.headers.find("Content-Length")) {
    if (call.request.method == "HEAD")
      response.announced_length = std::stoull(std::string(*length));
    response.headers.remove("Content-Length");
  }
}

void Router::refuse(Call& call, const Error& error) const {
  call.response = http::Response();
  if (call.target.service == nullptr && call.target.protocol == Protocol::query) {
    call.target.protocol = Protocol::json;
  }
  encode_error(call.target, error, call.id, call.response);
  if (admission_ != nullptr) admission_->refused(error);
  if (call.handler != nullptr) {
    auto& count =
        call.response.status >= 500 ? call.handler->server_errors : call.handler->client_errors;
    ++count;
    const bool is_too_much = error.code == Errc::throttled || error.code == Errc::unavailable;
    if (is_too_much) ++call.handler->throttled;
  }
  if (call.response.status >= 500 && error.code != Errc::throttled) {
    TM_LOG(error, "wire", "request failed",
           {{"operation", call.target.operation_name}, {"reason", error.message}, {"id", call.id}});
  }
}

void Router::finish(Call& call) const {
  auto& headers = call.response.headers;
  headers.set("Server", "Tidemill");
  headers.set("Date", http_date(clock_.now()));
  if (call.target.protocol == Protocol::rest_xml) {
    headers.set("x-amz-request-id", call.id);
    headers.set("x-amz-id-2", call.id);
    const auto bucket = call.target.labels.find("Bucket");
    if (cross_origin_ != nullptr && bucket != call.target.labels.end()) {
      cross_origin_->let_read(bucket->second, call.request, headers);
    }
    if (call.request.method == "GET") {
      // An uploaded page shares the console's origin: it must not run there.
      headers.set("Content-Security-Policy", "sandbox");
      headers.set("X-Content-Type-Options", "nosniff");
    }
  } else {
    headers.set("x-amzn-RequestId", call.id);
  }
}

std::vector<OperationCount> Router::counts() const {
  std::vector<OperationCount> counts;
  for (const auto& [operation, handler] : handlers_) {
    counts.push_back({operation->service->name, operation->name, handler->requests.load(),
                      handler->client_errors.load(), handler->server_errors.load(),
                      handler->throttled.load()});
  }
  return counts;
}

std::map<std::string, std::uint64_t> Router::unlisted_counts() const {
  const std::lock_guard lock(unlisted_lock_);
  return unlisted_;
}

}  // namespace tidemill::wire
