#include "wire/target.h"

#include <fmt/format.h>

#include "base/encoding.h"
#include "wire/gen/services.h"

namespace tidemill::wire {
namespace {

constexpr std::size_t parameters_max = 10'000;

std::unexpected<Error> invalid_uri() {
  return fail(Errc::invalid_argument, "InvalidURI", "Couldn't parse the specified URI.");
}

const Service* service_signed_as(std::string_view signing_name) {
  for (const auto* service : all_services()) {
    if (service->signing_name == signing_name) return service;
  }
  return nullptr;
}

/// The service of a credential scope: the fourth part of KEY/DATE/REGION/SERVICE/aws4_request.
std::string_view scope_service(std::string_view credential) {
  for (int i = 0; i < 3; ++i) {
    const auto slash = credential.find('/');
    if (slash == credential.npos) return {};
    credential.remove_prefix(slash + 1);
  }
  return credential.substr(0, credential.find('/'));
}

/// The signing name that the request claims; empty where it claims none.
std::string_view claimed_service(const http::Request& request, const Parameters& query) {
  const auto authorization = request.headers.get("authorization");
  if (const auto at = authorization.find("Credential="); at != authorization.npos) {
    return scope_service(authorization.substr(at + 11));
  }
  if (const auto* credential = find_parameter(query, "X-Amz-Credential")) {
    return scope_service(*credential);
  }
  return find_parameter(query, "AWSAccessKeyId") != nullptr ? "s3" : std::string_view();
}

bool has_protocol(const Service& service, Protocol protocol) {
  return std::ranges::find(service.protocols, protocol) != service.protocols.end();
}

/// X-Amz-Target: AWSGlue.StartJobRun
bool find_by_header(const http::Request& request, Target& target) {
  const auto header = request.headers.get("x-amz-target");
  const auto dot = header.rfind('.');
  if (dot == header.npos) return false;
  target.protocol = Protocol::json;
  target.service_name = header.substr(0, dot);
  for (const auto* service : all_services()) {
    if (service->target_prefix == target.service_name) target.service = service;
  }
  set_operation(target, header.substr(dot + 1));
  return true;
}

/// POST /service/PREFIX/operation/NAME
bool find_rpc(const http::Request& request, Target& target) {
  std::string_view path = request.path;
  if (!path.starts_with("/service/") || !request.headers.find("smithy-protocol")) return false;
  path.remove_prefix(9);
  const auto middle = path.find("/operation/");
  if (middle == path.npos) return false;
  target.protocol = Protocol::cbor;
  target.service_name = path.substr(0, middle);
  for (const auto* service : all_services()) {
    if (service->target_prefix == target.service_name) target.service = service;
  }
  set_operation(target, path.substr(middle + 11));
  return true;
}

/// The bucket that the Host header names, or "".
std::string bucket_of_host(const http::Request& request, const std::vector<std::string>& domains) {
  auto host = to_lower(request.headers.get("host"));
  if (const auto colon = host.rfind(':'); colon != host.npos) host.resize(colon);
  std::string bucket;
  for (const auto& domain : domains) {
    if (host == domain) return {};
    if (host.size() > domain.size() + 1 && host.ends_with("." + domain) && bucket.empty()) {
      bucket = host.substr(0, host.size() - domain.size() - 1);
    }
  }
  return bucket;
}

bool conditions_hold(const RestRoute& route, const http::Request& request, const Target& target) {
  if (route.copy_source && !request.headers.find("x-amz-copy-source")) return false;
  return std::ranges::all_of(route.query, [&](const QueryCondition& condition) {
    const auto* value = find_parameter(target.query, condition.name);
    return value != nullptr && (condition.value.empty() || *value == condition.value);
  });
}

Status find_s3(const http::Request& request, const std::vector<std::string>& domains,
               Target& target) {
  std::string_view path = request.path;
  path.remove_prefix(std::min<std::size_t>(1, path.size()));
  auto bucket = std::optional(bucket_of_host(request, domains));
  std::string_view key = path;
  if (bucket->empty()) {
    const auto slash = path.find('/');
    bucket = percent_decode(path.substr(0, slash), false);
    key = slash == path.npos ? std::string_view() : path.substr(slash + 1);
  }
  const auto decoded = percent_decode(key, false);
  if (!bucket || !decoded) return invalid_uri();
  std::string_view shape = "/";
  if (!bucket->empty()) {
    target.labels["Bucket"] = *bucket;
    shape = "/{Bucket}";
  }
  if (!bucket->empty() && !decoded->empty()) {
    target.labels["Key"] = *decoded;
    shape = "/{Bucket}/{Key+}";
  }
  const RestRoute* best = nullptr;
  const auto weight = [](const RestRoute& r) { return r.query.size() * 2 + r.copy_source; };
  for (const auto& route : target.service->routes) {
    if (route.method != request.method || route.path != shape) continue;
    if (!conditions_hold(route, request, target)) continue;
    if (best == nullptr || weight(route) > weight(*best)) best = &route;
  }
  if (best == nullptr) {
    return std::unexpected(
        Error{.code = Errc::method_not_allowed,
              .message = "The specified method is not allowed against this resource.",
              .name = "MethodNotAllowed",
              .details = {{"Method", request.method},
                          {"ResourceType", target.labels.contains("Key") ? "OBJECT" : "BUCKET"}}});
  }
  set_operation(target, best->operation);
  return {};
}

/// Whether `path` has the form of `pattern` ("/schedules/{Name}"); collects its labels.
bool path_matches(std::string_view pattern, std::string_view path,
                  std::map<std::string, std::string>& labels) {
  while (!pattern.empty() && !path.empty()) {
    if (pattern.front() != '{') {
      if (pattern.front() != path.front()) return false;
      pattern.remove_prefix(1);
      path.remove_prefix(1);
      continue;
    }
    const auto close = pattern.find('}');
    auto name = pattern.substr(1, close - 1);
    pattern.remove_prefix(close + 1);
    const bool greedy = name.ends_with('+');
    if (greedy) name.remove_suffix(1);
    const auto end = greedy ? path.size() : std::min(path.find('/'), path.size());
    const auto value = percent_decode(path.substr(0, end), false);
    if (!value || value->empty()) return false;
    labels[std::string(name)] = *value;
    path.remove_prefix(end);
  }
  return pattern.empty() && path.empty();
}

void find_rest_json(const http::Request& request, Target& target) {
  for (const auto& route : target.service->routes) {
    std::map<std::string, std::string> labels;
    if (route.method == request.method && path_matches(route.path, request.path, labels)) {
      target.labels = std::move(labels);
      set_operation(target, route.operation);
      return;
    }
  }
  target.operation_name = request.method + " " + request.path;
}

}  // namespace

std::string bucket_of(const http::Request& request, const std::vector<std::string>& base_domains) {
  auto bucket = bucket_of_host(request, base_domains);
  if (!bucket.empty()) return bucket;
  const auto path =
      std::string_view(request.path).substr(std::min<std::size_t>(1, request.path.size()));
  return percent_decode(path.substr(0, path.find('/')), false).value_or("");
}

const std::string* find_parameter(const Parameters& parameters, std::string_view name) {
  for (const auto& [key, value] : parameters) {
    if (key == name) return &value;
  }
  return nullptr;
}

Result<Parameters> parse_form(std::string_view text) {
  Parameters parameters;
  while (!text.empty()) {
    const auto end = std::min(text.find('&'), text.size());
    const auto pair = text.substr(0, end);
    text.remove_prefix(std::min(text.size(), end + 1));
    if (pair.empty()) continue;
    const auto equals = std::min(pair.find('='), pair.size());
    auto name = percent_decode(pair.substr(0, equals), true);
    auto value = percent_decode(pair.substr(std::min(pair.size(), equals + 1)), true);
    if (!name || !value || parameters.size() >= parameters_max) return invalid_uri();
    parameters.emplace_back(*std::move(name), *std::move(value));
  }
  return parameters;
}

void set_operation(Target& target, std::string_view name) {
  target.operation_name = name;
  target.operation = nullptr;
  if (target.service == nullptr) return;
  for (const auto* operation : target.service->operations) {
    if (operation->name == name) target.operation = operation;
  }
}

Result<Target> find_target(const http::Request& request,
                           const std::vector<std::string>& base_domains) {
  Target target;
  TM_TRY(target.query, parse_form(request.query));
  if (find_by_header(request, target) || find_rpc(request, target)) return target;
  target.service_name = claimed_service(request, target.query);
  const auto* action = find_parameter(target.query, "Action");
  const bool form =
      request.headers.get("content-type").starts_with("application/x-www-form-urlencoded");
  target.service = service_signed_as(target.service_name.empty() ? "s3" : target.service_name);
  if (target.service == nullptr) return target;
  if (has_protocol(*target.service, Protocol::query) && (action != nullptr || form)) {
    target.protocol = Protocol::query;
    if (action != nullptr) set_operation(target, *action);
  } else if (has_protocol(*target.service, Protocol::rest_xml)) {
    target.protocol = Protocol::rest_xml;
    TM_CHECK(find_s3(request, base_domains, target));
  } else if (has_protocol(*target.service, Protocol::rest_json)) {
    target.protocol = Protocol::rest_json;
    find_rest_json(request, target);
  } else {
    target.protocol = target.service->protocols.front();
    target.operation_name = "(no X-Amz-Target)";
  }
  return target;
}

}  // namespace tidemill::wire
