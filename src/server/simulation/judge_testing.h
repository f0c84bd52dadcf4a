/// Simulation: the end of the day. All faults are over and everything had its time; what is there
/// has to be what was promised to those who asked (docs/reliability.md).
#pragma once

#include "events/check.h"
#include "glue/check.h"
#include "schedule/check.h"
#include "server/simulation/ledger_testing.h"
#include "sqs/check.h"

namespace tidemill::server::simulation {

class Judge {
 public:
  Judge(World& world, const Ledger& ledger, const std::vector<TimerPlan>& timers)
      : world_(world), ledger_(ledger), timers_(timers) {}

  /// Whether nothing is still to come.
  bool is_quiet() {
    return count(
               "SELECT (SELECT count(*) FROM deliveries WHERE state = 'pending') +"
               " (SELECT count(*) FROM glue_runs WHERE final = 0)") == 0;
  }

  void look() {
    check_tables();
    check_events();
    check_deliveries();
    check_messages();
    check_runs();
    for (const auto& timer : timers_) check_timer(timer);
  }

  std::int64_t count(const std::string& sql) {
    const auto rows = texts(sql);
    return rows.empty() ? 0 : std::stoll(rows.front().front());
  }

 private:
  using Texts = std::vector<std::string>;

  /// Every row, as texts.
  std::vector<Texts> texts(const std::string& sql, int columns = 1) {
    auto found = world_.node->store->write_now([&](store::Tx& tx) {
      return tx.all(sql, [&](const store::Row& row) {
        Texts out;
        for (int i = 0; i < columns; ++i) out.push_back(row.text(i));
        return out;
      });
    });
    if (!found)
      return find("the database can't be read: " + found.error().message), std::vector<Texts>();
    return *std::move(found);
  }
  void find(std::string what) { world_.findings.push_back(std::move(what)); }
  /// Each row that `sql` gives is a breach.
  void none(std::string_view breach, const std::string& sql) {
    for (const auto& row : texts(sql)) find(fmt::format("{}: {}", breach, row.front()));
  }

  void check_tables() {
    const auto add = [this](auto check) {
      const auto found = world_.node->store->write_now(check);
      if (!found) return find(found.error().message);
      for (const auto& finding : *found) find(finding);
    };
    add(events::check_rules);
    add(glue::check_runs);
    add(sqs::check_queues);
    add(schedule::check_timers);
    for (const auto& row : texts("PRAGMA integrity_check")) {
      if (row.front() != "ok") find(row.front());
    }
  }

  void check_events() {
    std::map<std::string, std::set<std::string>> rules;
    for (const auto& row : texts("SELECT e.id, d.rule_name FROM events e JOIN deliveries d"
                                 " ON d.event = e.seq",
                                 2)) {
      rules[row[0]].insert(row[1]);
    }
    std::map<std::string, int> there;
    for (const auto& row : texts("SELECT id FROM events WHERE id LIKE 'event-%'")) ++there[row[0]];
    for (const auto& [id, times] : there) {
      if (times > 1) find(id + " is there more than once");
      const auto sent = ledger_.events.find(id);
      if (sent == ledger_.events.end() || sent->second.fate == Fate::refused) {
        find(id + " is there, though it was refused");
      }
    }
    for (const auto& [id, event] : ledger_.events) {
      if (event.fate != Fate::done) continue;
      if (!there.contains(id)) find(id + " is lost");
      for (const auto& [rule, matches] : event.matched) {
        if (rules[id].contains(rule) == matches) continue;
        find(fmt::format("{} {} rule {}", id, matches ? "didn't reach" : "reached", rule));
      }
    }
  }

  void check_deliveries() {
    none("a delivery is neither done nor failed",
         "SELECT id || ' of ' || rule_arn || ': ' || state FROM deliveries"
         " WHERE state NOT IN ('done', 'failed')");
    none("a rule's target was left out",
         "SELECT event FROM deliveries WHERE rule_name = 'to-queues' GROUP BY event"
         " HAVING count(*) <> 2");
    none("a delivery failed without a reason",
         "SELECT id FROM deliveries WHERE state = 'failed' AND coalesce(code, '') = ''");
    none("a failed delivery has no dead letter and no word on why",
         "SELECT id FROM deliveries WHERE state = 'failed' AND dead_letter_arn <> ''"
         " AND coalesce(dead_letter, '') = ''");
    none("a delivery was tried more often than its policy says",
         "SELECT id FROM deliveries WHERE tries > retries_max + 1 AND code <> "
         "'RESOURCE_LIMIT_EXCEEDED'");
    none("a target has had a delivery twice",
         "SELECT delivery FROM effects GROUP BY delivery HAVING count(*) > 1");
    none("a delivery and its effect don't agree",
         "SELECT d.id FROM deliveries d WHERE d.target_arn LIKE '%moody%'"
         " AND (d.state = 'done') <> EXISTS (SELECT 1 FROM effects f WHERE f.delivery = d.id)");
    none("a delivery's run isn't there",
         "SELECT d.id FROM deliveries d WHERE d.state = 'done' AND d.target_arn LIKE '%:glue:%'"
         " AND NOT EXISTS (SELECT 1 FROM glue_runs r WHERE r.id = d.result AND r.delivery = d.id)");
    const auto letters = count(
        "SELECT count(*) FROM sqs_messages WHERE box = (SELECT box FROM sqs_queues WHERE name = "
        "'letters')");
    const auto sent =
        count(R"(SELECT count(*) FROM decisions WHERE record LIKE '%"dead-letter":"sent"%')");
    if (letters != sent)
      find(fmt::format("{} dead letters were sent, {} are there", sent, letters));
  }

  void check_messages() {
    std::map<std::string, int> by_id, by_body;
    for (const auto& row : texts("SELECT m.id, m.body FROM sqs_messages m JOIN sqs_queues q"
                                 " ON q.box = m.box WHERE q.name <> 'letters'",
                                 2)) {
      ++by_id[row[0]];
      ++by_body[row[1]];
    }
    std::set<std::string> delivered;
    for (const auto& row : texts("SELECT result FROM deliveries WHERE state = 'done'"
                                 " AND target_arn LIKE '%:sqs:%'")) {
      delivered.insert(row[0]);
      check_message(row[0], by_id[row[0]], "a delivered message");
    }
    for (const auto& [body, message] : ledger_.messages) {
      const int there = by_body[body];
      if (there > 1 && !message.may_double) find(body + " is there twice");
      if (message.fate == Fate::refused && there > 0)
        find(body + " is there, though it was refused");
      if (message.fate == Fate::done) check_message(message.id, by_id[message.id], body);
    }
    for (const auto& [id, times] : by_id) {
      if (times > 1) find(id + " is in the queues twice");
    }
    for (const auto& [body, times] : by_body) {
      if (body.starts_with("message-") && !ledger_.messages.contains(body))
        find(body + " is nobody's");
    }
    const auto strangers = texts(
        "SELECT id FROM sqs_messages WHERE body NOT LIKE 'message-%' AND box"
        " NOT IN (SELECT box FROM sqs_queues WHERE name = 'letters')");
    for (const auto& row : strangers) {
      if (!delivered.contains(row[0])) find(row[0] + " is no delivery's");
    }
  }
  /// There once, or deleted.
  void check_message(const std::string& id, int there, const std::string& what) {
    const auto life = ledger_.lives.find(id);
    const auto deletion =
        life == ledger_.lives.end() ? Life::Deletion::none : life->second.deletion;
    if (deletion == Life::Deletion::none && there == 0)
      find(fmt::format("{} {} is lost", what, id));
    if (deletion == Life::Deletion::sure && there > 0) {
      find(fmt::format("{} {} is there, though it was deleted", what, id));
    }
  }

  void check_runs() {
    for (const auto& [id, times] : world_.machine.begun) {
      if (times > 1) find(fmt::format("the script of {} ran {} times", id, times));
    }
    std::map<std::string, std::string> states;
    for (const auto& row : texts("SELECT id, state, error FROM glue_runs", 3)) {
      states[row[0]] = row[1];
      check_run(row[0], row[1], row[2]);
    }
    for (const auto& id : ledger_.runs) {
      if (!states.contains(id)) find(id + " is lost");
    }
    for (const auto& [id, times] : world_.machine.begun) {
      if (!states.contains(id)) find(id + " ran and has no row");
    }
    none("a run that failed has no further attempt",
         "SELECT id FROM glue_runs r WHERE state IN ('FAILED', 'TIMEOUT') AND attempt < retries_max"
         " AND NOT EXISTS (SELECT 1 FROM glue_runs n WHERE n.previous_id = r.id)");
    none("a run's end was told not once",
         "SELECT r.id FROM glue_runs r WHERE (SELECT count(*) FROM events e WHERE e.envelope LIKE"
         " '%Glue Job State Change%' || r.id || '\"%') <> 1");
  }
  void check_run(const std::string& id, const std::string& state, const std::string& error) {
    auto& machine = world_.machine;
    const bool has_begun = machine.begun.contains(id);
    if (state == "SUCCEEDED" && !has_begun) find(id + " has succeeded without having run");
    if ((state == "FAILED" || state == "TIMEOUT") && !has_begun) {
      // A process that dies before its script's first line leaves nothing behind.
      if (!machine.lost.contains(id))
        find(fmt::format("{} is {} ({}) and never began", id, state, error));
    }
    const auto code = machine.exit_codes.find(id);
    if (code == machine.exit_codes.end()) return;
    if (state == "STOPPED" || state == "TIMEOUT") return;
    if ((code->second == 0) != (state == "SUCCEEDED")) {
      find(fmt::format("{} ended with {} and is {} ({})", id, code->second, state, error));
    }
  }

  void check_timer(const TimerPlan& plan) {
    std::set<std::int64_t> told;
    for (const auto& row : texts(fmt::format("SELECT planned_ms FROM firings f JOIN timers t"
                                             " ON t.id = f.timer WHERE t.arn = '{}'",
                                             plan.arn()))) {
      told.insert(std::stoll(row[0]));
    }
    const auto times = ledger_.enabled.find(plan.name);
    if (times != ledger_.enabled.end()) {
      for (const auto& [from, to] : times->second) check_instants(plan, told, from, to);
    }
    for (const auto at : told) {
      if (!plan.is_due_at({at})) find(fmt::format("{} ran at {}", plan.name, iso_millis({at})));
    }
    none(plan.name + " has instants that still wait",
         fmt::format("SELECT planned_ms FROM firings f JOIN timers t ON t.id = f.timer"
                     " WHERE t.arn = '{}' AND fate = 'buffered'",
                     plan.arn()));
    const auto ran =
        count(fmt::format("SELECT count(*) FROM firings f JOIN timers t ON t.id = f.timer"
                          " WHERE t.arn = '{}' AND event IS NOT NULL",
                          plan.arn()));
    const auto started = count(fmt::format(
        "SELECT count(*) FROM events WHERE envelope LIKE '%\"resources\":[\"{}\"]%'", plan.arn()));
    const auto delivered =
        count(fmt::format("SELECT count(*) FROM deliveries WHERE rule_arn = '{}'", plan.arn()));
    if (ran != started || started != delivered) {
      find(fmt::format("{} ran {} times, {} events, {} deliveries", plan.name, ran, started,
                       delivered));
    }
  }
  void check_instants(const TimerPlan& plan, const std::set<std::int64_t>& told, TimeMs from,
                      TimeMs to) {
    for (auto at = from.ms / minute_ms * minute_ms + minute_ms; at < to.ms; at += minute_ms) {
      if (!plan.is_due_at({at}) || told.contains(at)) continue;
      find(fmt::format("of {} nothing is known at {}", plan.name, iso_millis({at})));
    }
  }

  World& world_;
  const Ledger& ledger_;
  const std::vector<TimerPlan>& timers_;
};

}  // namespace tidemill::server::simulation
