#include "pattern/known_events.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <span>
#include <vector>

#include "base/nearest.h"
#include "pattern/asked.h"

namespace tidemill::pattern {
namespace {

using Names = std::span<const std::string_view>;

constexpr std::array<std::string_view, 10> members = {
    "version", "id",     "detail-type", "source", "account",
    "time",    "region", "resources",   "detail", "replay-name"};

constexpr std::array<std::string_view, 13> of_object = {"detail.version",
                                                        "detail.bucket.name",
                                                        "detail.object.key",
                                                        "detail.object.size",
                                                        "detail.object.etag",
                                                        "detail.object.version-id",
                                                        "detail.object.sequencer",
                                                        "detail.request-id",
                                                        "detail.requester",
                                                        "detail.source-ip-address",
                                                        "detail.reason",
                                                        "detail.deletion-type",
                                                        "detail.source-storage-class"};
constexpr std::array<std::string_view, 13> of_stored_object = {"detail.version",
                                                               "detail.bucket.name",
                                                               "detail.object.key",
                                                               "detail.object.size",
                                                               "detail.object.etag",
                                                               "detail.object.version-id",
                                                               "detail.request-id",
                                                               "detail.requester",
                                                               "detail.source-ip-address",
                                                               "detail.source-storage-class",
                                                               "detail.destination-storage-class",
                                                               "detail.destination-access-tier",
                                                               "detail.restore-expiry-time"};
constexpr std::array<std::string_view, 7> of_run = {
    "detail.jobName",
    "detail.severity",
    "detail.state",
    "detail.jobRunId",
    "detail.message",
    "detail.startedOn",
    "detail.notificationCondition.notifyDelayAfter"};
constexpr std::array<std::string_view, 12> of_alarm = {"detail.alarmName",
                                                       "detail.state.value",
                                                       "detail.state.reason",
                                                       "detail.state.reasonData",
                                                       "detail.state.timestamp",
                                                       "detail.previousState.value",
                                                       "detail.previousState.reason",
                                                       "detail.previousState.reasonData",
                                                       "detail.previousState.timestamp",
                                                       "detail.configuration.description",
                                                       "detail.configuration.metrics.id",
                                                       "detail.configuration.alarmRule"};

struct Known {
  std::string_view source, detail_type;
  Names paths;                 ///< What it has below "detail".
  std::string_view open = {};  ///< Below this there may be anything more.
};
constexpr std::array known = {
    Known{"aws.s3", "Object Created", of_object},
    Known{"aws.s3", "Object Deleted", of_object},
    Known{"aws.s3", "Object Restore Initiated", of_stored_object},
    Known{"aws.s3", "Object Restore Completed", of_stored_object},
    Known{"aws.s3", "Object Restore Expired", of_stored_object},
    Known{"aws.s3", "Object Storage Class Changed", of_stored_object},
    Known{"aws.s3", "Object Access Tier Changed", of_stored_object},
    Known{"aws.s3", "Object ACL Updated", of_stored_object},
    Known{"aws.s3", "Object Tags Added", of_stored_object},
    Known{"aws.s3", "Object Tags Deleted", of_stored_object},
    Known{"aws.glue", "Glue Job State Change", of_run},
    Known{"aws.glue", "Glue Job Run Status", of_run},
    Known{"aws.glue", "Glue Crawler State Change", {}, "detail."},
    Known{"aws.glue", "Glue Data Catalog Database State Change", {}, "detail."},
    Known{"aws.glue", "Glue Data Catalog Table State Change", {}, "detail."},
    Known{"aws.events", "Scheduled Event", {}},
    Known{"aws.cloudwatch", "CloudWatch Alarm State Change", of_alarm, "detail.configuration."},
};

/// Whether the clause can only hold where something is.
bool needs_presence(const Clause& clause) { return !clause.absent; }

const Clause* clause_at(const PatternData& pattern, const Branch& branch, std::string_view path) {
  for (const auto index : branch) {
    if (pattern.clauses[index].path == path) return &pattern.clauses[index];
  }
  return nullptr;
}

std::optional<Mistake> unknown_member(const PatternData& pattern, const Branch& branch) {
  for (const auto index : branch) {
    const auto& clause = pattern.clauses[index];
    const auto first = std::string_view(clause.path).substr(0, clause.path.find('.'));
    if (!needs_presence(clause) || std::ranges::find(members, first) != members.end()) continue;
    return Mistake{clause.path, fmt::format("an event has no member \"{}\"", first),
                   fmt::format("write \"{}\"", nearest(first, members))};
  }
  return std::nullopt;
}

/// The events that a branch is about, if it names only sources that are known; else none.
std::vector<const Known*> named_events(const PatternData& pattern, const Branch& branch) {
  const auto* source = clause_at(pattern, branch, "source");
  if (source == nullptr) return {};
  std::vector<const Known*> out;
  for (const auto text : exact_texts(*source)) {
    const auto before = out.size();
    for (const auto& event : known) {
      if (event.source == text) out.push_back(&event);
    }
    if (out.size() == before) return {};
  }
  return out;
}

std::string listed(const std::vector<std::string_view>& texts) {
  return fmt::format("\"{}\"", fmt::join(texts, "\" or \""));
}

std::optional<Mistake> foreign_detail_type(const PatternData& pattern, const Branch& branch,
                                           std::vector<const Known*>& events) {
  const auto* type = clause_at(pattern, branch, "detail-type");
  if (type == nullptr || events.empty()) return std::nullopt;
  const auto asked = exact_texts(*type);
  if (asked.empty()) return std::nullopt;
  std::vector<std::string_view> types;
  for (const auto* event : events) types.push_back(event->detail_type);
  const auto sources = listed(exact_texts(*clause_at(pattern, branch, "source")));
  std::erase_if(events, [&](const Known* event) {
    return std::ranges::find(asked, event->detail_type) == asked.end();
  });
  if (!events.empty()) return std::nullopt;
  const auto elsewhere = std::ranges::find(known, asked.front(), &Known::detail_type);
  return Mistake{
      "detail-type", fmt::format("{} sends no {}", sources, listed(asked)),
      elsewhere == known.end()
          ? fmt::format("write \"{}\"", nearest(asked.front(), types))
          : fmt::format("\"{}\" comes from \"{}\"", elsewhere->detail_type, elsewhere->source)};
}

std::optional<Mistake> unknown_detail(const PatternData& pattern, const Branch& branch,
                                      const std::vector<const Known*>& events) {
  if (events.empty()) return std::nullopt;
  for (const auto index : branch) {
    const auto& clause = pattern.clauses[index];
    const std::string_view path = clause.path;
    if (!needs_presence(clause) || !path.starts_with("detail.")) continue;
    const bool there = std::ranges::any_of(events, [path](const Known* event) {
      return (!event->open.empty() && path.starts_with(event->open)) ||
             std::ranges::find(event->paths, path) != event->paths.end();
    });
    if (there) continue;
    std::vector<std::string_view> paths;
    for (const auto* event : events) {
      paths.insert(paths.end(), event->paths.begin(), event->paths.end());
    }
    return Mistake{clause.path,
                   fmt::format("\"{}\" of {} has no {}", events.front()->detail_type,
                               events.front()->source, path),
                   paths.empty() ? std::string() : fmt::format("write {}", nearest(path, paths))};
  }
  return std::nullopt;
}

std::optional<Mistake> mistake_of(const PatternData& pattern, const Branch& branch) {
  if (auto found = unknown_member(pattern, branch)) return found;
  auto events = named_events(pattern, branch);
  if (auto found = foreign_detail_type(pattern, branch, events)) return found;
  return unknown_detail(pattern, branch, events);
}

}  // namespace

std::optional<Mistake> find_mistake(const Pattern& pattern) {
  std::optional<Mistake> first;
  for (const auto& branch : pattern.data().branches) {
    auto found = mistake_of(pattern.data(), branch);
    if (!found) return std::nullopt;
    if (!first) first = std::move(found);
  }
  return first;
}

}  // namespace tidemill::pattern
