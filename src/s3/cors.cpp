#include "s3/cors.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/encoding.h"
#include "base/json.h"
#include "iam/policy.h"

namespace tidemill::s3 {
namespace {

std::vector<std::string> texts(const json::object& o, std::string_view name) {
  std::vector<std::string> found;
  const auto* list = o.if_contains(name);
  if (list == nullptr || !list->is_array()) return found;
  for (const auto& text : list->get_array()) {
    if (text.is_string()) found.emplace_back(json::view(text.get_string()));
  }
  return found;
}

bool any_matches(const std::vector<std::string>& patterns, std::string_view text, bool fold_case) {
  return std::ranges::any_of(patterns, [&](const std::string& pattern) {
    return iam::wildcard_match(pattern, text, fold_case);
  });
}

/// "a, B" as a and b.
std::vector<std::string> names_of(std::string_view list) {
  std::vector<std::string> names;
  while (!list.empty()) {
    const auto end = std::min(list.find(','), list.size());
    const auto name = trim(list.substr(0, end));
    if (!name.empty()) names.push_back(to_lower(name));
    list.remove_prefix(std::min(list.size(), end + 1));
  }
  return names;
}

std::unexpected<Error> bad_request(std::string message) {
  return fail(Errc::invalid_argument, "BadRequest", std::move(message));
}

std::unexpected<Error> forbidden(std::string message, std::string_view method) {
  return std::unexpected(
      Error{.code = Errc::access_denied,
            .message = std::move(message),
            .name = "AccessForbidden",
            .details = {{"Method", std::string(method)}, {"ResourceType", "OBJECT"}}});
}

void add_common(const CorsRule& rule, std::string_view origin, http::Headers& answer) {
  const bool any = std::ranges::find(rule.origins, "*") != rule.origins.end();
  answer.add("Access-Control-Allow-Origin", any ? "*" : std::string(origin));
  answer.add("Access-Control-Allow-Methods", fmt::format("{}", fmt::join(rule.methods, ", ")));
  if (!rule.exposed.empty()) {
    answer.add("Access-Control-Expose-Headers", fmt::format("{}", fmt::join(rule.exposed, ", ")));
  }
  if (rule.max_age_s) answer.add("Access-Control-Max-Age", std::to_string(*rule.max_age_s));
  if (!any) answer.add("Access-Control-Allow-Credentials", "true");
  answer.add("Vary", "Origin, Access-Control-Request-Headers, Access-Control-Request-Method");
}

}  // namespace

Result<Cors> Cors::parse(std::string_view text) {
  TM_TRY(const auto document, json::parse_object(text));
  Cors cors;
  const auto* rules = document.if_contains("CORSRule");
  if (rules == nullptr || !rules->is_array()) return cors;
  for (const auto& rule : rules->get_array()) {
    if (!rule.is_object()) continue;
    const auto& o = rule.get_object();
    const auto* age = o.if_contains("MaxAgeSeconds");
    cors.rules.push_back({.origins = texts(o, "AllowedOrigin"),
                          .methods = texts(o, "AllowedMethod"),
                          .headers = texts(o, "AllowedHeader"),
                          .exposed = texts(o, "ExposeHeader"),
                          .max_age_s = age != nullptr && age->is_int64()
                                           ? std::optional(age->get_int64())
                                           : std::nullopt});
  }
  return cors;
}

const CorsRule* Cors::find(const CorsQuestion& question) const {
  const auto found = std::ranges::find_if(rules, [&](const CorsRule& rule) {
    return std::ranges::find(rule.methods, question.method) != rule.methods.end() &&
           any_matches(rule.origins, question.origin, false) &&
           std::ranges::all_of(question.headers, [&](const std::string& header) {
             return any_matches(rule.headers, header, true);
           });
  });
  return found == rules.end() ? nullptr : &*found;
}

Result<http::Headers> BucketCors::preflight(std::string_view bucket,
                                            const http::Request& request) const {
  const auto origin = request.headers.get("origin");
  const auto method = request.headers.get("access-control-request-method");
  if (origin.empty()) {
    return bad_request("Insufficient information. Origin request header needed.");
  }
  if (method.empty()) return bad_request("Invalid Access-Control-Request-Method: null");
  const auto cors = rules_.find(bucket);
  if (!cors) return forbidden("CORSResponse: CORS is not enabled for this bucket.", method);
  const CorsQuestion question{origin, method,
                              names_of(request.headers.get("access-control-request-headers"))};
  const auto* rule = cors->find(question);
  if (rule == nullptr) {
    return forbidden(
        "CORSResponse: This CORS request is not allowed. This is usually because the evalution of "
        "Origin, request method / Access-Control-Request-Method or Access-Control-Request-Headers "
        "are not whitelisted by the resource's CORS spec.",
        method);
  }
  http::Headers answer;
  add_common(*rule, origin, answer);
  if (!question.headers.empty()) {
    answer.add("Access-Control-Allow-Headers",
               fmt::format("{}", fmt::join(question.headers, ", ")));
  }
  return answer;
}

void BucketCors::let_read(std::string_view bucket, const http::Request& request,
                          http::Headers& answer) const {
  const auto origin = request.headers.get("origin");
  if (origin.empty()) return;
  const auto cors = rules_.find(bucket);
  if (!cors) return;
  const CorsQuestion question{origin, request.method, {}};
  if (const auto* rule = cors->find(question)) add_common(*rule, origin, answer);
}

}  // namespace tidemill::s3
