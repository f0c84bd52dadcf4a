// What AWS refuses of a bucket's settings beyond what its schema says.
#include <algorithm>
#include <array>
#include <set>

#include "base/json.h"
#include "iam/policy.h"
#include "s3/api_settings.h"
#include "wire/xml_codec.h"

namespace tidemill::s3 {
namespace {

constexpr std::size_t cors_rules_max = 100, lifecycle_rules_max = 1000, rule_id_max = 255;
constexpr std::size_t policy_bytes_max = 20 * 1024;
constexpr std::int64_t day_ms = 86'400'000;

std::unexpected<Error> malformed_policy(std::string message) {
  return fail(Errc::invalid_argument, "MalformedPolicy", std::move(message));
}

std::unexpected<Error> bad_argument(std::string message) {
  return fail(Errc::invalid_argument, "InvalidArgument", std::move(message));
}

Status check_cors(const w::CORSRule& rule) {
  static constexpr std::array<std::string_view, 5> methods = {"GET", "PUT", "HEAD", "POST",
                                                              "DELETE"};
  if (rule.AllowedMethods->empty() || rule.AllowedOrigins->empty()) return wire::malformed_xml();
  for (const auto& method : *rule.AllowedMethods) {
    if (std::ranges::find(methods, method) != methods.end()) continue;
    return invalid_request(fmt::format(
        "Found unsupported HTTP method in CORS config. Unsupported method is {}", method));
  }
  for (const auto& origin : *rule.AllowedOrigins) {
    if (std::ranges::count(origin, '*') <= 1) continue;
    return invalid_request(
        fmt::format(R"(AllowedOrigin "{}" can not have more than one wildcard.)", origin));
  }
  return {};
}

Status check_days(const std::optional<std::int32_t>& days, std::string_view member,
                  std::string_view action) {
  if (!days || *days > 0) return {};
  return bad_argument(fmt::format("'{}' for {} action must be a positive integer", member, action));
}

Status check_expiration(const w::LifecycleExpiration& expiration) {
  const int given = int(expiration.Days.has_value()) + int(expiration.Date.has_value()) +
                    int(expiration.ExpiredObjectDeleteMarker.has_value());
  if (given != 1) return wire::malformed_xml();
  if (expiration.Date && expiration.Date->ms % day_ms != 0) {
    return bad_argument("'Date' must be at midnight GMT");
  }
  return check_days(expiration.Days, "Days", "Expiration");
}

Status check_lifecycle(const w::LifecycleRule& rule) {
  if (rule.ID->size() > rule_id_max) {
    return bad_argument("ID length should not exceed allowed limit of 255");
  }
  // The filter's older form stands beside it, never with it.
  if (rule.Prefix.has_value() == rule.Filter.has_value()) return wire::malformed_xml();
  const auto any = [](const auto& list) { return list && !list->empty(); };
  if (!rule.Expiration && !rule.NoncurrentVersionExpiration &&
      !rule.AbortIncompleteMultipartUpload && !any(rule.Transitions) &&
      !any(rule.NoncurrentVersionTransitions)) {
    return invalid_request("At least one action needs to be specified in a rule");
  }
  if (rule.Expiration) TM_CHECK(check_expiration(*rule.Expiration));
  if (const auto& old = rule.NoncurrentVersionExpiration) {
    TM_CHECK(check_days(old->NoncurrentDays, "NoncurrentDays", "NoncurrentVersionExpiration"));
  }
  if (const auto& abort = rule.AbortIncompleteMultipartUpload) {
    TM_CHECK(check_days(abort->DaysAfterInitiation, "DaysAfterInitiation",
                        "AbortIncompleteMultipartUpload"));
  }
  return {};
}

/// "arn:aws:s3:::bucket" or below it.
bool is_of(std::string_view resource, std::string_view bucket) {
  const auto arn = fmt::format("arn:aws:s3:::{}", bucket);
  return resource == arn || resource.starts_with(arn + "/") || resource.starts_with(arn + "*");
}

/// The statement's resources, one or a list, are of the bucket.
Status check_statement(const json::value& statement, std::string_view bucket) {
  if (!statement.is_object()) return malformed_policy("Could not parse the policy");
  const auto& members = statement.get_object();
  if (!members.contains("Principal") && !members.contains("NotPrincipal")) {
    return malformed_policy("Missing required field Principal");
  }
  const auto* resource = members.if_contains("Resource");
  if (resource == nullptr) resource = members.if_contains("NotResource");
  if (resource == nullptr) return malformed_policy("Missing required field Resource");
  const auto wrong = [&](const json::value& value) {
    return !value.is_string() || !is_of(json::view(value.get_string()), bucket);
  };
  const bool refused =
      resource->is_array() ? std::ranges::any_of(resource->get_array(), wrong) : wrong(*resource);
  if (refused) return malformed_policy("Policy has invalid resource");
  return {};
}

}  // namespace

Status SettingsApi::check(w::PutBucketEncryptionRequest& request) {
  auto& rules = *request.ServerSideEncryptionConfiguration->Rules;
  if (rules.size() != 1) return wire::malformed_xml();
  auto& rule = rules.front();
  if (!rule.BucketKeyEnabled) rule.BucketKeyEnabled = false;
  const auto& wanted = rule.ApplyServerSideEncryptionByDefault;
  if (wanted && wanted->KMSMasterKeyID && !wanted->SSEAlgorithm->starts_with("aws:kms")) {
    return bad_argument(
        "a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms or "
        "aws:kms:dsse");
  }
  return {};
}

Status SettingsApi::check(w::PutPublicAccessBlockRequest& request) {
  auto& block = *request.PublicAccessBlockConfiguration;
  for (auto* flag : {&block.BlockPublicAcls, &block.IgnorePublicAcls, &block.BlockPublicPolicy,
                     &block.RestrictPublicBuckets}) {
    if (!*flag) *flag = false;
  }
  return {};
}

Status SettingsApi::check(w::PutBucketOwnershipControlsRequest& request) {
  if (request.OwnershipControls->Rules->size() != 1) return wire::malformed_xml();
  return {};
}

Status SettingsApi::check(w::PutBucketPolicyRequest& request) {
  const auto& text = *request.Policy;
  const auto document =
      text.starts_with('{') ? json::parse_object(text) : Result<json::object>(malformed_policy(""));
  if (!document) {
    return malformed_policy("Policies must be valid JSON and the first byte must be '{'");
  }
  if (text.size() > policy_bytes_max) {
    return fail(Errc::invalid_argument, "PolicyTooLarge",
                "Policy exceeds the maximum allowed size");
  }
  const auto* statements = document->if_contains("Statement");
  if (statements == nullptr) return malformed_policy("Missing required field Statement");
  if (statements->is_array()) {
    for (const auto& statement : statements->get_array()) {
      TM_CHECK(check_statement(statement, *request.Bucket));
    }
  } else {
    TM_CHECK(check_statement(*statements, *request.Bucket));
  }
  const auto parsed = iam::Policy::parse(text, iam::Policy::Kind::resource);
  if (!parsed) return malformed_policy(parsed.error().message);
  return {};
}

Status SettingsApi::check(w::PutBucketCorsRequest& request) {
  const auto& rules = *request.CORSConfiguration->CORSRules;
  if (rules.empty() || rules.size() > cors_rules_max) return wire::malformed_xml();
  for (const auto& rule : rules) TM_CHECK(check_cors(rule));
  return {};
}

Status SettingsApi::check(w::PutBucketLifecycleConfigurationRequest& request) {
  if (!request.LifecycleConfiguration) return wire::malformed_xml();
  auto& rules = *request.LifecycleConfiguration->Rules;
  if (rules.empty() || rules.size() > lifecycle_rules_max) return wire::malformed_xml();
  std::set<std::string, std::less<>> ids;
  for (auto& rule : rules) {
    if (!rule.ID || rule.ID->empty()) rule.ID = ordered_uuid(core_.random, core_.clock.now());
    TM_CHECK(check_lifecycle(rule));
    if (!ids.insert(*rule.ID).second) {
      return bad_argument("Rule ID must be unique. Found same ID for more than one rule");
    }
  }
  return {};
}

}  // namespace tidemill::s3
