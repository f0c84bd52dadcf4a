#include "cloudtrail/record.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/json.h"

namespace tidemill::cloudtrail {
namespace {

constexpr std::size_t parameters_max = 16 << 10;
constexpr std::size_t text_max = 1 << 10;

struct Type {
  std::string_view service, member, type;
};
constexpr std::array types = {
    Type{"s3", "Bucket", "AWS::S3::Bucket"},
    Type{"iam", "RoleName", "AWS::IAM::Role"},
    Type{"iam", "UserName", "AWS::IAM::User"},
    Type{"iam", "GroupName", "AWS::IAM::Group"},
    Type{"iam", "PolicyArn", "AWS::IAM::Policy"},
    Type{"iam", "InstanceProfileName", "AWS::IAM::InstanceProfile"},
    Type{"glue", "JobName", "AWS::Glue::Job"},
    Type{"sqs", "QueueName", "AWS::SQS::Queue"},
    Type{"sqs", "QueueUrl", "AWS::SQS::Queue"},
    Type{"sns", "TopicArn", "AWS::SNS::Topic"},
    Type{"events", "Rule", "AWS::Events::Rule"},
    Type{"events", "EventBusName", "AWS::Events::EventBus"},
    Type{"events", "ArchiveName", "AWS::Events::Archive"},
    Type{"logs", "logGroupName", "AWS::Logs::LogGroup"},
    Type{"monitoring", "AlarmName", "AWS::CloudWatch::Alarm"},
    Type{"scheduler", "GroupName", "AWS::Scheduler::ScheduleGroup"},
    Type{"ssm", "Name", "AWS::SSM::Parameter"},
    Type{"secretsmanager", "SecretId", "AWS::SecretsManager::Secret"},
    Type{"secretsmanager", "Name", "AWS::SecretsManager::Secret"},
};

std::string cut(std::string_view text) {
  auto end = std::min(text.size(), text_max);
  while (end < text.size() && end > 0 && (text[end] & 0xc0) == 0x80) --end;
  return std::string(text.substr(0, end));
}

std::string_view kind_of(const Caller& caller) {
  switch (caller.kind) {
    case Caller::Kind::root: return "Root";
    case Caller::Kind::user: return "IAMUser";
    case Caller::Kind::role_session: return "AssumedRole";
    case Caller::Kind::service: return "AWSService";
    case Caller::Kind::anonymous: return "Unknown";
  }
  return "Unknown";
}

std::string behind_slash(std::string_view arn) {
  return std::string(arn.substr(arn.rfind('/') + 1));
}

json::object identity_of(const Caller& caller) {
  json::object identity{{"type", kind_of(caller)},
                        {"principalId", caller.user_id},
                        {"arn", caller.arn},
                        {"accountId", caller.scope.account},
                        {"accessKeyId", caller.access_key_id}};
  if (caller.kind == Caller::Kind::user) identity["userName"] = username_of(caller);
  if (!caller.role_arn.empty()) {
    const json::object issuer{{"type", "Role"},
                              {"arn", caller.role_arn},
                              {"accountId", caller.scope.account},
                              {"userName", behind_slash(caller.role_arn)}};
    identity["sessionContext"] = json::object{{"sessionIssuer", issuer}};
  }
  return identity;
}

json::object record_of(const wire::AuditedCall& call, const Record& record) {
  const auto& caller = call.caller;
  json::object text{{"eventVersion", "1.09"},
                    {"userIdentity", identity_of(caller)},
                    {"eventTime", iso_seconds(call.time)},
                    {"eventSource", record.source},
                    {"eventName", record.name},
                    {"awsRegion", record.scope.region},
                    {"sourceIPAddress", caller.source_ip},
                    {"userAgent", cut(call.user_agent)}};
  if (call.error != nullptr) {
    text["errorCode"] = aws_name(*call.error);
    text["errorMessage"] = cut(call.error->message);
  }
  const auto& parameters = call.request.parameters;
  const auto parsed = parameters.size() <= parameters_max
                          ? json::parse(parameters)
                          : Result<json::value>(fail(Errc::too_large, "too large"));
  text["requestParameters"] = parsed ? *parsed : json::value();
  if (parameters.size() > parameters_max) {
    text["additionalEventData"] =
        json::object{{"requestParametersOmitted", fmt::format("{} bytes", parameters.size())}};
  }
  text["responseElements"] = nullptr;
  text["requestID"] = caller.request_id;
  text["eventID"] = record.event_id;
  text["readOnly"] = false;
  json::array resources;
  for (const auto& [name, type] : record.resources) {
    if (name.starts_with("arn:")) resources.push_back(json::object{{"ARN", name}});
  }
  if (!resources.empty()) text["resources"] = std::move(resources);
  text["eventType"] = "AwsApiCall";
  text["managementEvent"] = true;
  text["recipientAccountId"] = caller.scope.account;
  text["eventCategory"] = "Management";
  return text;
}

}  // namespace

std::string username_of(const Caller& caller) {
  return caller.kind == Caller::Kind::root ? "root" : behind_slash(caller.arn);
}

std::string_view resource_type(std::string_view service, std::string_view member) {
  const auto found = std::ranges::find_if(
      types, [&](const Type& type) { return type.service == service && type.member == member; });
  return found == types.end() ? std::string_view() : found->type;
}

Record make_record(const wire::AuditedCall& call, Random& random) {
  Record record{.scope = call.caller.scope,
                .at = call.time,
                .event_id = random_uuid(random),
                .name = std::string(call.operation),
                .source = fmt::format("{}.amazonaws.com", call.service),
                .username = username_of(call.caller),
                .access_key = call.caller.access_key_id,
                .resources = {},
                .text = {}};
  for (const auto& [member, name] : call.request.names) {
    record.resources.emplace_back(name, resource_type(call.service, member));
  }
  const auto known = [&](const auto& resource) { return resource.first == call.resource; };
  if (call.resource.starts_with("arn:") && std::ranges::none_of(record.resources, known)) {
    record.resources.emplace_back(call.resource, "");
  }
  record.text = json::dump(record_of(call, record));
  return record;
}

}  // namespace tidemill::cloudtrail
