// What the Hub tells of its tries: the lines of a rule's log, and what is counted.
#include <fmt/format.h>

#include "base/failpoint.h"
#include "base/json.h"
#include "events/counting.h"
#include "events/hub_try.h"

namespace tidemill::events {
namespace {

constexpr std::size_t record_size = 512;  // Most are shorter.

}  // namespace

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

}  // namespace tidemill::events
