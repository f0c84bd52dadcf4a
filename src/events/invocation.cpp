#include "events/invocation.h"

#include <fmt/format.h>

#include "base/encoding.h"
#include "events/input.h"
#include "http/output.h"

namespace tidemill::events {
namespace {

using namespace std::chrono_literals;

constexpr auto deadline = 5s;  // AWS's.
constexpr std::size_t shown_bytes_max = 256;
constexpr std::string_view cannot = "Unable to invoke ApiDestination endpoint: ";
constexpr std::string_view idempotency_field = "Idempotency-Key";

/// What AWS lets nobody set.
constexpr std::array<std::string_view, 36> fields_of_ours{"A-IM",
                                                          "Accept-Charset",
                                                          "Accept-Datetime",
                                                          "Accept-Encoding",
                                                          "Cache-Control",
                                                          "Connection",
                                                          "Content-Encoding",
                                                          "Content-Length",
                                                          "Content-MD5",
                                                          "Date",
                                                          "Expect",
                                                          "Forwarded",
                                                          "From",
                                                          "Host",
                                                          "HTTP2-Settings",
                                                          "If-Match",
                                                          "If-Modified-Since",
                                                          "If-None-Match",
                                                          "If-Range",
                                                          "If-Unmodified-Since",
                                                          "Keep-Alive",
                                                          "Max-Forwards",
                                                          "Origin",
                                                          "Pragma",
                                                          "Proxy-Authorization",
                                                          "Proxy-Connection",
                                                          "Range",
                                                          "Referer",
                                                          "TE",
                                                          "Trailer",
                                                          "Transfer-Encoding",
                                                          "Upgrade",
                                                          "User-Agent",
                                                          "Via",
                                                          "Warning",
                                                          "X-Amzn-Trace-Id"};

bool is_ours(std::string_view field) {
  return std::ranges::any_of(fields_of_ours,
                             [field](std::string_view one) { return iequals(one, field); });
}

void set_field(http::Call& call, std::string_view name, std::string_view value) {
  if (!is_ours(name)) call.headers.set(name, std::string(value));
}

/// Sets a parameter of the address' query, in place of one of that name.
void set_query(std::string& target, std::string_view name, std::string_view value) {
  const auto mark = target.find('?');
  std::string query = mark == target.npos ? "" : target.substr(mark + 1);
  if (mark != target.npos) target.resize(mark);
  const auto wanted = percent_encode(name);
  std::string kept;
  for (std::string_view rest = query; !rest.empty();) {
    const auto end = std::min(rest.find('&'), rest.size());
    const auto one = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (one.substr(0, one.find('=')) == wanted) continue;
    kept.append(kept.empty() ? "" : "&").append(one);
  }
  target += fmt::format("?{}{}{}={}", kept, kept.empty() ? "" : "&", wanted, percent_encode(value));
}

void set_in_body(http::Call& call, std::string_view name, std::string_view value, bool is_form) {
  if (is_form) {
    std::string form = "?" + call.body;
    set_query(form, name, value);
    call.body = form.substr(form[1] == '&' ? 2 : 1);
    return;
  }
  auto body = json::parse_object(call.body);
  if (!body) return;  // AWS says nothing of a body that has no members.
  (*body)[name] = value;
  call.body = json::dump(*body);
}

/// A value of HttpParameters: a JSON path into the event, or itself.
std::string resolved(std::string_view value, const json::value& event) {
  if (!value.starts_with("$.") && value != "$") return std::string(value);
  const auto* found = at_path(event, value);
  if (found == nullptr) return {};
  return found->is_string() ? std::string(json::view(found->get_string())) : json::dump(*found);
}

const json::object* object_of(const json::object& parent, std::string_view name) {
  const auto* member = parent.if_contains(name);
  return member != nullptr && member->is_object() ? &member->get_object() : nullptr;
}

/// Puts the target's PathParameterValues in place of the "*" of the endpoint's path.
std::string fill_path(const std::string& endpoint, const json::object& parameters,
                      const json::value& event) {
  const auto* values = parameters.if_contains("PathParameterValues");
  if (values == nullptr || !values->is_array()) return endpoint;
  std::string filled;
  const auto query = std::min(endpoint.find('?'), endpoint.size());
  auto next = values->get_array().begin();
  for (std::size_t i = 0; i < endpoint.size(); ++i) {
    const bool is_gap =
        endpoint[i] == '*' && i < query && next != values->get_array().end() && next->is_string();
    if (is_gap) {
      filled += percent_encode(resolved(json::view((next++)->get_string()), event));
    } else {
      filled += endpoint[i];
    }
  }
  return filled;
}

void add_target_parameters(http::Call& call, const json::object& parameters,
                           const json::value& event) {
  if (const auto* fields = object_of(parameters, "HeaderParameters")) {
    for (const auto& one : *fields) {
      if (!one.value().is_string()) continue;
      set_field(call, one.key(), resolved(json::view(one.value().get_string()), event));
    }
  }
  if (const auto* query = object_of(parameters, "QueryStringParameters")) {
    for (const auto& one : *query) {
      if (!one.value().is_string()) continue;
      set_query(call.url.target, one.key(), resolved(json::view(one.value().get_string()), event));
    }
  }
}

void authorize(http::Call& call, const Connection& connection, std::string_view authorization) {
  if (const auto* basic = object_of(connection.auth, "BasicAuthParameters")) {
    const auto pair = fmt::format("{}:{}", json::text_or_empty(*basic, "Username"),
                                  json::text_or_empty(*basic, "Password"));
    call.headers.set("Authorization", "Basic " + to_base64(pair));
  }
  if (const auto* key = object_of(connection.auth, "ApiKeyAuthParameters")) {
    set_field(call, json::text_or_empty(*key, "ApiKeyName"),
              json::text_or_empty(*key, "ApiKeyValue"));
  }
  if (!authorization.empty()) call.headers.set("Authorization", std::string(authorization));
}

/// What is worth showing of an answer: its status and first bytes, on one line.
std::string shown(const http::Answer& answer, std::span<const std::string> secrets) {
  auto text = fmt::format("HTTP {} {}", answer.status, http::reason_phrase(answer.status));
  auto body = blotted(answer.body.substr(0, 16 * shown_bytes_max), secrets);
  const bool is_cut = body.size() > shown_bytes_max;
  body.resize(std::min(body.size(), shown_bytes_max));
  for (char& c : body) {
    if (static_cast<unsigned char>(c) < ' ' || static_cast<unsigned char>(c) >= 0x7f) c = ' ';
  }
  if (!body.empty()) text += fmt::format(": {}{}", body, is_cut ? "…" : "");
  return text;
}

/// Retry-After: seconds, or a date. Negative: no more tries.
std::optional<std::int64_t> retry_after_ms(const http::Answer& answer, TimeMs now) {
  const auto text = answer.headers.get("Retry-After");
  if (const auto date = parse_http_date(text)) return date->ms - now.ms;
  std::int64_t seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  constexpr std::int64_t day = 86'400;
  return std::clamp(seconds, -day, 2 * day) * 1000;
}

bool is_retried(int status) {
  return status == 401 || status == 407 || status == 409 || status == 429 || status >= 500;
}

Outcome failed(Outcome::Kind kind, std::string_view code, std::string_view text) {
  return {.kind = kind, .code = std::string(code), .message = fmt::format("{}{}", cannot, text)};
}

Outcome outcome_of_answer(const http::Answer& answer, TimeMs now,
                          std::span<const std::string> secrets) {
  const auto text = shown(answer, secrets);
  if (answer.status >= 200 && answer.status < 300) return {.result = text};
  const auto code = answer.status == 429 ? "THROTTLING" : "ERROR_FROM_TARGET";
  if (!is_retried(answer.status)) return failed(Outcome::Kind::refused, code, text);
  const auto wait = retry_after_ms(answer, now);
  if (wait && *wait < 0) {
    return failed(Outcome::Kind::refused, code, text + " (Retry-After forbids another try)");
  }
  auto outcome = failed(Outcome::Kind::retry, code, text);
  if (wait) outcome.not_before = now.plus(std::chrono::milliseconds(*wait));
  return outcome;
}

}  // namespace

std::string idempotency_key(const Delivery& delivery) {
  return fmt::format("{}-{}", delivery.event_id, delivery.id);
}

void add_parameters(http::Call& call, const json::object& parameters, bool is_form) {
  const auto each = [&parameters](std::string_view list, const auto& add) {
    const auto* found = parameters.if_contains(list);
    if (found == nullptr || !found->is_array()) return;
    for (const auto& one : found->get_array()) {
      if (!one.is_object()) continue;
      const auto name = json::text_or_empty(one.get_object(), "Key");
      if (!name.empty()) add(name, json::text_or_empty(one.get_object(), "Value"));
    }
  };
  each("HeaderParameters", [&](auto name, auto value) { set_field(call, name, value); });
  each("QueryStringParameters",
       [&](auto name, auto value) { set_query(call.url.target, name, value); });
  each("BodyParameters", [&](auto name, auto value) { set_in_body(call, name, value, is_form); });
}

Result<http::Call> make_call(const Parcel& parcel, std::string_view authorization) {
  const auto& [delivery, destination, connection] = parcel;
  json::object parameters;
  if (!delivery.http.empty()) {
    TM_TRY(parameters, json::parse_object(delivery.http));
  }
  TM_TRY(const auto event, json::parse(delivery.event));
  http::Call call{.method = destination.method,
                  .url = {},
                  .headers = {},
                  .body = delivery.input,
                  .deadline = deadline};
  TM_TRY(call.url, http::Url::parse(fill_path(destination.endpoint, parameters, event)));
  call.headers.add("Content-Type", "application/json; charset=utf-8");
  call.headers.add(std::string(idempotency_field), idempotency_key(delivery));
  add_target_parameters(call, parameters, event);
  if (const auto* own = object_of(connection.auth, "InvocationHttpParameters")) {
    add_parameters(call, *own, false);
  }
  authorize(call, connection, authorization);
  call.headers.set("User-Agent", "Amazon/EventBridge/ApiDestinations");
  call.headers.set("Range", "bytes=0-1048575");
  if (call.method == "GET" || call.method == "HEAD") call.body.clear();
  return call;
}

Outcome outcome_of(const Result<http::Answer>& answer, TimeMs now,
                   std::span<const std::string> secrets) {
  if (answer) return outcome_of_answer(*answer, now, secrets);
  const auto& error = answer.error();
  const bool may_help = error.code == Errc::unavailable || error.code == Errc::throttled;
  return failed(may_help ? Outcome::Kind::retry : Outcome::Kind::refused,
                error.name.empty() ? "INVALID_PARAMETER" : error.name, error.message);
}

bool is_unauthorized(const Result<http::Answer>& answer) {
  return answer && (answer->status == 401 || answer->status == 407);
}

std::string blotted(std::string text, std::span<const std::string> secrets) {
  for (const auto& secret : secrets) {
    if (secret.empty()) continue;
    for (auto at = text.find(secret); at != text.npos; at = text.find(secret, at)) {
      text.replace(at, secret.size(), "***");
      at += 3;
    }
  }
  return text;
}

}  // namespace tidemill::events
