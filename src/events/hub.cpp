#include "events/hub.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/failpoint.h"
#include "base/json.h"
#include "base/log.h"
#include "events/batch_rows.h"
#include "events/counting.h"
#include "events/hub_try.h"

namespace tidemill::events {
namespace {

// A delivery that waits for its target is looked at this often all the same, should the target
// forget to say that it has room.
constexpr auto waiting_retry = std::chrono::hours(1);
constexpr int due_batch = 256;
// Events that beget events in one transaction; a cycle of rules ends here.
constexpr int depth_max = 8;
constexpr std::size_t record_size = 512;  // Most are shorter.

constexpr std::string_view delivery_columns =
    "d.id, d.account, d.region, e.id, e.envelope, d.rule_name, d.rule_arn, d.target_id, "
    "d.target_arn, d.role_arn, d.input, d.input_is_event, d.tries, d.created_ms, d.event, "
    "d.retries_max, d.age_seconds_max, e.subject, d.group_id, d.dead_letter_arn, d.http, d.state, "
    "d.due_ms, d.waits, d.batch";

std::optional<std::string_view> maybe(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional<std::string_view>(text);
}

bool may_reach(const Event& event, const Rule& rule) {
  const auto& only = event.only_rules;
  return only.empty() || std::ranges::find(only, rule.arn()) != only.end();
}

}  // namespace

struct Hub::StoredDelivery {
  Delivery delivery;
  std::int64_t event_seq = 0;
  RetryPolicy policy;
  std::string subject;
  std::optional<std::int64_t> batch;
  bool waits = false;   ///< For its target's room.
  bool is_out = false;  ///< On its way to a target outside.

  static StoredDelivery read(const store::Row& row);
};

Hub::StoredDelivery Hub::StoredDelivery::read(const store::Row& row) {
  StoredDelivery stored;
  Delivery& d = stored.delivery;
  d.id = row.integer(0);
  d.scope = {row.text(1), row.text(2)};
  d.event_id = row.text(3);
  d.event = row.text(4);
  d.rule_name = row.text(5);
  d.rule_arn = row.text(6);
  d.target_id = row.text(7);
  d.target_arn = row.text(8);
  d.role_arn = row.text(9);
  d.input = row.text(10);
  d.input_is_event = row.integer(11) != 0;
  if (d.input_is_event) d.input = d.event;
  d.attempts = int(row.integer(12));
  d.created = {row.integer(13)};
  stored.event_seq = row.integer(14);
  stored.policy = {int(row.integer(15)), row.integer(16)};
  d.age_seconds_max = stored.policy.age_seconds_max;
  stored.subject = row.text(17);
  d.group_id = row.text(18);
  d.dead_letter_arn = row.text(19);
  d.http = row.text(20);
  stored.waits = row.integer(23) != 0;
  stored.is_out = row.bytes(21) == "pending" && row.null(22);
  stored.batch = row.maybe_integer(24);
  if (const auto event = json::parse_object(d.event)) {
    d.event_source = json::text_or_empty(*event, "source");
    d.event_detail_type = json::text_or_empty(*event, "detail-type");
  }
  return stored;
}

Result<std::optional<Hub::StoredDelivery>> Hub::find_delivery(store::Tx& tx, std::int64_t id) {
  static const std::string sql =
      fmt::format("SELECT {} FROM deliveries d JOIN events e ON e.seq = d.event WHERE d.id = $1",
                  delivery_columns);
  return tx.one(sql, StoredDelivery::read, id);
}

/// The line that the rule's log shows of a try.
std::string Hub::record_text(const Delivery& delivery, const Try& result,
                             const std::string& subject) {
  const auto& outcome = result.outcome;
  const bool waits = outcome.waits_for_target;
  std::string line;
  line.reserve(record_size);
  line.append(R"({"time":)");
  json::append_quoted(line, iso_millis(result.now));
  const auto add = [&line](std::string_view name, std::string_view value) {
    json::append_quoted(line.append(",\"").append(name).append("\":"), value);
  };
  const auto add_if = [&add](std::string_view name, std::string_view value) {
    if (!value.empty()) add(name, value);
  };
  add("decision", result.state == "done"      ? "STARTED"
                  : result.state == "skipped" ? "SKIPPED"
                  : result.state == "batched" ? "BATCHED"
                  : result.state != "pending" ? "FAILED"
                  : waits                     ? "WAITING"
                                              : "RETRY");
  add("rule", delivery.rule_name);
  add("event-id", delivery.event_id);
  add("source", delivery.event_source);
  add("detail-type", delivery.event_detail_type);
  add_if("object", subject);
  add("target-id", delivery.target_id);
  add("target-arn", delivery.target_arn);
  line += fmt::format(R"(,"delivery":{},"try":{})", delivery.id, result.tries);
  if (delivery.batch) {
    line += fmt::format(R"(,"batch":{},"files":{})", delivery.batch->id, delivery.batch->files);
    add_if("group", delivery.batch->group);
    add_if("batch-reason", delivery.batch->reason);
    if (delivery.batch->closes) add("closes", iso_millis(*delivery.batch->closes));
  }
  add_if("result", outcome.result);
  add_if("error-code", outcome.code);
  add_if("error-message", outcome.message);
  if (result.due) add("next-try", iso_millis(*result.due));
  if (!result.dead_letter.empty()) {
    add("dead-letter-queue", delivery.dead_letter_arn);
    add("dead-letter", result.dead_letter);
  }
  return line + "}";
}

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
    TM_TRY(auto targets, targets_of(tx, rule.id));
    TM_TRY(const auto once, once_of(tx, rule.arn()));
    TM_TRY(auto batch, batch_plan_of(tx, rule.arn()));
    CompiledRule compiled{rule, std::move(targets), once, std::move(batch)};
    TM_CHECK(rules_.put(std::move(compiled)));
  }
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
      tx.exec("INSERT INTO events (seq, id, subject, account, region, bus, published_ms, envelope)"
              " VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
              published.seq, event.id, event.subject, event.scope.account, event.scope.region,
              event.bus, clock_.now().ms, published.envelope));
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
      result.tries, result.due ? std::optional(result.due->ms) : std::nullopt,
      pending && outcome.waits_for_target ? 1 : 0,
      failed ? std::optional(outcome.code) : std::nullopt,
      failed ? std::optional(outcome.message) : std::nullopt,
      result.state == "done" ? std::optional(outcome.result) : std::nullopt, d.created.ms,
      pending ? std::nullopt : std::optional(d.created.ms), d.group_id, d.dead_letter_arn,
      maybe(result.dead_letter), d.http, d.batch ? std::optional(d.batch->id) : std::nullopt));
  return record(tx, d, published.seq, result, published.event.subject);
}

Result<RoleDecision> Hub::decide(store::Tx& tx, Target& target, const Delivery& delivery) const {
  TM_TRY(auto own, target.decide(tx, delivery));
  if (own && (own->allowed || delivery.role_arn.empty())) return *std::move(own);
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

Status Hub::record(store::Tx& tx, const Delivery& delivery, std::int64_t event_seq,
                   const Try& result, const std::string& subject) {
  if (result.outcome.kind == Outcome::Kind::sent) return {};  // settle() has news.
  TM_FAILPOINT_CHECK("events.record");
  count(tx, delivery, result);
  if (!delivery.is_of_rule()) {  // A schedule's history tells what its deliveries came to.
    announce(tx, result);
    return {};
  }
  TM_CHECK(
      tx.exec("INSERT INTO decisions (seq, at_ms, account, region, rule_name, event, delivery,"
              " record) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
              ++last_decision_, result.now.ms, delivery.scope.account, delivery.scope.region,
              delivery.rule_name, event_seq, delivery.id, record_text(delivery, result, subject)));
  announce(tx, result);
  return {};
}

Status Hub::log(store::Tx& tx, const Delivery& delivery, const LogLine& line) {
  TM_CHECK(
      tx.exec("INSERT INTO decisions (seq, at_ms, account, region, rule_name, event, delivery,"
              " record, log_group) SELECT $1, $2, $3, $4, $5, seq, $6, $7, $8 FROM events"
              " WHERE id = $9 ORDER BY seq DESC LIMIT 1",
              ++last_decision_, line.at.ms, line.scope.account, line.scope.region,
              delivery.rule_name, delivery.id, line.message, line.group, delivery.event_id));
  tx.on_commit([this] {
    if (options_.decided) options_.decided();
  });
  return {};
}

void Hub::announce(store::Tx& tx, const Try& result) {
  tx.on_commit([this, due = result.due] {
    if (due && options_.due) options_.due(*due);
    if (options_.decided) options_.decided();
  });
}

void Hub::count(store::Tx& tx, const Delivery& delivery, const Try& result) const {
  if (options_.meter == nullptr) return;
  Tried tried{delivery.scope,     delivery.rule_name, delivery.rule_arn, result.state,
              result.dead_letter, result.tries,       delivery.created,  result.now};
  tx.on_commit([this, tried = std::move(tried)] { count_try(*options_.meter, tried); });
}

/// A rule has something to deliver; what a schedule does is counted by its tries only.
void Hub::count(store::Tx& tx, const Sender& sender) const {
  if (options_.meter == nullptr || sender.arn.find(":rule/") == std::string::npos) return;
  tx.on_commit(
      [this, sender] { count_rule(*options_.meter, sender.scope, sender.arn, sender.name); });
}

Status Hub::retry(store::Tx& tx, std::int64_t delivery_id, Try& result) {
  TM_FAILPOINT_CHECK("events.retry");
  TM_TRY(auto stored, find_delivery(tx, delivery_id));
  TM_ASSERT(stored.has_value());
  if (stored->batch) TM_CHECK(tell_batch(tx, *stored->batch, stored->delivery));
  TM_TRY(result, attempt(tx, stored->delivery, stored->policy));
  return finish(tx, *stored, result);
}

Status Hub::settle(store::Tx& tx, std::int64_t delivery_id, const Outcome& outcome) {
  TM_FAILPOINT_CHECK("outside.settle");
  TM_TRY(const auto stored, find_delivery(tx, delivery_id));
  if (!stored || !stored->is_out) return {};  // A reset has forgotten it.
  TM_TRY(const auto result, judge(tx, stored->delivery, stored->policy, outcome));
  return finish(tx, *stored, result);
}

/// What was on its way outside when the program ended may have arrived or not: it goes again.
Status Hub::resend(store::Tx& tx) {
  TM_TRY(const auto out,
         tx.all("SELECT id FROM deliveries WHERE state = 'pending' AND due_ms IS NULL ORDER BY id",
                [](const store::Row& row) { return row.integer(0); }));
  for (const auto id : out) {
    Try result;
    TM_CHECK(retry(tx, id, result));
  }
  return {};
}

/// The row says what a try that wasn't the first came to.
Status Hub::finish(store::Tx& tx, const StoredDelivery& stored, const Try& result) {
  const auto& outcome = result.outcome;
  const bool done = result.state == "done", pending = result.state == "pending";
  const bool sent = outcome.kind == Outcome::Kind::sent;
  TM_CHECK(
      tx.exec("UPDATE deliveries SET state = $2, tries = $3, due_ms = $4, waits = $5, code = $6,"
              " message = $7, result = $8, ended_ms = $9, dead_letter = $10 WHERE id = $1",
              stored.delivery.id, result.state, result.tries,
              result.due ? std::optional(result.due->ms) : std::nullopt,
              pending && outcome.waits_for_target ? 1 : 0,
              done || sent ? std::nullopt : std::optional(outcome.code),
              done || sent ? std::nullopt : std::optional(outcome.message),
              done ? std::optional(outcome.result) : std::nullopt,
              pending ? std::nullopt : std::optional(result.now.ms), maybe(result.dead_letter)));
  if (stored.batch && !pending) TM_CHECK(follow(tx, stored.delivery, result));
  // Still waiting for the same target is no news.
  if (pending && outcome.waits_for_target && stored.waits) {
    announce(tx, result);
    return {};
  }
  return record(tx, stored.delivery, stored.event_seq, result,
                stored.batch ? std::string() : stored.subject);
}

Status Hub::target_free(store::Tx& tx, std::string_view target_arn) {
  TM_TRY(const auto waiting,
         tx.all(
             "SELECT id FROM deliveries WHERE target_arn = $1 AND state = 'pending' AND"
             " waits = 1 ORDER BY id LIMIT $2",
             [](const store::Row& row) { return row.integer(0); }, target_arn, due_batch));
  for (const auto id : waiting) {
    Try result;
    TM_CHECK(retry(tx, id, result));
    if (result.outcome.waits_for_target) return {};
  }
  return options_.freed ? options_.freed(tx, target_arn) : Status();
}

Result<std::optional<TimeMs>> Hub::deliver_due(store::Tx& tx) {
  TM_TRY(const auto closes, close_due(tx));
  TM_TRY(const auto due,
         tx.all(
             "SELECT id FROM deliveries WHERE state = 'pending' AND due_ms <= $1"
             " ORDER BY due_ms LIMIT $2",
             [](const store::Row& row) { return row.integer(0); }, clock_.now().ms, due_batch));
  for (const auto id : due) {
    Try result;
    TM_CHECK(retry(tx, id, result));
  }
  TM_TRY(const auto next, tx.one("SELECT min(due_ms) FROM deliveries WHERE state = 'pending'",
                                 [](const store::Row& row) { return row.maybe_integer(0); }));
  if (!next || !*next) return closes;
  return closes ? std::min(*closes, TimeMs{**next}) : TimeMs{**next};
}

Status Hub::cancel(store::Tx& tx, std::int64_t event, std::string_view why) {
  TM_CHECK(tx.exec(
      "UPDATE deliveries SET state = 'failed', due_ms = NULL, waits = 0, code = 'CANCELLED',"
      " message = $2, ended_ms = $3 WHERE event = $1 AND state = 'pending'",
      event, why, clock_.now().ms));
  return {};
}

Status Hub::reset(store::Tx& tx) {
  for (const auto* table :
       {"replays", "archived_events", "archives", "decisions", "deliveries", "batches",
        "batch_files", "batch_lists", "batch_expected", "events", "rule_files", "targets", "rules",
        "event_tags", "buses", "api_destinations", "connections"}) {
    TM_CHECK(tx.exec(fmt::format("DELETE FROM {}", table)));
  }
  tx.on_commit([this] {
    rules_.clear();
    archives_.clear();
  });
  return {};
}

}  // namespace tidemill::events
