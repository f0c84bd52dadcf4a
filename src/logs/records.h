/// What the logs hold and are asked: groups, streams, events, and pages of them. Plain values.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/arn.h"
#include "base/time.h"
#include "logs/filter_pattern.h"

namespace tidemill::logs {

struct GroupKey {
  Scope scope;
  std::string name;
  bool operator==(const GroupKey&) const = default;
};

struct StreamKey {
  GroupKey group;
  std::string name;
};

struct GroupSettings {
  std::string log_class = "STANDARD";
  std::optional<std::string> kms_key = {};
  bool is_protected = false;
  std::map<std::string, std::string> tags = {};
};

struct Group {
  std::int64_t id = 0;
  std::string name;
  std::string log_class;
  std::optional<std::string> kms_key;
  bool is_protected = false;
  std::optional<std::int64_t> retention_days;
  TimeMs created;
  std::int64_t stored_bytes = 0;
  std::int64_t metric_filters = 0;
};

struct Stream {
  std::int64_t id = 0;
  std::string name;
  TimeMs created;
  std::optional<TimeMs> first, last, ingested;
};

/// An event before it is stored.
struct NewEvent {
  TimeMs time;
  std::string message;
};

/// An event with where it goes: what the program itself writes.
struct Line {
  StreamKey stream;
  NewEvent event;
};

/// The order of events: by time, then by arrival. `seq` begins at 1.
struct Position {
  std::int64_t at_ms = 0;
  std::int64_t seq = 0;
  auto operator<=>(const Position&) const = default;
};

struct StoredEvent {
  Position position;
  TimeMs ingested;
  std::string stream;  ///< Its name; only filled in by filter().
  std::string message;
};

/// Both ends may be missing. The start is inclusive; the end is not, except in filter().
struct TimeRange {
  std::optional<TimeMs> start, end;
};

struct GroupQuery {
  Scope scope;
  std::string prefix = {};
  std::string part = {};  ///< Anywhere in the name.
  std::string log_class = {};
  std::vector<std::string> names = {};  ///< Only these, if any.
  std::optional<std::string> token = {};
  int limit = 50;
};
struct GroupPage {
  std::vector<Group> groups;
  std::optional<std::string> token;
};

struct StreamQuery {
  GroupKey group;
  std::string prefix = {};
  bool by_last_event = false;
  bool descending = false;
  std::optional<std::string> token = {};
  int limit = 50;
};
struct StreamPage {
  std::vector<Stream> streams;
  std::optional<std::string> token;
};

/// PutLogEvents' answer: which events of the batch were left out, as indexes.
struct PutOutcome {
  std::string next_token;
  std::optional<int> too_new_start, too_old_end, expired_end;
};

struct ReadQuery {
  StreamKey stream;
  TimeRange range = {};
  std::optional<std::string> token = {};
  int limit = 10'000;
  bool from_head = false;
};
struct ReadPage {
  std::vector<StoredEvent> events;  ///< Always oldest first.
  std::string forward, backward;
};

struct FilterQuery {
  GroupKey group;
  std::vector<std::string> streams = {};  ///< Only these, if any.
  std::string prefix = {};                ///< Of the streams' names.
  TimeRange range = {};
  FilterPattern pattern = {};
  std::optional<std::string> token = {};
  int limit = 10'000;
  bool newest_first = false;
};
struct FilterPage {
  std::vector<StoredEvent> events;
  std::optional<std::string> token;
};

/// What AWS counts for an event beside its message.
inline constexpr std::int64_t event_overhead_bytes = 26;

/// The days that PutRetentionPolicy takes.
inline constexpr std::array<int, 22> retention_days_allowed = {
    1,   3,   5,   7,   14,   30,   60,   90,   120,  150,  180,
    365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653};

}  // namespace tidemill::logs
