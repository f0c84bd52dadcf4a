/// Simulation: the clients. Each act asks the server for something and notes what it is told.
#pragma once

#include "server/simulation/ledger_testing.h"

namespace tidemill::server::simulation {

class Clients {
 public:
  Clients(World& world, Ledger& ledger, std::vector<TimerPlan> timers)
      : world_(world), ledger_(ledger), timers_(std::move(timers)) {}

  void act() {
    const auto dice = world_.chance.below(100);
    if (dice < 30) return publish();
    if (dice < 45) return send("work");
    if (dice < 55) return send("order.fifo");
    if (dice < 75) return receive(world_.chance.in(50) ? "work" : "order.fifo");
    if (dice < 80) return start_run();
    if (dice < 83) return stop_run();
    if (dice < 86) return change_permission();
    if (dice < 90) return change_rule();
    if (dice < 95) return change_timer();
    redrive();
  }

  /// Whether all timers are known to be off; asks for it where they aren't.
  bool turn_timers_off() {
    bool are_off = true;
    for (const auto& plan : timers_) {
      const auto& state = ledger_.switches[plan.name];
      are_off = are_off && state.is_known && !state.is_on;
      set_timer(plan, false);
    }
    return are_off;
  }

 private:
  [[nodiscard]] Platform platform() {
    return Platform(*world_.node, world_.time.clock, world_.random);
  }
  [[nodiscard]] TimeMs now() const { return world_.time.clock.now(); }

  void publish() {
    constexpr std::array kinds = {"a", "b", "c", "both", "none"};
    const auto number = ++last_;
    const std::string kind = kinds[std::size_t(world_.chance.below(kinds.size()))];
    const auto id = fmt::format("event-{}", number);
    ledger_.events[id] = {};
    const auto before = known_rules(kind);
    world_.trace("publish {} of kind {}", id, kind);
    world_.ask(
        [this, id, kind](store::Tx& tx) -> Status {
          return world_.node->hub->publish(tx, {.id = id,
                                                .scope = scope,
                                                .source = "sim",
                                                .detail_type = "kind",
                                                .time = now(),
                                                .resources = {},
                                                .detail = fmt::format(R"({{"kind":"{}"}})", kind),
                                                .replay_name = {},
                                                .only_rules = {},
                                                .whole = {},
                                                .subject = {}});
        },
        [this, id, kind, before](Fate fate, const std::optional<Status>&) {
          world_.trace("{} {}", id, int(fate));
          auto& event = ledger_.events[id];
          event.fate = fate;
          const auto after = known_rules(kind);
          for (const auto& [rule, known] : before) {
            const auto found = after.find(rule);
            if (found != after.end() && found->second == known) event.matched[rule] = known.first;
          }
        });
  }

  /// By the rules whose state is known: whether they are for that kind, and since which change.
  std::map<std::string, std::pair<bool, int>> known_rules(const std::string& kind) {
    std::map<std::string, std::pair<bool, int>> known;
    for (const auto& plan : rule_plans()) {
      const auto& state = ledger_.switches[plan.name];
      const bool is_for = plan.kinds.contains("\"" + kind + "\"");
      if (state.is_known) known[plan.name] = {state.is_on && is_for, state.changes};
    }
    return known;
  }

  void send(const std::string& queue) {
    const auto body = fmt::format("message-{}", ++last_);
    ledger_.messages[body] = {.queue = queue, .id = {}};
    send(queue, body, world_.time.clock.offset);
  }
  void send(const std::string& queue, const std::string& body, std::int64_t offset) {
    const bool is_fifo = queue.ends_with(".fifo");
    world_.trace("send {} to {}", body, queue);
    world_.ask(
        [this, queue, body, is_fifo](store::Tx& tx) -> Result<sqs::Sent> {
          TM_TRY(const auto found, sqs::require_queue(tx, queue_key(queue)));
          sqs::Message message{.body = body};
          if (is_fifo) message.group_id = message.dedup_id = body;
          if (is_fifo) message.group_id = "g";
          return world_.node->queues->send(tx, found, message, "AIDA");
        },
        [this, queue, body, is_fifo, offset](Fate fate,
                                             const std::optional<Result<sqs::Sent>>& sent) {
          world_.trace("{} {}", body, int(fate));
          auto& message = ledger_.messages[body];
          if (message.fate != Fate::unknown || !message.id.empty()) return;
          message.may_double = message.may_double || offset != world_.time.clock.offset;
          if (fate == Fate::done) {
            message.fate = fate;
            message.id = (*sent)->id;
            if (is_fifo) ledger_.in_order[std::stoll(*(*sent)->sequence)] = message.id;
          } else if (fate == Fate::refused && !tried_again_.contains(body)) {
            message.fate = fate;
          } else if (is_fifo && tried_again_.insert(body).second) {
            world_.time.in(minute_ms, [this, queue, body, offset] {
              if (offset == world_.time.clock.offset) send(queue, body, offset);
            });
          }
        });
  }

  void receive(const std::string& queue) {
    const int count = int(1 + world_.chance.below(3));
    const auto seconds = 10 + world_.chance.below(300);
    world_.ask(
        [this, queue, count, seconds](store::Tx& tx) -> Result<sqs::Taken> {
          TM_TRY(const auto found, sqs::require_queue(tx, queue_key(queue)));
          return world_.node->queues->receive(tx, found, {count, seconds});
        },
        [this, queue, seconds](Fate fate, const std::optional<Result<sqs::Taken>>& taken) {
          if (fate == Fate::unknown) ++ledger_.blind_receives[queue];
          if (fate != Fate::done) return;
          for (const auto& message : (*taken)->messages) received(queue, message, seconds);
        });
  }

  void received(const std::string& queue, const sqs::Received& message, std::int64_t seconds) {
    world_.trace("received {} from {}", message.id, queue);
    auto& life = ledger_.lives[message.id];
    if (life.deletion == Life::Deletion::sure)
      found(message.id + " comes back, though it was deleted");
    if (now() < life.hidden_until) found(message.id + " comes back before its time");
    if (queue == "order.fifo") check_order(message);
    life.handle = message.handle;
    life.hidden_until = now().plus(std::chrono::seconds(seconds));
    const auto dice = world_.chance.below(100);
    if (dice < 20) return;  // Its receiver is gone.
    const auto blind = ledger_.blind_receives[queue];
    world_.time.in(world_.chance.below(20 * second_ms),
                   [this, queue, id = message.id, handle = message.handle, dice, blind] {
                     if (dice < 30) return hide(queue, id, handle);
                     remove(queue, id, handle, blind);
                   });
  }

  /// Whoever was acknowledged before it in its group has to be gone, or in this same receive.
  void check_order(const sqs::Received& message) {
    for (const auto& [sequence, earlier] : ledger_.in_order) {
      if (sequence >= message.seq) return;
      if (!ledger_.lives.contains(earlier)) found(message.id + " overtakes " + earlier);
    }
  }

  void hide(const std::string& queue, const std::string& id, const std::string& handle) {
    const auto seconds = world_.chance.below(600);
    world_.trace("hide {} for {} s", id, seconds);
    ledger_.lives[id].hidden_until = {};  // Until it is known.
    world_.ask(
        [this, queue, handle, seconds](store::Tx& tx) -> Status {
          TM_TRY(const auto found, sqs::require_queue(tx, queue_key(queue)));
          return world_.node->queues->change_visibility(tx, found, handle, seconds);
        },
        [this, id, handle, seconds](Fate fate, const std::optional<Status>&) {
          auto& life = ledger_.lives[id];
          if (fate == Fate::done && life.handle == handle) {
            life.hidden_until = now().plus(std::chrono::seconds(seconds));
          }
        });
  }

  void remove(const std::string& queue, const std::string& id, const std::string& handle,
              int blind) {
    world_.trace("delete {}", id);
    auto& life = ledger_.lives[id];
    if (life.deletion == Life::Deletion::none) life.deletion = Life::Deletion::maybe;
    world_.ask(
        [this, queue, handle](store::Tx& tx) -> Status {
          TM_TRY(const auto found, sqs::require_queue(tx, queue_key(queue)));
          return world_.node->queues->remove_message(tx, found, handle);
        },
        [this, queue, id, handle, blind](Fate fate, const std::optional<Status>&) {
          world_.trace("deletion of {} {}", id, int(fate));
          auto& life = ledger_.lives[id];
          // With an old handle it says well, too.
          const bool is_latest = life.handle == handle && blind == ledger_.blind_receives[queue];
          if (fate == Fate::done && is_latest) life.deletion = Life::Deletion::sure;
        });
  }

  void start_run() {
    world_.ask(
        [this](store::Tx& tx) -> Result<std::string> {
          TM_TRY(const auto job,
                 glue::require_job(tx, scope, world_.chance.in(70) ? "etl" : "report"));
          return world_.node->runs->start(tx, {job, {}, {}, {}});
        },
        [this](Fate fate, const std::optional<Result<std::string>>& id) {
          if (fate == Fate::done) ledger_.runs.insert(**id);
        });
  }

  void stop_run() {
    world_.ask(
        [this](store::Tx& tx) -> Status {
          TM_TRY(const auto runs, world_.node->runs->list(tx, scope, "", 0, 3));
          for (const auto& run : runs) {
            if (glue::is_final(run.state)) continue;
            world_.trace("stop {}", run.id);
            return world_.node->runs->stop(tx, scope, run.job, run.id);
          }
          return {};
        },
        [](Fate, const std::optional<Status>&) {});
  }

  void change_permission() {
    const bool allowed = world_.chance.in(60);
    const auto which = world_.chance.below(3);
    world_.trace("permission {} {}", which, allowed);
    world_.ask(
        [this, which, allowed](store::Tx& tx) -> Status {
          if (which == 0) return platform().set_permission(tx, "rules", allowed);
          if (which == 1) return platform().set_permission(tx, "schedules", allowed);
          return platform().set_queue_policy(tx, world_.chance.in(50) ? "work" : "letters",
                                             allowed);
        },
        [](Fate, const std::optional<Status>&) {});
  }

  void change_rule() {
    const auto& plans = rule_plans();
    const auto& plan = plans[std::size_t(world_.chance.below(std::int64_t(plans.size())))];
    auto& state = ledger_.switches[plan.name];
    if (state.is_changing) return;
    const bool on = !state.is_on;
    world_.trace("rule {} {}", plan.name, on);
    change(state, on,
           [this, &plan, on](store::Tx& tx) { return platform().set_rule(tx, plan, on); }, {});
  }

  void change_timer() {
    const auto& plan = timers_[std::size_t(world_.chance.below(std::int64_t(timers_.size())))];
    set_timer(plan, !ledger_.switches[plan.name].is_on);
  }
  void set_timer(const TimerPlan& plan, bool on) {
    auto& state = ledger_.switches[plan.name];
    if (state.is_changing || (state.is_known && state.is_on == on)) return;
    world_.trace("timer {} {}", plan.name, on);
    auto& times = ledger_.enabled[plan.name];
    if (state.is_on && !times.empty() && times.back().to.ms == INT64_MAX) times.back().to = now();
    change(
        state, on, [this, &plan, on](store::Tx& tx) { return platform().set_timer(tx, plan, on); },
        [this, &times, on] {
          if (on) times.push_back({now(), {INT64_MAX}});
        });
  }

  /// Turns something on or off; it isn't known what it is until somebody says so.
  template <class Change>
  void change(Switch& state, bool on, Change change, std::function<void()> then) {
    ++state.changes;
    const bool was_known = state.is_known, was_on = state.is_on;
    state.is_known = false;
    state.is_changing = true;
    state.is_on = on;
    world_.ask(std::move(change),
               [&state, was_known, was_on, then](Fate fate, const std::optional<Status>&) {
                 state.is_changing = false;
                 ++state.changes;
                 state.is_known = fate == Fate::done;
                 if (fate == Fate::done && then) then();
                 if (fate != Fate::refused) return;
                 state.is_known = was_known;
                 state.is_on = was_on;
               });
  }

  void redrive() {
    world_.ask(
        [this](store::Tx& tx) {
          return world_.node->hub->redrive(tx, {.account = scope.account, .rule = "to-moody"});
        },
        [](Fate, const std::optional<Result<int>>&) {});
  }

  void found(std::string what) { world_.findings.push_back(std::move(what)); }

  World& world_;
  Ledger& ledger_;
  const std::vector<TimerPlan> timers_;
  std::set<std::string> tried_again_;
  int last_ = 0;
};

}  // namespace tidemill::server::simulation
