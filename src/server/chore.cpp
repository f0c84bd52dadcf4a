#include "server/chore.h"

#include "base/log.h"

namespace tidemill::server {
void do_step(store::Store& store, const Clock& clock, const CallAt& call_at, const Chore& chore) {
  store.post(
      [call_at, chore](store::Tx& tx) -> Status {
        TM_TRY(const auto next, chore.step(tx));
        if (next) tx.on_commit([call_at, at = *next] { call_at(at); });
        return {};
      },
      [&clock, call_at, chore](const Status& done) {
        if (done) return;
        TM_LOG(error, chore.log, chore.failure, {{"reason", done.error().message}});
        call_at(clock.now().plus(pause_after_failure));
      });
}

}  // namespace tidemill::server
