/// The story of an object: what is stored, which events it gave, what each rule said to them, what
/// was delivered where, and which run came of it. Reads, changes nothing.
#pragma once

#include <functional>
#include <string>

#include "base/arn.h"
#include "base/json.h"
#include "events/rule.h"
#include "store/store.h"

namespace tidemill::explain {

/// What the story asks of S3 and Glue; each gives the JSON that it shows, within one snapshot.
struct Sources {
  /// {"exists", "bucket_exists", "eventbridge", "size", "etag", "last_modified_ms"} of an object.
  std::function<Result<json::object>(store::Tx&, std::string_view bucket, std::string_view key)>
      object;
  /// The run of that id; empty if it is gone.
  std::function<Result<json::object>(store::Tx&, std::string_view run_id)> run;
};

class Storyteller {
 public:
  Storyteller(store::Store& store, Sources sources) : store_(store), sources_(std::move(sources)) {}

  /// The story of "s3://bucket/key", its newest events first (at most `events_max` of them).
  /// Fails with invalid_argument for what is no such URI.
  Task<Result<json::value>> object(std::string uri);

  static constexpr int events_max = 20;
  /// Rules shown for an event that none of them matched: the nearest misses.
  static constexpr std::size_t misses_max = 20;

 private:
  Result<json::value> tell(store::Tx& tx, std::string_view uri) const;
  Result<json::object> tell_event(store::Tx& tx, std::int64_t seq, const events::BusKey& bus,
                                  TimeMs published, std::string_view envelope) const;

  store::Store& store_;
  const Sources sources_;
};

}  // namespace tidemill::explain
