/// What is published and what comes of it: the event, its delivery to one target, and the outcome.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/arn.h"
#include "base/time.h"

namespace tidemill::events {

/// An event before its envelope is written. (AWS: EventBridge "Event structure".)
struct Event {
  std::string id;  ///< UUID.
  Scope scope;     ///< `account` and `region` of the envelope.
  std::string bus = "default";
  std::string source;       ///< "aws.s3"
  std::string detail_type;  ///< "Object Created"
  TimeMs time;
  std::vector<std::string> resources;
  std::string detail;                   ///< A JSON object's text.
  std::string replay_name;              ///< Of the replay that publishes it again; mostly empty.
  std::vector<std::string> only_rules;  ///< ARNs of the rules that it may reach; empty: all.
  std::string whole;                    ///< Its envelope, where that is known already.
  std::string subject;  ///< What `explain` looks it up by, e.g. "s3://bucket/key"; may be empty.

  /// The whole envelope on one line, in AWS's order of members.
  [[nodiscard]] std::string envelope() const;
};

/// The batch that a delivery is in, where its rule has the tag tidemill:batch (events/batch.h).
struct BatchFacts {
  std::int64_t id = 0;  ///< The number of its first delivery, which carries the batch.
  std::string group;    ///< The part of the key that its files share; may be empty.
  int files = 0;        ///< How many different ones.
  std::string bucket;   ///< Of all of them; empty if they are of several.
  std::string marker;   ///< The marker or manifest that came last, as s3://…; may be empty.
  std::string reason;   ///< Why it closed; empty while it is open.
  std::optional<TimeMs> closes;   ///< While it is open: when at the latest, if time ends it.
  TimeMs closed;                  ///< Once it is.
  std::vector<std::string> uris;  ///< Of its files; empty where they are many.
};

/// One matched (event, rule, target). A row of the store; this is its content when it is tried.
struct Delivery {
  std::int64_t id = 0;
  Scope scope;
  std::string event_id;
  std::string event;  ///< The envelope's JSON text.
  std::string event_source, event_detail_type;
  std::string rule_name, rule_arn;
  std::string target_id, target_arn;
  std::string role_arn;         ///< Of the target; may be empty.
  std::string dead_letter_arn;  ///< Of the target's DeadLetterConfig; may be empty.
  std::string group_id;         ///< Of the target: its SqsParameters.MessageGroupId; may be empty.
  std::string http;             ///< Of the target: its HttpParameters as JSON; may be empty.
  /// What the target is to get, after Input, InputPath or InputTransformer: JSON text.
  std::string input;
  bool input_is_event = true;  ///< No Input… was given: `input` is the envelope itself.
  int attempts = 0;            ///< Tries made before this one.
  TimeMs created;
  std::int64_t age_seconds_max = 86'400;  ///< Of its RetryPolicy.
  std::optional<BatchFacts> batch;

  [[nodiscard]] bool is_expired(TimeMs now) const {
    return now.ms - created.ms > age_seconds_max * 1000;
  }
  /// Else a schedule of EventBridge Scheduler sends it.
  [[nodiscard]] bool is_of_rule() const { return rule_arn.contains(":rule/"); }
};

/// What one try came to.
struct Outcome {
  /// sent: it is on its way out of the program; Hub::settle is told what comes of it.
  enum class Kind { done, retry, refused, sent };
  Kind kind = Kind::done;
  /// For retry and refused: EventBridge's ERROR_CODE ("NO_PERMISSIONS", "NO_RESOURCE", …) and text.
  std::string code;
  std::string message;
  std::string result;  ///< For done: what it made, e.g. the run id.
  /// For retry: it waits for the target to become free (Bus::target_free) rather than for time.
  bool waits_for_target = false;
  /// For retry: when the target wants to be asked again at the earliest.
  std::optional<TimeMs> not_before = {};
};

}  // namespace tidemill::events
