// Publishing, and the first try of what a rule or a schedule delivers.
#include "events/hub.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/failpoint.h"
#include "base/log.h"
#include "events/counting.h"
#include "events/hub_try.h"
#include "events/rule_history.h"

namespace tidemill::events {
namespace {

// A delivery that waits for its target is looked at this often all the same, should the target
// forget to say that it has room.
constexpr auto waiting_retry = std::chrono::hours(1);
// Events that beget events in one transaction; a cycle of rules ends here.
constexpr int depth_max = 8;

bool may_reach(const Event& event, const Rule& rule) {
  const auto& only = event.only_rules;
  return only.empty() || std::ranges::find(only, rule.arn()) != only.end();
}

}  // namespace

Hub::Hub(const Clock& clock, Random& random, Options options)
    : clock_(clock), random_(random), options_(std::move(options)) {}

Target* Hub::target_for(std::string_view arn) const {
  const auto parsed = Arn::parse(arn);
  if (!parsed) return nullptr;
  for (auto* target : targets_) {
    if (target->takes(*parsed)) return target;
  }
  return nullptr;
}

Status Hub::load(store::Tx& tx) {
  TM_TRY(const auto stored, all_rules(tx));
  for (const auto& rule : stored) {
    TM_TRY(auto compiled, compiled_rule(tx, rule));
    TM_CHECK(rules_.put(std::move(compiled)));
  }
  TM_TRY(const auto change, last_change(tx));
  rules_.reach(change);
  TM_CHECK(archives_.load(tx));
  const auto number = [](const store::Row& row) { return row.integer(0); };
  TM_TRY(const auto event, tx.one("SELECT coalesce(max(seq), 0) FROM events", number));
  TM_TRY(const auto delivery, tx.one("SELECT coalesce(max(id), 0) FROM deliveries", number));
  TM_TRY(const auto decision, tx.one("SELECT coalesce(max(seq), 0) FROM decisions", number));
  last_event_ = *event;
  last_decision_ = *decision;
  last_delivery_ = *delivery;
  TM_TRY(const auto waiting,
         tx.all("SELECT DISTINCT target_arn FROM deliveries WHERE state = 'pending' AND waits = 1",
                [](const store::Row& row) { return row.text(0); }));
  for (const auto& arn : waiting) TM_CHECK(target_free(tx, arn));
  return resend(tx);
}

Result<Hub::Published> Hub::record_event(store::Tx& tx, const Event& event) {
  Published published{event, ++last_event_, event.envelope()};
  TM_CHECK(
      tx.exec("INSERT INTO events (seq, id, subject, account, region, bus, published_ms, envelope,"
              " as_of) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
              published.seq, event.id, event.subject, event.scope.account, event.scope.region,
              event.bus, clock_.now().ms, published.envelope, rules_.as_of()));
  return published;
}

Status Hub::publish(store::Tx& tx, const Event& event) {
  if (depth_ >= depth_max) {
    TM_LOG(warn, "events", "event dropped: events beget events without end",
           {{"id", event.id}, {"detail_type", event.detail_type}});
    return {};
  }
  TM_FAILPOINT_CHECK("events.publish");
  TM_TRY(const auto published, record_event(tx, event));
  tell_published(tx);
  TM_CHECK(archives_.keep(tx, event, published.seq, published.envelope));
  // Only Tidemill's own events have such a source (PutEvents refuses it); their names are plain.
  const auto names = event.source.starts_with("aws.") ? pattern::Names::plain : pattern::Names::any;
  const auto matched = rules_.match({event.scope, event.bus}, published.envelope, names);
  ++depth_;
  bool is_matched = false;
  Status status;
  for (const auto& rule : matched) {
    if (!may_reach(event, rule->rule)) continue;
    is_matched = true;
    if (status) status = start_all(tx, *rule, published);
  }
  --depth_;
  if (is_matched && options_.meter != nullptr) {
    tx.on_commit([this, scope = event.scope] { count_event(*options_.meter, scope); });
  }
  return status;
}

Result<std::int64_t> Hub::deliver(store::Tx& tx, const Event& event, const Sender& sender,
                                  std::span<const RuleTarget> targets) {
  TM_TRY(const auto published, record_event(tx, event));
  tell_published(tx);
  count(tx, sender);
  if (options_.meter != nullptr && sender.late_ms) {
    tx.on_commit([this, sender] {
      count_lateness(*options_.meter, sender.scope, sender.arn, sender.name, *sender.late_ms);
    });
  }
  for (const auto& target : targets) TM_CHECK(start(tx, sender, target, published));
  return published.seq;
}

void Hub::tell_published(store::Tx& tx) const {
  if (options_.published) tx.on_commit([this] { options_.published(); });
}

Status Hub::start_all(store::Tx& tx, const CompiledRule& rule, const Published& published) {
  const Sender sender{rule.rule.key.scope, rule.rule.name, rule.rule.arn()};
  count(tx, sender);
  std::optional<Earlier> earlier;
  // A marker may look the same each time; it says something all the same.
  if (rule.once != Once::every && !rule.targets.empty() && !is_marking(rule, published.event)) {
    TM_TRY(earlier, note_file(tx, sender.arn, rule.once, published.event, last_delivery_ + 1));
  }
  for (const auto& target : rule.targets) {
    if (!earlier && is_batched(rule, target, published.event)) {
      TM_CHECK(gather(tx, rule, target, published));
      continue;
    }
    TM_CHECK(earlier ? skip(tx, make_delivery(sender, target, published), *earlier, published)
                     : start(tx, sender, target, published));
  }
  return {};
}

Delivery Hub::make_delivery(const Sender& sender, const RuleTarget& target,
                            const Published& published) {
  const auto& event = published.event;
  const auto now = clock_.now();
  Delivery d;
  d.id = ++last_delivery_;
  d.scope = sender.scope;
  d.event_id = event.id;
  d.event = published.envelope;
  d.event_source = event.source;
  d.event_detail_type = event.detail_type;
  d.rule_name = sender.name;
  d.rule_arn = sender.arn;
  d.target_id = target.id;
  d.target_arn = target.arn;
  d.role_arn = target.role_arn;
  d.group_id = target.group_id;
  d.dead_letter_arn = target.dead_letter_arn;
  d.http = target.http;
  d.input = make_input(target.input, published.envelope, {d.rule_arn, d.rule_name, now});
  d.input_is_event = target.input.whole_event();
  d.created = now;
  d.age_seconds_max = target.retry.age_seconds_max;
  return d;
}

Status Hub::start(store::Tx& tx, const Sender& sender, const RuleTarget& target,
                  const Published& published) {
  const auto delivery = make_delivery(sender, target, published);
  TM_TRY(const auto result, attempt(tx, delivery, target.retry));
  return insert(tx, delivery, target.retry, result, published);
}

/// The rule has had this file: a row says so, and names the run that had it.
Status Hub::skip(store::Tx& tx, const Delivery& delivery, const Earlier& earlier,
                 const Published& published) {
  Try result;
  result.outcome.kind = Outcome::Kind::refused;
  result.outcome.code = "ALREADY_DELIVERED";
  result.outcome.message =
      fmt::format("The rule had this file before: delivery {}{}.", earlier.delivery,
                  earlier.result.empty() ? "" : fmt::format(", which started {}", earlier.result));
  result.state = "skipped";
  result.tries = 0;
  result.now = clock_.now();
  return insert(tx, delivery, {}, result, published);
}

Status Hub::insert(store::Tx& tx, const Delivery& d, const RetryPolicy& policy, const Try& result,
                   const Published& published) {
  const auto& outcome = result.outcome;
  const bool failed =
      outcome.kind == Outcome::Kind::retry || outcome.kind == Outcome::Kind::refused;
  const bool pending = result.state == "pending" || result.state == "batched";
  TM_CHECK(tx.exec(
      "INSERT INTO deliveries (id, event, account, region, rule_name, rule_arn, target_id,"
      " target_arn, role_arn, input, input_is_event, retries_max, age_seconds_max, state, tries,"
      " due_ms, waits, code, message, result, created_ms, ended_ms, group_id, dead_letter_arn,"
      " dead_letter, http, batch) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13,"
      " $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27)",
      d.id, published.seq, d.scope.account, d.scope.region, d.rule_name, d.rule_arn, d.target_id,
      d.target_arn, d.role_arn, d.input_is_event ? std::string() : d.input,
      d.input_is_event ? 1 : 0, policy.attempts_max, policy.age_seconds_max, result.state,
      result.tries, result.due, pending && outcome.waits_for_target ? 1 : 0,
      failed ? std::optional(outcome.code) : std::nullopt,
      failed ? std::optional(outcome.message) : std::nullopt,
      result.state == "done" ? std::optional(outcome.result) : std::nullopt, d.created.ms,
      pending ? std::nullopt : std::optional(d.created.ms), d.group_id, d.dead_letter_arn,
      maybe(result.dead_letter), d.http, d.batch ? std::optional(d.batch->id) : std::nullopt));
  return record(tx, d, published.seq, result, published.event.subject);
}

Result<RoleDecision> Hub::decide(store::Tx& tx, Target& target, const Delivery& delivery) const {
  TM_TRY(auto own, target.decide(tx, delivery));
  const bool is_decided = own && (own->allowed || own->is_final || delivery.role_arn.empty());
  if (is_decided) return *std::move(own);
  return options_.role_allows(delivery, target.action());
}

Result<Outcome> Hub::apply(store::Tx& tx, const Delivery& delivery) {
  TM_FAILPOINT_CHECK("events.apply");
  auto* target = target_for(delivery.target_arn);
  if (target == nullptr) {
    return Outcome{
        .kind = Outcome::Kind::refused,
        .code = "INVALID_PARAMETER",
        .message = fmt::format("Nothing here can be reached as {}.", delivery.target_arn)};
  }
  TM_TRY(const auto decision, decide(tx, *target, delivery));
  if (!decision.allowed) {
    return Outcome{.kind = Outcome::Kind::refused,
                   .code = decision.code,
                   .message = "AccessDenied: " + decision.reason};
  }
  if (delivery.is_of_rule() || !delivery.input.contains(attempt_attribute))
    return target->apply(tx, delivery);
  auto numbered = delivery;
  numbered.input = fill_attempt(delivery.input, delivery.attempts + 1);
  return target->apply(tx, numbered);
}

Result<Hub::Try> Hub::attempt(store::Tx& tx, const Delivery& delivery, const RetryPolicy& policy) {
  TM_TRY(auto outcome, apply(tx, delivery));
  return judge(tx, delivery, policy, std::move(outcome));
}

/// What follows from a try's outcome: the end, another try, a dead letter.
Result<Hub::Try> Hub::judge(store::Tx& tx, const Delivery& delivery, const RetryPolicy& policy,
                            Outcome outcome) {
  Try result{.outcome = std::move(outcome), .now = clock_.now()};
  const bool waits = result.outcome.waits_for_target;
  // Only what has an outcome counts as a try, and waiting for room is none.
  const bool is_try = result.outcome.kind != Outcome::Kind::sent && !waits;
  result.tries = delivery.attempts + (is_try ? 1 : 0);
  if (result.outcome.kind == Outcome::Kind::refused) {
    TM_CHECK(bury(tx, delivery, Exhausted::not_retried, result));
    return result;
  }
  if (result.outcome.kind == Outcome::Kind::done) return result;
  result.state = "pending";
  if (result.outcome.kind == Outcome::Kind::sent) return result;
  result.due = waits ? result.now.plus(waiting_retry) : next_due(delivery, policy, result);
  if (!result.due) {
    const bool by_attempts = result.tries > policy.attempts_max;
    TM_CHECK(bury(tx, delivery, by_attempts ? Exhausted::attempts : Exhausted::age, result));
  }
  return result;
}

std::optional<TimeMs> Hub::next_due(const Delivery& delivery, const RetryPolicy& policy,
                                    const Try& result) {
  std::array<std::uint8_t, 2> bytes;
  random_.fill(bytes);
  const double jitter = (bytes[0] * 256 + bytes[1]) / 65536.0;
  return next_try(policy, delivery.created, result.tries, result.now, jitter,
                  result.outcome.not_before);
}

/// The delivery ends here, with a dead letter where one is asked for.
Status Hub::bury(store::Tx& tx, const Delivery& delivery, Exhausted exhausted, Try& result) {
  result.state = "failed";
  result.exhausted = exhausted;
  TM_FAILPOINT_CHECK("events.dead_letter");
  if (delivery.dead_letter_arn.empty() || options_.dead_letters == nullptr) return {};
  const auto letter = make_dead_letter(delivery, result.outcome, result.tries, exhausted);
  TM_TRY(const auto against, options_.dead_letters->accept(tx, letter));
  result.dead_letter = against.value_or("sent");
  return {};
}

Status Hub::reset(store::Tx& tx) {
  for (const auto* table :
       {"replays", "archived_events", "archives", "decisions", "deliveries", "batches",
        "batch_files", "batch_lists", "batch_expected", "events", "rule_files", "targets", "rules",
        "rule_changes", "event_tags", "buses", "api_destinations", "connections"}) {
    TM_CHECK(tx.exec(fmt::format("DELETE FROM {}", table)));
  }
  tx.on_commit([this] {
    rules_.clear();
    archives_.clear();
  });
  return {};
}

}  // namespace tidemill::events
