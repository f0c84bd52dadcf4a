// Events going out: one stream's (GetLogEvents), or a group's by a filter (FilterLogEvents).
#include <algorithm>
#include <array>
#include <unordered_map>
#include <unordered_set>

#include "logs/event_scan.h"
#include "logs/ledger.h"
#include "logs/names.h"

namespace tidemill::logs {
namespace {

constexpr std::size_t page_bytes_max = 1 << 20;
/// What one FilterLogEvents call looks at before it answers with a token and what it has: a filter
/// that matches little must not keep a reader for long.
constexpr std::size_t scanned_bytes_max = 32 << 20;
constexpr int scanned_events_max = 100'000;
/// Up to so many streams are merged; of more, the group is walked and others' events are skipped.
constexpr std::size_t streams_merged_max = 100;

std::size_t page_bytes(std::string_view message) {
  return message.size() + std::size_t(event_overhead_bytes);
}

/// The answer to GetLogEvents as it grows.
class ReadCollector {
 public:
  explicit ReadCollector(int limit) : limit_(std::size_t(limit)) {}

  bool add(const ScannedEvent& event) {
    bytes_ += page_bytes(event.message);
    if (!events_.empty() && bytes_ > page_bytes_max) return false;
    events_.push_back({event.position, TimeMs{event.ingested_ms}, {}, std::string(event.message)});
    return events_.size() < limit_;
  }
  std::vector<StoredEvent> take() { return std::move(events_); }

 private:
  const std::size_t limit_;
  std::size_t bytes_ = 0;
  std::vector<StoredEvent> events_;
};

/// The answer to FilterLogEvents as it grows.
class FilterCollector {
 public:
  FilterCollector(const FilterQuery& query, Position from) : query_(query), last_(from) {}

  /// `name`: of the event's stream; nullptr if that was deleted or isn't asked for.
  bool add(const ScannedEvent& event, const std::string* name) {
    if (full(event)) {
      page_.token = filter_token(last_);
      return false;
    }
    last_ = event.position;
    ++scanned_events_;
    scanned_bytes_ += event.message.size();
    if (name == nullptr || !query_.pattern.matches(event.message)) return true;
    bytes_ += page_bytes(event.message);
    page_.events.push_back(
        {event.position, TimeMs{event.ingested_ms}, *name, std::string(event.message)});
    return true;
  }
  FilterPage take() { return std::move(page_); }

 private:
  [[nodiscard]] bool full(const ScannedEvent& next) const {
    if (scanned_events_ >= scanned_events_max || scanned_bytes_ >= scanned_bytes_max) return true;
    if (page_.events.size() >= std::size_t(query_.limit)) return true;
    return !page_.events.empty() && bytes_ + page_bytes(next.message) > page_bytes_max;
  }

  const FilterQuery& query_;
  FilterPage page_;
  Position last_;
  std::size_t bytes_ = 0, scanned_bytes_ = 0;
  int scanned_events_ = 0;
};

/// id -> name of the streams that a filter is about; nothing in `ids` means all of the group.
struct Chosen {
  bool all = true;
  std::unordered_map<std::int64_t, std::string> names;
};

Result<Chosen> streams_with_prefix(store::Tx& tx, std::int64_t group, const std::string& prefix) {
  Chosen chosen{false, {}};
  const store::RowFn row = [&](const store::Row& r) {
    if (!r.bytes(1).starts_with(prefix)) return false;
    chosen.names.emplace(r.integer(0), r.text(1));
    return true;
  };
  TM_CHECK(
      tx.each("SELECT id, name FROM log_streams WHERE log_group = $1 AND name >= $2"
              " ORDER BY name",
              row, group, prefix));
  return chosen;
}

/// Looks up the names of streams as their events come by.
class StreamNames {
 public:
  StreamNames(store::Tx& tx, Chosen chosen) : tx_(tx), chosen_(std::move(chosen)) {}

  const std::string* find(std::int64_t id) {
    if (const auto found = chosen_.names.find(id); found != chosen_.names.end()) {
      return found->second.empty() ? nullptr : &found->second;
    }
    if (!chosen_.all) return nullptr;
    auto name = tx_.one(
        "SELECT name FROM log_streams WHERE id = $1",
        [](const store::Row& row) { return row.text(0); }, id);
    if (!name) {
      failure_ = std::unexpected(name.error());
      return nullptr;
    }
    const auto& kept = chosen_.names.emplace(id, std::move(*name).value_or("")).first->second;
    return kept.empty() ? nullptr : &kept;
  }
  [[nodiscard]] const Chosen& chosen() const { return chosen_; }
  [[nodiscard]] const Status& status() const { return failure_; }

 private:
  store::Tx& tx_;
  Chosen chosen_;
  Status failure_;
};

ReadPage answer(const ReadQuery& query, const std::optional<ReadToken>& token,
                std::vector<StoredEvent> events) {
  ReadPage page;
  if (events.empty()) {
    // The end: the same token again, so that clients see that there is no more (for now).
    const auto at = token ? token->position : Position{};
    page.forward = token && token->forward ? *query.token : read_token({true, at});
    page.backward = token && !token->forward ? *query.token : read_token({false, at});
  } else {
    page.forward = read_token({true, events.back().position});
    page.backward = read_token({false, events.front().position});
  }
  page.events = std::move(events);
  return page;
}

}  // namespace

Result<ReadPage> Ledger::read(store::Tx& tx, const ReadQuery& query) const {
  std::optional<ReadToken> token;
  if (query.token) {
    TM_TRY(token, parse_read_token(*query.token));
  }
  TM_TRY(const auto found, group(tx, query.stream.group));
  TM_TRY(const auto stream, stream_id(tx, found.id, query.stream.name));
  const std::array streams{stream};
  auto range = scan_range(query.range.start, query.range.end, oldest_kept(found));
  range.newest_first = token ? !token->forward : !query.from_head;
  if (token && token->forward) range.after = std::max(range.after, token->position);
  if (token && !token->forward) range.before = std::min(range.before, token->position);
  ReadCollector collector(query.limit);
  const ScanFn add = [&collector](const ScannedEvent& event) { return collector.add(event); };
  TM_CHECK(scan_streams(tx, found.id, streams, range, add));
  auto events = collector.take();
  if (range.newest_first) std::ranges::reverse(events);
  return answer(query, token, std::move(events));
}

Result<FilterPage> Ledger::filter(store::Tx& tx, const FilterQuery& query) const {
  TM_TRY(const auto found, group(tx, query.group));
  Chosen chosen;
  if (!query.streams.empty()) {
    chosen.all = false;
    for (const auto& name : query.streams) {
      TM_TRY(const auto id, stream_id(tx, found.id, name));
      chosen.names.emplace(id, name);
    }
  } else if (!query.prefix.empty()) {
    TM_TRY(chosen, streams_with_prefix(tx, found.id, query.prefix));
  }
  auto end = query.range.end;
  if (end && end->ms < INT64_MAX) ++end->ms;  // Here the end is inclusive.
  auto range = scan_range(query.range.start, end, oldest_kept(found));
  range.newest_first = query.newest_first;
  if (query.token) {
    TM_TRY(const auto at, parse_filter_token(*query.token));
    if (query.newest_first) range.before = std::min(range.before, at);
    if (!query.newest_first) range.after = std::max(range.after, at);
  }
  FilterCollector collector(query, query.newest_first ? range.before : range.after);
  StreamNames names(tx, std::move(chosen));
  const ScanFn add = [&](const ScannedEvent& event) {
    const auto* name = names.find(event.stream);
    return names.status() && collector.add(event, name);
  };
  if (!names.chosen().all && names.chosen().names.size() <= streams_merged_max) {
    std::vector<std::int64_t> ids;
    for (const auto& [id, name] : names.chosen().names) ids.push_back(id);
    TM_CHECK(scan_streams(tx, found.id, ids, range, add));
  } else {
    TM_CHECK(scan_group(tx, found.id, range, add));
  }
  TM_CHECK(names.status());
  return collector.take();
}

}  // namespace tidemill::logs
