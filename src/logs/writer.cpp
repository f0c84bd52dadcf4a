#include "logs/writer.h"

#include <atomic>
#include <deque>
#include <mutex>
#include <unordered_map>
#include <vector>

#include <fmt/format.h>

#include "base/log.h"
#include "logs/names.h"

namespace tidemill::logs {
namespace {

constexpr std::size_t entry_overhead_bytes = 200;  // Of an entry's strings and its place.
constexpr std::size_t noticed_streams_max = 256;

/// A line, or (without an event) a stream that is to exist.
struct Entry {
  StreamKey stream;
  std::optional<NewEvent> event;

  [[nodiscard]] std::size_t bytes() const {
    return entry_overhead_bytes + stream.group.name.size() + stream.name.size() +
           (event ? event->message.size() : 0);
  }
};

/// Lines of one stream that found no room.
struct Lost {
  StreamKey stream;
  TimeMs last;
  std::uint64_t count = 0;
};

StreamKey key_of(const Scope& scope, std::string_view group, std::string_view stream) {
  return {{scope, std::string(group)}, std::string(stream)};
}

/// The front of `text`, at most `size` bytes, not cut within a character.
std::string_view front_of(std::string_view text, std::size_t size) {
  if (text.size() <= size) return text;
  while (size > 1 && (static_cast<unsigned char>(text[size]) & 0xc0) == 0x80) --size;
  return text.substr(0, size);
}

}  // namespace

struct Writer::State : std::enable_shared_from_this<State> {
  State(store::Store& s, Ledger& l, WriterOptions o) : store(s), ledger(l), options(o) {}

  store::Store& store;
  Ledger& ledger;
  const WriterOptions options;
  std::atomic<std::uint64_t> dropped = 0;

  std::mutex mutex;  ///< Guards what follows; held for moments only.
  std::deque<Entry> pending;
  std::size_t pending_bytes = 0;
  std::uint64_t added = 0, taken = 0;  ///< Entries, ever.
  std::unordered_map<std::string, Lost> lost;
  bool posted = false;  ///< A commit is on its way that will take what is pending.

  void add(Entry entry) {
    {
      const std::lock_guard lock(mutex);
      if (pending_bytes + entry.bytes() > options.pending_bytes_max) return drop(entry);
      pending_bytes += entry.bytes();
      pending.push_back(std::move(entry));
      ++added;
      if (std::exchange(posted, true)) return;
    }
    post();
  }

  void drop(const Entry& entry) {
    if (!entry.event) return;  // The stream comes into being with its first line.
    ++dropped;
    auto arn = stream_arn(entry.stream);
    if (lost.size() >= noticed_streams_max && !lost.contains(arn)) return;
    auto& here = lost[std::move(arn)];
    here.stream = entry.stream;
    here.last = entry.event->time;
    ++here.count;
  }

  void post() {
    auto count = std::make_shared<std::size_t>(0);
    store.post(
        [self = shared_from_this(), count](store::Tx& tx) { return self->write(tx, *count); },
        [self = shared_from_this(), count](Status done) { self->written(done, *count); });
  }

  /// Takes some of what is pending into `tx`. `count`: how many lines that were.
  Status write(store::Tx& tx, std::size_t& count) {
    std::vector<StreamKey> streams;
    std::vector<Line> lines;
    take(streams, lines);
    count = lines.size();
    for (const auto& stream : streams) TM_CHECK(ledger.ensure_stream(tx, stream));
    return ledger.append(tx, lines);
  }

  void take(std::vector<StreamKey>& streams, std::vector<Line>& lines) {
    std::unordered_map<std::string, Lost> notices;
    {
      const std::lock_guard lock(mutex);
      while (!pending.empty() && lines.size() < options.lines_per_commit) {
        auto& entry = pending.front();
        pending_bytes -= entry.bytes();
        ++taken;
        if (entry.event) {
          lines.push_back({std::move(entry.stream), *std::move(entry.event)});
        } else {
          streams.push_back(std::move(entry.stream));
        }
        pending.pop_front();
      }
      if (pending.empty()) notices = std::exchange(lost, {});
    }
    for (auto& [arn, here] : notices) {
      auto text = fmt::format(
          "tidemill: {} lines are missing here: they came faster than they could be stored",
          here.count);
      lines.push_back({std::move(here.stream), {here.last, std::move(text)}});
    }
  }

  /// On the commit thread, or at once in post() if the store's queue is full.
  void written(const Status& done, std::size_t count) {
    if (!done) {
      dropped += count;
      TM_LOG(warn, "logs", "lines were not stored",
             {{"count", count}, {"reason", done.error().message}});
    }
    {
      const std::lock_guard lock(mutex);
      // After a failure the next line, or a flush, tries again.
      posted = done && !pending.empty();
      if (!posted) return;
    }
    post();
  }

  [[nodiscard]] std::uint64_t entries_added() {
    const std::lock_guard lock(mutex);
    return added;
  }
  [[nodiscard]] bool has_taken(std::uint64_t count) {
    const std::lock_guard lock(mutex);
    return taken >= count;
  }
};

Writer::Writer(store::Store& store, Ledger& ledger, WriterOptions options)
    : state_(std::make_shared<State>(store, ledger, options)) {}

Writer::~Writer() = default;

void Writer::append(const Scope& scope, std::string_view group, std::string_view stream,
                    TimeMs time, std::string_view message) {
  const auto key = key_of(scope, group, stream);
  const auto clean = clean_utf8(message);
  std::string_view rest = clean;
  do {
    const auto part = front_of(rest, state_->options.message_bytes_max);
    rest.remove_prefix(part.size());
    state_->add({key, NewEvent{time, std::string(part)}});
  } while (!rest.empty());
}

void Writer::ensure_stream(const Scope& scope, std::string_view group, std::string_view stream) {
  state_->add({key_of(scope, group, stream), std::nullopt});
}

Task<Status> Writer::flush() {
  const auto state = state_;
  const auto goal = state->entries_added();
  // A commit that is on its way comes before this one: the store keeps the order.
  do {
    std::size_t count = 0;
    auto change = [&state, &count](store::Tx& tx) { return state->write(tx, count); };
    auto done = co_await state->store.write(change);
    if (!done) {
      state->dropped += count;
      co_return done;
    }
  } while (!state->has_taken(goal));
  co_return Status();
}

Status Writer::flush_now() {
  const auto goal = state_->entries_added();
  do {
    std::size_t count = 0;
    auto done =
        state_->store.write_now([this, &count](store::Tx& tx) { return state_->write(tx, count); });
    if (!done) {
      state_->dropped += count;
      return done;
    }
  } while (!state_->has_taken(goal));
  return {};
}

std::uint64_t Writer::dropped() const noexcept { return state_->dropped; }

}  // namespace tidemill::logs
