#include "glue/workflow/actions.h"

namespace tidemill::glue {

Result<bool> add_firing(store::Tx& tx, std::string_view chain, const Firing& firing) {
  TM_TRY(const auto added,
         tx.exec("INSERT INTO glue_firings (chain, trigger_name, event, predecessors)"
                 " VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
                 chain, firing.trigger, firing.event, firing.predecessors));
  return added > 0;
}

Status set_event(store::Tx& tx, std::string_view chain, std::string_view trigger,
                 std::int64_t event) {
  TM_CHECK(tx.exec("UPDATE glue_firings SET event = $3 WHERE chain = $1 AND trigger_name = $2",
                   chain, trigger, event));
  return {};
}

Result<std::vector<Firing>> firings_of(store::Tx& tx, std::string_view chain) {
  return tx.all(
      "SELECT trigger_name, event, predecessors FROM glue_firings WHERE chain = $1",
      [](const store::Row& row) { return Firing{row.text(0), row.integer(1), row.text(2)}; },
      chain);
}

Result<std::string> predecessors_of(store::Tx& tx, std::string_view chain,
                                    std::string_view trigger) {
  TM_TRY(auto found, tx.one(
                         "SELECT predecessors FROM glue_firings WHERE chain = $1"
                         " AND trigger_name = $2",
                         [](const store::Row& row) { return row.text(0); }, chain, trigger));
  return std::move(found).value_or("[]");
}

Status save_action(store::Tx& tx, const Action& action) {
  TM_CHECK(
      tx.exec("INSERT INTO glue_actions (chain, trigger_name, action, job, run, state)"
              " VALUES ($1, $2, $3, $4, $5, $6)"
              " ON CONFLICT (chain, trigger_name, action) DO UPDATE SET run = $5, state = $6",
              action.key.chain, action.key.trigger, action.key.action, action.job, action.run,
              action.state));
  return {};
}

Status set_action(store::Tx& tx, const ActionKey& key, std::string_view run,
                  std::string_view state) {
  TM_CHECK(
      tx.exec("UPDATE glue_actions SET run = $4, state = $5"
              " WHERE chain = $1 AND trigger_name = $2 AND action = $3",
              key.chain, key.trigger, key.action, run, state));
  return {};
}

Status end_action(store::Tx& tx, std::string_view chain, std::string_view run,
                  std::string_view state) {
  TM_CHECK(tx.exec("UPDATE glue_actions SET state = $3 WHERE chain = $1 AND run = $2", chain, run,
                   state));
  return {};
}

Status replace_attempt(store::Tx& tx, std::string_view chain, std::string_view run,
                       std::string_view next) {
  TM_CHECK(
      tx.exec("UPDATE glue_actions SET run = $3 WHERE chain = $1 AND run = $2", chain, run, next));
  return {};
}

Result<std::vector<Action>> actions_of(store::Tx& tx, std::string_view chain) {
  return tx.all(
      "SELECT chain, trigger_name, action, job, run, state FROM glue_actions WHERE chain = $1",
      [](const store::Row& row) {
        return Action{
            {row.text(0), row.text(1), row.text(2)}, row.text(3), row.text(4), row.text(5)};
      },
      chain);
}

std::vector<Ending> endings_of(std::span<const Action> actions) {
  std::vector<Ending> endings;
  for (const auto& action : actions) {
    const auto state = parse_run_state(action.state);
    if (state && is_final(*state)) endings.push_back({action.job, action.run, *state});
  }
  return endings;
}

std::string predecessors_json(std::span<const Ending> endings) {
  json::array shown;
  for (const auto& ending : endings) {
    shown.push_back(json::object{{"JobName", ending.job}, {"RunId", ending.run}});
  }
  return json::dump(shown);
}

}  // namespace tidemill::glue
