#include "server/batch_lists.h"

#include <atomic>

#include "base/log.h"
#include "base/s3_uri.h"
#include "events/batch_list.h"
#include "events/batch_rows.h"
#include "io/wake.h"
#include "server/chore.h"

namespace tidemill::server {
namespace {

/// The store or the disk can't now; the manifest itself may be fine.
bool may_pass(const Error& error) {
  return error.code == Errc::throttled || error.code == Errc::storage_full ||
         error.code == Errc::unavailable;
}

}  // namespace

struct BatchLists::State {
  explicit State(const Parts& p) : parts(p), wake(p.loops.executor(0)) {}

  /// Reads one manifest. False if there is none.
  static Task<Result<bool>> step(std::shared_ptr<State> self) {
    auto find = [](store::Tx& tx) { return events::next_unread(tx); };
    TM_CO_TRY(const auto unread, co_await self->parts.store.read(find));
    if (!unread) co_return false;
    const auto [bucket, key] = *split_s3_uri(unread->uri);
    const auto data = co_await self->parts.objects.read_whole(std::string(bucket), std::string(key),
                                                              events::batch_list_bytes_max);
    if (!data && may_pass(data.error())) co_return std::unexpected(data.error());
    const auto list = data ? events::read_batch_list(data->bytes, unread->uri)
                           : Result<std::vector<std::string>>(std::unexpected(data.error()));
    auto change = [&](store::Tx& tx) {
      return self->parts.hub.list_read(tx, unread->batch, unread->uri, list);
    };
    TM_CO_CHECK(co_await self->parts.store.write(change));
    co_return true;
  }

  static Task<void> run(std::shared_ptr<State> self) {
    while (true) {
      co_await self->wake.wait();
      self->is_woken = false;
      bool is_more = true;
      while (is_more && !self->is_over) {
        const auto read = co_await step(self);
        is_more = !read || *read;
        if (read) continue;
        TM_LOG(warn, "events", "a batch's manifest waits to be read",
               {{"reason", read.error().message}});
        co_await self->wake.wait_for(pause_after_failure);
      }
      if (self->is_over) co_return;
    }
  }

  const Parts parts;
  io::Wake wake;                       // Of loop 0, as is_over.
  std::atomic<bool> is_woken = false;  // It will look again.
  bool is_over = false;
};

BatchLists::BatchLists(const Parts& parts) : state_(std::make_shared<State>(parts)) {
  parts.loops.spawn(0, [state = state_] { return State::run(state); });
}

BatchLists::~BatchLists() {
  state_->parts.loops.post(0, [state = state_] {
    state->is_over = true;
    state->wake.notify();
  });
}

void BatchLists::wake() {
  if (state_->is_woken.exchange(true)) return;
  state_->parts.loops.post(0, [state = state_] { state->wake.notify(); });
}

}  // namespace tidemill::server
