#include "server/rule_log.h"

#include "base/failpoint.h"
#include "base/log.h"
#include "io/wake.h"
#include "server/chore.h"

namespace tidemill::server {
namespace {

constexpr int rows_per_commit = 1000;
constexpr std::string_view projection = "decisions";
// Decisions that come together go together, the more of them the later: each commit here has to
// share the disk with those that clients wait for.
constexpr auto settle = std::chrono::milliseconds(5);
constexpr auto settle_busy = std::chrono::milliseconds(100);
constexpr int busy_rows = 16;

struct Batch {
  std::vector<logs::Line> lines;
  std::int64_t last = 0;
  int rows = 0;
};

}  // namespace

struct RuleLog::State {
  State(const Parts& p) : parts(p), wake(p.loops.executor(0)) {}

  Result<Batch> read(store::Tx& tx, std::int64_t after) const {
    Batch batch;
    const auto take = [&](const store::Row& row) {
      batch.last = row.integer(0);
      ++batch.rows;
      const TimeMs at{row.integer(1)};
      const Scope scope{row.text(2), row.text(3)};
      // A stream a day.
      auto groups = row.null(6) ? parts.ledger.rule_groups(scope, row.bytes(4))
                                : std::vector<std::string>{row.text(6)};
      for (auto& group : groups) {
        batch.lines.push_back(
            {{{scope, std::move(group)}, iso_millis(at).substr(0, 10)}, {at, row.text(5)}});
      }
      return true;
    };
    TM_CHECK(
        tx.each("SELECT seq, at_ms, account, region, rule_name, record, log_group FROM decisions"
                " WHERE seq > $1 ORDER BY seq LIMIT $2",
                take, after, rows_per_commit));
    return batch;
  }

  /// Writes a batch; gives its number of rows.
  static Task<Result<int>> step(std::shared_ptr<State> self) {
    auto find = [&](store::Tx& tx) { return self->parts.ledger.position(tx, projection); };
    TM_CO_TRY(const auto after, co_await self->parts.logs_store.read(find));
    auto query = [&](store::Tx& tx) { return self->read(tx, after); };
    TM_CO_TRY(const auto batch, co_await self->parts.store.read(query));
    if (batch.rows == 0) co_return 0;
    auto change = [&](store::Tx& tx) {
      return self->parts.ledger.append_projected(tx, projection, batch.last, batch.lines);
    };
    (void)TM_FAILPOINT("logs.projecting");
    TM_CO_CHECK(co_await self->parts.logs_store.write(change));
    (void)TM_FAILPOINT("logs.projected");
    co_return batch.rows;
  }

  static Task<void> run(std::shared_ptr<State> self) {
    while (!self->is_over) {
      self->is_woken = false;
      const auto wrote = co_await step(self);
      if (!wrote) {
        TM_LOG(warn, "rules", "decisions aren't logged", {{"reason", wrote.error().message}});
        co_await self->wake.wait_for(pause_after_failure);
      } else if (*wrote < rows_per_commit) {
        const bool is_busy = *wrote >= busy_rows;
        co_await self->wake.wait();
        co_await io::sleep_for(is_busy ? settle_busy : settle);
      }
    }
  }

  const Parts parts;
  io::Wake wake;                       // Of loop 0, as is_over.
  std::atomic<bool> is_woken = false;  // It will look again.
  bool is_over = false;
};

RuleLog::RuleLog(const Parts& parts) : state_(std::make_shared<State>(parts)) {
  parts.loops.spawn(0, [state = state_] { return State::run(state); });
}

RuleLog::~RuleLog() {
  state_->parts.loops.post(0, [state = state_] {
    state->is_over = true;
    state->wake.notify();
  });
}

void RuleLog::wake() {
  if (state_->is_woken.exchange(true)) return;
  state_->parts.loops.post(0, [state = state_] { state->wake.notify(); });
}

}  // namespace tidemill::server
