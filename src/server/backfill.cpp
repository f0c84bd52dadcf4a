#include "server/backfill.h"

#include <fmt/format.h>

#include "pattern/pattern.h"
#include "s3/events.h"
#include "s3/objects.h"

namespace tidemill::server {
namespace {

constexpr std::size_t page_max = 1000;
constexpr std::size_t buckets_max = 10'000;

/// Whether the rule ever had an event of this object.
Result<bool> reached(store::Tx& tx, std::string_view subject, std::string_view rule_arn) {
  TM_TRY(const auto found, tx.one(
                               "SELECT 1 FROM events e JOIN deliveries d ON d.event = e.seq"
                               " WHERE e.subject = $1 AND e.subject <> '' AND d.rule_arn = $2"
                               " LIMIT 1",
                               [](const store::Row&) { return true; }, subject, rule_arn));
  return found.has_value();
}

}  // namespace

/// Where a walk through all objects stands.
struct Backfill::Walk {
  std::string rule_arn;
  pattern::Pattern pattern;
  s3::Bucket bucket;
  std::string after;  ///< The last key looked at.
  bool more = true;   ///< In this bucket.
  std::int64_t looked_at = 0;
  std::vector<events::Event> missing;  ///< Of the page just read.
  std::vector<s3::ListedObject> objects;
};

/// Reads the next page of the walk's bucket and keeps what the rule misses.
Task<Status> Backfill::page(const Caller& caller, Walk& walk) {
  auto query = [&](store::Tx& tx) -> Status {
    walk.missing.clear();
    walk.objects.clear();
    const s3::ListQuery list{.after = walk.after, .max = page_max};
    TM_TRY(const auto page, s3::Objects::list(tx, walk.bucket, list));
    for (const auto& object : page.objects) {
      ++walk.looked_at;
      walk.after = object.key;
      s3::Happening happening{.reason = "PutObject",
                              .key = object.key,
                              .size = object.size,
                              .etag = object.etag,
                              .time = object.modified,
                              .version = object.version};
      auto event = s3::created_event(walk.bucket, happening, caller, random_);
      TM_TRY(const auto parsed, pattern::Event::parse(event.envelope()));
      if (!walk.pattern.matches(parsed)) continue;
      TM_TRY(const bool known, reached(tx, event.subject, walk.rule_arn));
      if (known) continue;
      TM_TRY(const auto row, s3::find_object(tx, walk.bucket.id, object.key));
      if (!row) continue;
      happening.sequencer = row->sequencer;
      event = s3::created_event(walk.bucket, happening, caller, random_);
      event.only_rules = {walk.rule_arn};
      walk.missing.push_back(std::move(event));
      walk.objects.push_back(object);
    }
    walk.more = page.truncated && !page.objects.empty();
    return {};
  };
  co_return co_await store_.read(query);
}

Task<Result<int>> Backfill::publish(const Walk& walk, const std::vector<events::Event>& events) {
  auto change = [&](store::Tx& tx) -> Result<int> {
    int published = 0;
    for (const auto& event : events) {
      TM_TRY(const bool known, reached(tx, event.subject, walk.rule_arn));
      if (known) continue;
      TM_CHECK(hub_.publish(tx, event));
      ++published;
    }
    return published;
  };
  co_return co_await store_.write(change);
}

Task<Result<json::value>> Backfill::run(const Caller& caller, Order order) {
  std::vector<s3::Bucket> buckets;
  auto begin = [&](store::Tx& tx) -> Result<events::Rule> {
    TM_TRY(auto rule, events::require_rule(tx, order.bus, order.rule));
    TM_TRY(auto page, s3::list_buckets(tx, {.account = caller.scope.account, .max = buckets_max}));
    buckets = std::move(page.buckets);
    return rule;
  };
  TM_CO_TRY(const auto rule, co_await store_.read(begin));
  if (rule.pattern.empty()) {
    co_return fail(Errc::invalid_argument,
                   fmt::format("{} has a schedule; see tidemill schedule backfill", rule.name));
  }
  TM_CO_TRY(auto pattern, pattern::Pattern::compile(rule.pattern));
  Walk walk{.rule_arn = rule.arn(), .pattern = std::move(pattern)};
  std::int64_t missing = 0, started = 0;
  json::array shown;
  for (const auto& bucket : buckets) {
    walk.bucket = bucket;
    walk.after.clear();
    walk.more = true;
    while (walk.more) {
      TM_CO_CHECK(co_await page(caller, walk));
      missing += std::int64_t(walk.missing.size());
      for (const auto& object : walk.objects) {
        if (shown.size() >= order.shown_max) break;
        shown.push_back(json::object{{"uri", fmt::format("s3://{}/{}", bucket.name, object.key)},
                                     {"size", object.size},
                                     {"modified_ms", object.modified.ms}});
      }
      if (!order.start || walk.missing.empty()) continue;
      TM_CO_TRY(const int published, co_await publish(walk, walk.missing));
      started += published;
    }
  }
  co_return json::object{{"rule", rule.name},
                         {"looked_at", walk.looked_at},
                         {"missing", missing},
                         {"objects", std::move(shown)},
                         {"started", started}};
}

}  // namespace tidemill::server
