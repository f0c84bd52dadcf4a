#include "iam/aws_policies.h"

#include <array>

#include "base/json.h"

namespace tidemill::iam {
namespace {

using Allow = AwsPolicy::Allowance;

constexpr std::array<Allow, 4> glue_service_role = {{
    {"glue:* s3:GetBucketLocation s3:ListBucket s3:ListAllMyBuckets s3:GetBucketAcl "
     "iam:ListRolePolicies iam:GetRole iam:GetRolePolicy cloudwatch:PutMetricData",
     "*"},
    {"s3:CreateBucket s3:PutBucketPublicAccessBlock", "arn:aws:s3:::aws-glue-*"},
    {"s3:GetObject s3:PutObject s3:DeleteObject",
     "arn:aws:s3:::aws-glue-*/* arn:aws:s3:::*/*aws-glue-*/*"},
    {"logs:CreateLogGroup logs:CreateLogStream logs:PutLogEvents",
     "arn:aws:logs:*:*:log-group:/aws-glue/*"},
}};
constexpr std::array<Allow, 1> everything = {{{"*", "*"}}};
constexpr std::array<Allow, 1> power = {
    {{"apigateway:* cloudwatch:* dynamodb:* ec2:* events:* firehose:* glue:* kinesis:* kms:* "
      "lambda:* logs:* s3:* scheduler:* secretsmanager:* sns:* sqs:* states:* athena:* "
      "iam:CreateServiceLinkedRole iam:ListRoles sts:GetCallerIdentity",
      "*"}}};
constexpr std::array<Allow, 1> read_only = {
    {{"cloudwatch:Describe* cloudwatch:Get* cloudwatch:List* events:Describe* events:List* "
      "events:TestEventPattern glue:BatchGet* glue:Get* glue:List* iam:Get* iam:List* "
      "logs:Describe* logs:FilterLogEvents logs:Get* logs:List* s3:Get* s3:List* "
      "scheduler:Get* scheduler:List* sns:Get* sns:List* sqs:GetQueue* sqs:List* "
      "sts:GetCallerIdentity",
      "*"}}};
constexpr std::array<Allow, 1> s3_full = {{{"s3:* s3-object-lambda:*", "*"}}};
constexpr std::array<Allow, 1> s3_read = {{{"s3:Get* s3:List* s3:Describe*", "*"}}};
constexpr std::array<Allow, 1> logs_full = {{{"logs:* cloudwatch:GenerateQuery", "*"}}};
constexpr std::array<Allow, 1> logs_read = {
    {{"logs:Describe* logs:Get* logs:List* logs:StartQuery logs:StopQuery "
      "logs:TestMetricFilter logs:FilterLogEvents",
      "*"}}};
constexpr std::array<Allow, 1> cloudwatch_full = {
    {{"cloudwatch:* logs:* iam:GetPolicy "
      "iam:GetPolicyVersion iam:GetRole",
      "*"}}};
constexpr std::array<Allow, 1> events_full = {{{"events:* schemas:* scheduler:*", "*"}}};
constexpr std::array<Allow, 1> scheduler_full = {{{"scheduler:*", "*"}}};
constexpr std::array<Allow, 1> sqs_full = {{{"sqs:*", "*"}}};
constexpr std::array<Allow, 1> sns_full = {{{"sns:*", "*"}}};
constexpr std::array<Allow, 2> glue_console = {
    {{"glue:* s3:ListAllMyBuckets s3:ListBucket s3:GetBucketAcl s3:GetBucketLocation iam:ListRoles "
      "iam:ListRolePolicies iam:GetRole iam:GetRolePolicy iam:ListAttachedRolePolicies "
      "logs:GetLogEvents cloudwatch:GetMetricData cloudwatch:ListDashboards",
      "*"},
     {"iam:PassRole",
      "arn:aws:iam::*:role/AWSGlueServiceRole* "
      "arn:aws:iam::*:role/service-role/AWSGlueServiceRole*"}}};

constexpr std::array<AwsPolicy, 14> table = {{
    {"/", "AdministratorAccess", everything},
    {"/", "AmazonEventBridgeFullAccess", events_full},
    {"/", "AmazonEventBridgeSchedulerFullAccess", scheduler_full},
    {"/", "AmazonS3FullAccess", s3_full},
    {"/", "AmazonS3ReadOnlyAccess", s3_read},
    {"/", "AmazonSNSFullAccess", sns_full},
    {"/", "AmazonSQSFullAccess", sqs_full},
    {"/", "AWSGlueConsoleFullAccess", glue_console},
    {"/service-role/", "AWSGlueServiceRole", glue_service_role},
    {"/", "CloudWatchFullAccess", cloudwatch_full},
    {"/", "CloudWatchLogsFullAccess", logs_full},
    {"/", "CloudWatchLogsReadOnlyAccess", logs_read},
    {"/", "PowerUserAccess", power},
    {"/", "ReadOnlyAccess", read_only},
}};

json::array words(std::string_view text) {
  json::array list;
  while (!text.empty()) {
    const auto end = std::min(text.find(' '), text.size());
    list.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return list;
}

}  // namespace

std::string AwsPolicy::document() const {
  json::array statements;
  for (const auto& allowance : allows) {
    statements.push_back(json::object{{"Effect", "Allow"},
                                      {"Action", words(allowance.actions)},
                                      {"Resource", words(allowance.resources)}});
  }
  return json::dump(json::object{{"Version", "2012-10-17"}, {"Statement", std::move(statements)}});
}

std::span<const AwsPolicy> aws_policy_table() noexcept { return table; }

}  // namespace tidemill::iam
