#include <chrono>
#include <future>
#include <thread>

#include <fmt/format.h>

#include "bench/cases.h"
#include "bench/load.h"
#include "bench/platform.h"

namespace tidemill::bench {
namespace {

constexpr int entries_per_call = 10;

/// A PutEvents of ten events; the load sends it again and again.
std::pair<std::string, std::string> put_events_call(std::string_view source) {
  json::array entries;
  for (int i = 0; i < entries_per_call; ++i) {
    entries.push_back(json::object{
        {"Source", source},
        {"DetailType", "order placed"},
        {"Detail", fmt::format(R"({{"order":"SO-{}","amount":{},"region":"north","lines":[)"
                               R"({{"product":"P-4410","quantity":3}}]}})",
                               10'000 + i, 20 + i)}});
  }
  return signed_call("events", "AWSEvents.PutEvents", {{"Entries", std::move(entries)}});
}

Result<LoadResult> event_load(const Setting& setting, const ServerProcess& server,
                              std::string_view source) {
  const auto [head, body] = put_events_call(source);
  const LoadPlan plan{.clients = setting.clients,
                      .seconds = setting.seconds(),
                      .next = [&](std::uint64_t) { return Shot{head, body}; }};
  return run_load(plan, server);
}

void print_events(const std::string& name, LoadResult& load, double target) {
  auto detail = load.detail();
  detail["server_cpu_ms_each"] = load.server_cpu_ms_each() / entries_per_call;
  print({.name = name,
         .value = load.rate() * entries_per_call,
         .unit = "1/s",
         .target = target,
         .detail = std::move(detail)});
}

/// Waits in a thread of its own for the one message of a queue.
class Consumer {
 public:
  Consumer(Platform platform, std::string queue_url)
      : platform_(std::move(platform)), queue_url_(std::move(queue_url)) {}

  /// When the message was there, in nanoseconds; it is deleted.
  std::future<Result<std::int64_t>> receive() {
    return std::async(std::launch::async, [this] { return take(); });
  }

 private:
  Result<std::int64_t> take() {
    TM_TRY(const auto answer,
           platform_.call_json(
               "sqs", "AmazonSQS.ReceiveMessage",
               {{"QueueUrl", queue_url_}, {"MaxNumberOfMessages", 1}, {"WaitTimeSeconds", 20}}));
    const auto at = now_ns();
    const auto* messages = answer.if_contains("Messages");
    if (messages == nullptr || messages->as_array().empty()) {
      return fail(Errc::unavailable, "no message in 20 seconds");
    }
    const auto& message = messages->as_array().front().as_object();
    const auto handle = json::text_or_empty(message, "ReceiptHandle");
    TM_CHECK(platform_.call_json("sqs", "AmazonSQS.DeleteMessage",
                                 {{"QueueUrl", queue_url_}, {"ReceiptHandle", handle}}));
    return at;
  }

  Platform platform_;
  const std::string queue_url_;
};

}  // namespace

/// From the answer to a PutEvents of one event until who waits for messages of its target has it.
Status measure_event_to_receive(const Setting& setting) {
  constexpr auto waits_after = std::chrono::milliseconds(3);
  TM_TRY(const auto server, ServerProcess::start(setting.server("event_to_receive")));
  TM_TRY(auto platform, Platform::connect(server->port()));
  TM_CHECK(platform.make_queue("bench-events"));
  TM_CHECK(platform.make_event_rule("bench-events", "shop", "bench-events"));
  TM_TRY(auto other, Platform::connect(server->port()));
  Consumer consumer(std::move(other), "http://127.0.0.1/000000000000/bench-events");
  const json::object entry{{"Source", "shop"}, {"DetailType", "order placed"}, {"Detail", "{}"}};
  const json::object call{{"Entries", json::array{entry}}};
  std::vector<double> after_answer, in_all;
  for (int i = 0; i < (setting.quick ? 200 : 1000); ++i) {
    auto received = consumer.receive();
    std::this_thread::sleep_for(waits_after);
    const auto sent = now_ns();
    TM_CHECK(platform.call_json("events", "AWSEvents.PutEvents", call));
    const auto answered = now_ns();
    TM_TRY(const auto at, received.get());
    after_answer.push_back(double(at - answered) / 1e6);
    in_all.push_back(double(at - sent) / 1e6);
  }
  const auto show = [&](std::string name, double part, double target) {
    print({.name = std::move(name),
           .value = quantile(after_answer, part),
           .unit = "ms",
           .target = target,
           .better = Better::less,
           .detail = {{"from_request_ms", rounded(quantile(in_all, part))}}});
  };
  show("event_to_receive_p50", 0.5, 2);
  show("event_to_receive_p99", 0.99, 10);
  return {};
}

Status measure_put_events(const Setting& setting) {
  TM_TRY(const auto server, ServerProcess::start(setting.server("put_events")));
  TM_TRY(auto platform, Platform::connect(server->port()));
  TM_CHECK(platform.make_queue("bench-events"));
  TM_CHECK(platform.make_event_rule("bench-events", "shop", "bench-events"));
  TM_TRY(auto load, event_load(setting, *server, "nobody"));
  print_events("put_events", load, 50'000);
  return {};
}

/// The message is in the queue when the answer comes: target and delivery are in its transaction.
Status measure_put_events_matched(const Setting& setting) {
  TM_TRY(const auto server, ServerProcess::start(setting.server("put_events_matched")));
  TM_TRY(auto platform, Platform::connect(server->port()));
  TM_CHECK(platform.make_queue("bench-events"));
  TM_CHECK(platform.make_event_rule("bench-events", "shop", "bench-events"));
  TM_TRY(auto load, event_load(setting, *server, "shop"));
  print_events("put_events_matched", load, 10'000);
  TM_TRY(const auto depth, platform.queue_depth("bench-events"));
  if (depth >= std::int64_t(load.answers) * entries_per_call) return {};
  return fail(Errc::unavailable,
              fmt::format("{} answers, but only {} messages", load.answers, depth));
}

}  // namespace tidemill::bench
