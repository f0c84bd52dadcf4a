#include "bench/platform.h"

#include <fmt/format.h>

#include "base/encoding.h"

namespace tidemill::bench {
namespace {

constexpr std::string_view role_name = "bench-role";
constexpr std::string_view role_arn = "arn:aws:iam::000000000000:role/bench-role";
constexpr std::string_view script_bucket = "bench-scripts";

Result<std::string> body_of(Result<Reply> reply, std::string_view what) {
  if (!reply) return std::unexpected(std::move(reply).error());
  if (reply->status / 100 == 2) return std::move(reply->body);
  return fail(Errc::unavailable, fmt::format("{}: {} {}", what, reply->status, reply->body));
}

}  // namespace

std::string object_head(std::string method, std::string path, std::uint64_t body_bytes) {
  wire::SigningRequest request;
  request.method = std::move(method);
  request.path = std::move(path);
  request.payload_hash = wire::unsigned_payload;
  return signed_head(std::move(request), "s3", body_bytes);
}

Result<Platform> Platform::connect(std::uint16_t port) {
  TM_TRY(auto client, Client::connect(port));
  return Platform(std::move(client));
}

Result<std::string> Platform::call_s3(wire::SigningRequest request) {
  const auto body = request.body;
  const auto what = fmt::format("{} {}", request.method, request.path);
  return body_of(client_.send(signed_head(std::move(request), "s3", body.size()) + body), what);
}

Status Platform::make_bucket(const std::string& name, bool eventbridge) {
  wire::SigningRequest create;
  create.method = "PUT";
  create.path = "/" + name;
  TM_CHECK(call_s3(std::move(create)));
  if (!eventbridge) return {};
  wire::SigningRequest notify;
  notify.method = "PUT";
  notify.path = "/" + name;
  notify.query = "notification=";
  notify.body =
      "<NotificationConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"
      "<EventBridgeConfiguration/></NotificationConfiguration>";
  TM_CHECK(call_s3(std::move(notify)));
  return {};
}

Status Platform::put_object(const std::string& bucket, const std::string& key,
                            const std::string& body) {
  wire::SigningRequest put;
  put.method = "PUT";
  put.path = fmt::format("/{}/{}", bucket, key);
  put.body = body;
  TM_CHECK(call_s3(std::move(put)));
  return {};
}

Status Platform::call_iam(const std::string& form) {
  wire::SigningRequest request;
  request.method = "POST";
  request.headers.add("Content-Type", "application/x-www-form-urlencoded");
  request.body = form + "&Version=2010-05-08";
  const auto body = request.body;
  const auto head = signed_head(std::move(request), "iam", body.size());
  TM_CHECK(body_of(client_.send(head + body), form.substr(0, form.find('&'))));
  return {};
}

Status Platform::make_role() {
  constexpr std::string_view trust =
      R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole",)"
      R"("Principal":{"Service":["events.amazonaws.com","glue.amazonaws.com"]}}]})";
  constexpr std::string_view policy =
      R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Resource":"*",)"
      R"("Action":["glue:StartJobRun","s3:*"]}]})";
  TM_CHECK(call_iam(fmt::format("Action=CreateRole&RoleName={}&AssumeRolePolicyDocument={}",
                                role_name, percent_encode(trust))));
  return call_iam(fmt::format("Action=PutRolePolicy&RoleName={}&PolicyName=bench&PolicyDocument={}",
                              role_name, percent_encode(policy)));
}

std::pair<std::string, std::string> signed_call(std::string_view service, std::string_view target,
                                                const json::object& body) {
  wire::SigningRequest request;
  request.method = "POST";
  request.headers.add("Content-Type", "application/x-amz-json-1.1");
  request.headers.add("X-Amz-Target", std::string(target));
  request.body = json::dump(body);
  auto text = request.body;
  auto head = signed_head(std::move(request), service, text.size());
  return {std::move(head), std::move(text)};
}

Result<json::object> Platform::call_json(std::string_view service, std::string_view target,
                                         const json::object& body) {
  const auto [head, text] = signed_call(service, target, body);
  TM_TRY(const auto answer, body_of(client_.send(head + text), target));
  return answer.empty() ? json::object() : json::parse_object(answer);
}

Status Platform::make_script_bucket() {
  if (std::exchange(has_script_bucket_, true)) return {};
  return make_bucket(std::string(script_bucket), false);
}

Status Platform::make_job(const std::string& name, const std::string& script,
                          int concurrent_runs_max) {
  TM_CHECK(make_script_bucket());
  TM_CHECK(put_object(std::string(script_bucket), name + ".py", script));
  const json::object command{{"Name", "glueetl"},
                             {"PythonVersion", "3"},
                             {"ScriptLocation", fmt::format("s3://{}/{}.py", script_bucket, name)}};
  const json::object job{
      {"Name", name},
      {"Role", role_arn},
      {"Command", command},
      {"ExecutionProperty", json::object{{"MaxConcurrentRuns", concurrent_runs_max}}}};
  TM_CHECK(call_json("glue", "AWSGlue.CreateJob", job));
  return {};
}

Status Platform::make_rule(const std::string& name, const std::string& bucket,
                           const std::string& job) {
  const auto pattern = fmt::format(
      R"({{"source":["aws.s3"],"detail-type":["Object Created"],"detail":{{"bucket":{{"name":)"
      R"(["{}"]}},"object":{{"key":[{{"prefix":"sales/","suffix":".csv"}}]}}}}}})",
      bucket);
  const json::object rule{{"Name", name}, {"EventPattern", pattern}};
  TM_CHECK(call_json("events", "AWSEvents.PutRule", rule));
  return put_target(name, {{"Id", "job"},
                           {"Arn", fmt::format("arn:aws:glue:us-east-1:000000000000:job/{}", job)},
                           {"RoleArn", role_arn}});
}

Status Platform::put_target(const std::string& rule, json::object target) {
  json::array targets;
  targets.emplace_back(std::move(target));
  const json::object put{{"Rule", rule}, {"Targets", std::move(targets)}};
  TM_TRY(const auto answer, call_json("events", "AWSEvents.PutTargets", put));
  if (const auto* failed = answer.if_contains("FailedEntryCount"); failed && *failed != 0) {
    return fail(Errc::unavailable, "PutTargets: " + json::dump(answer));
  }
  return {};
}

Status Platform::make_queue(const std::string& name) {
  constexpr std::string_view policy =
      R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sqs:SendMessage",)"
      R"("Resource":"*","Principal":{"Service":"events.amazonaws.com"}}]})";
  const json::object queue{{"QueueName", name}, {"Attributes", json::object{{"Policy", policy}}}};
  TM_CHECK(call_json("sqs", "AmazonSQS.CreateQueue", queue));
  return {};
}

Status Platform::make_event_rule(const std::string& name, std::string_view source,
                                 std::string_view queue) {
  const json::object rule{{"Name", name},
                          {"EventPattern", fmt::format(R"({{"source":["{}"]}})", source)}};
  TM_CHECK(call_json("events", "AWSEvents.PutRule", rule));
  return put_target(name, {{"Id", "queue"},
                           {"Arn", fmt::format("arn:aws:sqs:us-east-1:000000000000:{}", queue)}});
}

Result<std::int64_t> Platform::queue_depth(std::string_view name) {
  constexpr std::string_view depth = "ApproximateNumberOfMessages";
  const json::object query{{"QueueUrl", fmt::format("http://127.0.0.1/000000000000/{}", name)},
                           {"AttributeNames", json::array{depth}}};
  TM_TRY(const auto answer, call_json("sqs", "AmazonSQS.GetQueueAttributes", query));
  const auto* attributes = answer.if_contains("Attributes");
  if (attributes == nullptr || !attributes->is_object()) return 0;
  return std::atoll(std::string(json::text_or_empty(attributes->get_object(), depth)).c_str());
}

Result<int> Platform::open_runs(const std::string& job) {
  const json::object query{{"JobName", job}, {"MaxResults", 10}};
  TM_TRY(const auto answer, call_json("glue", "AWSGlue.GetJobRuns", query));
  int open = 0;
  const auto* runs = answer.if_contains("JobRuns");
  if (runs == nullptr || !runs->is_array()) return open;
  for (const auto& run : runs->get_array()) {
    const auto state = json::text_or_empty(run.get_object(), "JobRunState");
    if (state == "FAILED") return fail(Errc::unavailable, "a run failed: " + json::dump(run));
    if (state == "STARTING" || state == "RUNNING") ++open;
  }
  return open;
}

}  // namespace tidemill::bench
