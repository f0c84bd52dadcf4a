/// Stories: of an object (what is stored, which events it gave, what each rule said to them, what
/// was delivered where, which run came of it), of an event, a delivery, a run or a rule. Each ends
/// with a conclusion: what came of it, or what stands in the way. Reads, changes nothing.
#pragma once

#include <functional>
#include <string>

#include "base/arn.h"
#include "base/json.h"
#include "events/rule.h"
#include "explain/lint.h"
#include "store/store.h"

namespace tidemill::explain {

/// What the story asks of S3 and Glue; each gives the JSON that it shows, within one snapshot.
struct Sources {
  /// {"exists", "bucket_exists", "eventbridge", "size", "etag", "last_modified_ms"} of an object.
  std::function<Result<json::object>(store::Tx&, std::string_view bucket, std::string_view key)>
      object;
  /// The run of that id; empty if it is gone.
  std::function<Result<json::object>(store::Tx&, std::string_view run_id)> run;
  Facts target;  ///< What is known of a rule's target.
};

struct StoredEvent;

class Storyteller {
 public:
  Storyteller(store::Store& store, Sources sources) : store_(store), sources_(std::move(sources)) {}

  /// The story of "s3://bucket/key", its newest events first (at most `events_max` of them).
  /// Fails with invalid_argument for what is no such URI.
  Task<Result<json::value>> object(std::string uri);

  /// The story of whatever `what` names: s3://bucket/key, a run (jr_…), a delivery's number, an
  /// event's id, or else a rule of the bus. Fails with not_found, saying what can be named.
  Task<Result<json::value>> of(events::BusKey bus, std::string what);

  static constexpr int events_max = 20;
  /// Events that are asked for the nearest miss of a rule, the newest first.
  static constexpr int misses_asked = 1000;
  /// Rules shown for an event that none of them matched: the nearest misses.
  static constexpr std::size_t misses_max = 20;

 private:
  Result<json::value> tell(store::Tx& tx, std::string_view uri) const;
  Result<json::value> tell_run(store::Tx& tx, const std::string& id) const;
  Result<json::value> tell_delivery(store::Tx& tx, const Scope& scope, std::int64_t id) const;
  Result<json::value> tell_id(store::Tx& tx, const std::string& id) const;
  Result<json::value> tell_rule(store::Tx& tx, const events::Rule& rule) const;
  Result<json::object> tell_event(store::Tx& tx, const StoredEvent& stored) const;

  store::Store& store_;
  const Sources sources_;
};

}  // namespace tidemill::explain
