#include "s3/expiry_sweep.h"

#include "base/log.h"
#include "io/wake.h"
#include "s3/expiry.h"

namespace tidemill::s3 {
namespace {

constexpr std::int64_t day_ms = 86'400'000;
constexpr auto pause_after_failure = std::chrono::milliseconds(60'000);
constexpr std::size_t removals_a_step = 200;

/// Over what there is anything to look for.
std::vector<Walk::Over> walks_of(const Lifecycle& lifecycle) {
  std::vector<Walk::Over> walks;
  if (lifecycle.expires_objects()) walks.push_back(Walk::Over::objects);
  if (lifecycle.expires_versions()) walks.push_back(Walk::Over::versions);
  if (lifecycle.aborts_uploads()) walks.push_back(Walk::Over::uploads);
  return walks;
}

}  // namespace

struct ExpirySweep::State {
  explicit State(const Parts& p) : parts(p), wake(p.loops.executor(0)) {}

  store::Store& store() const { return parts.objects.core().store; }

  /// Removes as many as one commit may, from `from` on.
  Result<std::size_t> expire_some(store::Tx& tx, const std::string& name,
                                  const std::vector<Over>& over, std::size_t from) {
    TM_TRY(const auto bucket, find_bucket(tx, name));
    if (!bucket) return over.size();
    std::size_t room = removals_a_step;
    while (from < over.size()) {
      TM_TRY(const auto gone, expire(tx, parts.objects, *bucket, over[from], room));
      removed += gone;
      room -= gone;
      if (room == 0) return from;  // There may be more of this one.
      ++from;
    }
    return from;
  }

  Task<Status> walk_through(const std::string& name, const Lifecycle& lifecycle, Walk walk) {
    while (!walk.is_done && !is_over) {
      auto look = [&](store::Tx& tx) -> Result<std::vector<Over>> {
        TM_TRY(const auto bucket, find_bucket(tx, name));
        if (!bucket) {
          walk.is_done = true;
          return std::vector<Over>();
        }
        return find_over(tx, *bucket, lifecycle, walk, parts.objects.core().clock.now());
      };
      TM_CO_TRY(const auto over, co_await store().read(look));
      std::size_t from = 0;
      while (from < over.size() && !is_over) {
        auto change = [&](store::Tx& tx) { return expire_some(tx, name, over, from); };
        TM_CO_TRY(from, co_await store().write(change));
      }
    }
    co_return Status();
  }

  Task<Status> sweep() {
    const auto all = parts.objects.core().settings.lifecycles.all();
    for (const auto& [name, lifecycle] : *all) {
      for (const auto& prefix : lifecycle->prefixes()) {
        for (const auto over : walks_of(*lifecycle)) {
          Walk walk{.over = over, .prefix = prefix};
          TM_CO_CHECK(co_await walk_through(name, *lifecycle, walk));
        }
      }
    }
    co_return Status();
  }

  static Task<void> run(std::shared_ptr<State> self) {
    std::optional<std::int64_t> swept;  // Which day has had its sweep.
    co_await self->wake.wait();
    while (!self->is_over) {
      const auto today = self->parts.objects.core().clock.now().ms / day_ms;
      if (swept != today) {
        self->removed = 0;
        const auto done = co_await self->sweep();
        if (self->is_over) break;
        if (!done) {
          TM_LOG(warn, "s3", "lifecycles weren't carried out", {{"reason", done.error().message}});
          co_await self->wake.wait_for(pause_after_failure);
          continue;
        }
        if (self->removed > 0) TM_LOG(info, "s3", "lifecycles", {{"removed", self->removed}});
        swept = today;
        continue;  // Midnight may have come meanwhile.
      }
      self->alarm->set({(today + 1) * day_ms});
      co_await self->wake.wait();
    }
  }

  const Parts parts;
  io::Wake wake;  // Of loop 0, as is_over.
  io::Alarm* alarm = nullptr;
  std::size_t removed = 0;  // In this sweep; the commit thread counts while the loop waits.
  bool is_over = false;
};

ExpirySweep::ExpirySweep(const Parts& parts)
    : state_(std::make_shared<State>(parts)),
      alarm_(parts.loops, 0, parts.objects.core().clock,
             [state = state_] { state->wake.notify(); }) {
  state_->alarm = &alarm_;
  parts.loops.spawn(0, [state = state_] { return State::run(state); });
}

ExpirySweep::~ExpirySweep() {
  state_->parts.loops.post(0, [state = state_] {
    state->is_over = true;
    state->wake.notify();
  });
}

void ExpirySweep::wake() {
  state_->parts.loops.post(0, [state = state_] { state->wake.notify(); });
}

}  // namespace tidemill::s3
