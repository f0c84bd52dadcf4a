#include "sns/courier.h"

#include <algorithm>
#include <map>
#include <set>

#include "base/log.h"
#include "io/wake.h"

namespace tidemill::sns {
namespace {

constexpr auto pause_after_failure = std::chrono::milliseconds(1'000);

Mail mail_of(const Outgoing& delivery) {
  return {.to = delivery.subscription.endpoint,
          .sender_name = std::string(delivery.topic.text("DisplayName")),
          .subject = delivery.subject.empty() ? "AWS Notification Message" : delivery.subject,
          .text = delivery.body};
}

}  // namespace

Post post_of(const Outgoing& delivery) {
  const auto& subscription = delivery.subscription;
  Post post{.url = subscription.endpoint, .headers = {}, .body = delivery.body};
  const auto add = [&post](std::string name, std::string value) {
    post.headers.emplace_back(std::move(name), std::move(value));
  };
  add("x-amz-sns-message-type", delivery.type);
  add("x-amz-sns-message-id", delivery.message_id);
  add("x-amz-sns-topic-arn", subscription.topic_key.arn());
  if (delivery.type != confirmation_type) add("x-amz-sns-subscription-arn", subscription.arn());
  if (delivery.raw) add("x-amz-sns-rawdelivery", "true");
  add("Content-Type", delivery.policy().content_type);
  add("User-Agent", "Amazon Simple Notification Service Agent");
  return post;
}

struct Courier::State {
  explicit State(const Parts& p) : parts(p), wake(p.loops.executor(0)) {}

  [[nodiscard]] DueQuery query(TimeMs now) const {
    DueQuery query{.now = now, .flying = flying, .count = flying_max - flying.size()};
    std::size_t n = 0;
    for (const auto& [subscription, count] : busy) {
      if (count >= per_endpoint_max && n < query.busy.size()) query.busy[n++] = subscription;
    }
    return query;
  }

  /// Sends off what is due and there is room for.
  static Task<Status> send_due(std::shared_ptr<State> self) {
    const auto now = self->parts.clock.now();
    bool may_be_more = true;
    while (may_be_more && self->flying.size() < flying_max) {
      const auto asked = self->query(now);
      auto look = [&](store::Tx& tx) { return due_deliveries(tx, asked); };
      TM_CO_TRY(auto found, co_await self->parts.store.read(look));
      // Behind all of one endpoint, which now has enough to do, there may be another's.
      may_be_more = found.size() == asked.count;
      for (auto& one : found) {
        auto& count = self->busy[one.subscription.id];
        if (count >= per_endpoint_max) continue;
        ++count;
        self->flying.insert(one.id);
        auto shared = std::make_shared<const Outgoing>(std::move(one));
        self->parts.loops.spawn(0, [self, shared] { return deliver(self, shared); });
      }
    }
    std::erase_if(self->busy, [](const auto& entry) { return entry.second == 0; });
    auto next = [&](store::Tx& tx) { return next_due(tx, now); };
    TM_CO_TRY(const auto later, co_await self->parts.store.read(next));
    if (later) self->alarm->set(*later);
    co_return Status();
  }

  static Task<void> deliver(std::shared_ptr<State> self, std::shared_ptr<const Outgoing> delivery) {
    auto& parts = self->parts;
    Attempt attempt;
    if (delivery->subscription.protocol.starts_with("email")) {
      auto mail = mail_of(*delivery);
      attempt = co_await parts.office.mail(std::move(mail));
    } else {
      auto post = post_of(*delivery);
      attempt = co_await parts.office.post(std::move(post));
    }
    auto settle = [&](store::Tx& tx) { return parts.topics.settle(tx, *delivery, attempt); };
    const auto settled = co_await parts.store.write(settle);
    if (!settled) {
      // The row is as it was: it is tried again.
      TM_LOG(error, "sns", "a delivery's end isn't noted", {{"reason", settled.error().message}});
      co_await io::sleep_for(pause_after_failure);
    }
    self->flying.erase(delivery->id);
    --self->busy[delivery->subscription.id];
    self->wake.notify();
  }

  static Task<void> run(std::shared_ptr<State> self) {
    co_await self->wake.wait();  // Until the server has loaded what it must.
    while (!self->is_over) {
      const auto sent = co_await send_due(self);
      if (!sent) {
        TM_LOG(warn, "sns", "nothing is delivered", {{"reason", sent.error().message}});
        co_await self->wake.wait_for(pause_after_failure);
        continue;
      }
      co_await self->wake.wait();
    }
  }

  const Parts parts;
  io::Wake wake;  // Of loop 0, as all below.
  io::Alarm* alarm = nullptr;
  std::set<std::int64_t> flying;             // Deliveries.
  std::map<std::int64_t, std::size_t> busy;  // How many of each subscription.
  bool is_over = false;
};

Courier::Courier(const Parts& parts)
    : state_(std::make_shared<State>(parts)),
      alarm_(parts.loops, 0, parts.clock, [state = state_] { state->wake.notify(); }) {
  state_->alarm = &alarm_;
  parts.loops.spawn(0, [state = state_] { return State::run(state); });
}

Courier::~Courier() {
  state_->parts.loops.post(0, [state = state_] {
    state->is_over = true;
    state->wake.notify();
  });
}

void Courier::wake() {
  state_->parts.loops.post(0, [state = state_] { state->wake.notify(); });
}

}  // namespace tidemill::sns
