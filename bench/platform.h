/// The data platform that the bench measures on, built through signed requests as its administrator
/// would: buckets, a role, jobs with their scripts, rules. One thread.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "base/json.h"
#include "bench/client.h"

namespace tidemill::bench {

class Platform {
 public:
  explicit Platform(Client client) : client_(std::move(client)) {}
  static Result<Platform> connect(std::uint16_t port);

  /// With `eventbridge`, its events go to the default bus.
  Status make_bucket(const std::string& name, bool eventbridge);
  Status put_object(const std::string& bucket, const std::string& key, const std::string& body);
  /// The one role that rules and jobs use: may do what they need.
  Status make_role();
  /// A job whose script has this text.
  Status make_job(const std::string& name, const std::string& script, int concurrent_runs_max);
  /// Objects of `bucket` ending in .csv start `job`.
  Status make_rule(const std::string& name, const std::string& bucket, const std::string& job);
  /// A queue into which rules may send.
  Status make_queue(const std::string& name);
  /// Events of this source go to the queue.
  Status make_event_rule(const std::string& name, std::string_view source, std::string_view queue);
  /// Its visible messages.
  Result<std::int64_t> queue_depth(std::string_view name);
  /// An operation of a service that speaks JSON; its answer. Fails on any other status than 2xx.
  Result<json::object> call_json(std::string_view service, std::string_view target,
                                 const json::object& body);
  /// Runs of `job` that haven't ended.
  Result<int> open_runs(const std::string& job);

 private:
  Status make_script_bucket();
  Status put_target(const std::string& rule, json::object target);
  Result<std::string> call_s3(wire::SigningRequest request);
  Status call_iam(const std::string& form);

  Client client_;
  bool has_script_bucket_ = false;
};

/// The signed head and the body of an operation of a service that speaks JSON.
[[nodiscard]] std::pair<std::string, std::string> signed_call(std::string_view service,
                                                              std::string_view target,
                                                              const json::object& body);

/// The signed head of a PUT or GET whose body isn't hashed.
[[nodiscard]] std::string object_head(std::string method, std::string path,
                                      std::uint64_t body_bytes);

}  // namespace tidemill::bench
