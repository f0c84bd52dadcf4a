#include "events/deliveries.h"

#include <fmt/format.h>

#include "events/batch_rows.h"

namespace tidemill::events {
namespace {

constexpr std::string_view columns =
    "d.id, d.rule_name, d.target_id, d.target_arn, d.state, d.tries, d.due_ms, d.waits, d.code,"
    " d.message, d.result, d.created_ms, d.ended_ms, e.id, e.subject, b.id, b.group_key,"
    " b.files, b.due_ms, b.reason";

constexpr std::string_view tables =
    "deliveries d JOIN events e ON e.seq = d.event LEFT JOIN batches b ON b.id = d.batch";

json::value maybe(std::optional<std::int64_t> number) {
  return number ? json::value(*number) : json::value(nullptr);
}

json::object shown(const store::Row& row) {
  json::object out{{"id", row.integer(0)},
                   {"rule", row.bytes(1)},
                   {"target_id", row.bytes(2)},
                   {"target_arn", row.bytes(3)},
                   {"state", row.bytes(4)},
                   {"tries", row.integer(5)},
                   {"due_ms", maybe(row.maybe_integer(6))},
                   {"waits", row.integer(7) != 0},
                   {"code", row.bytes(8)},
                   {"message", row.bytes(9)},
                   {"result", row.bytes(10)},
                   {"created_ms", row.integer(11)},
                   {"ended_ms", maybe(row.maybe_integer(12))},
                   {"event_id", row.bytes(13)},
                   {"subject", row.bytes(14)}};
  if (!row.null(15)) {
    out["batch"] = json::object{{"id", row.integer(15)},
                                {"group", row.bytes(16)},
                                {"files", row.integer(17)},
                                {"closes_ms", maybe(row.maybe_integer(18))},
                                {"reason", row.bytes(19)}};
  }
  return out;
}

}  // namespace

Result<json::array> list_deliveries(store::Tx& tx, const Scope& scope,
                                    const DeliveryFilter& filter) {
  static const std::string sql = fmt::format(
      "SELECT {} FROM {} WHERE d.account = $1"
      " AND ($2 = '' OR d.rule_name = $2) AND ($3 = '' OR d.state = $3) AND ($4 = 0 OR d.id < $4)"
      " ORDER BY d.id DESC LIMIT $5",
      columns, tables);
  TM_TRY(auto found,
         tx.all(sql, shown, scope.account, filter.rule, filter.state, filter.before, filter.count));
  json::array out;
  for (auto& one : found) out.push_back(std::move(one));
  return out;
}

Result<json::object> show_delivery(store::Tx& tx, const Scope& scope, std::int64_t id) {
  static const std::string sql = fmt::format(
      "SELECT {}, d.event, d.rule_arn, d.role_arn, d.input, d.input_is_event, e.envelope,"
      " d.dead_letter_arn, d.dead_letter"
      " FROM {} WHERE d.account = $1 AND d.id = $2",
      columns, tables);
  std::int64_t event = 0;
  const auto read = [&event](const store::Row& row) {
    auto out = shown(row);
    event = row.integer(20);
    out["rule_arn"] = row.bytes(21);
    out["role_arn"] = row.bytes(22);
    const auto envelope = row.bytes(25);
    out["input"] = row.integer(24) != 0 ? envelope : row.bytes(23);
    out["envelope"] = envelope;
    out["dead_letter_queue"] = row.bytes(26);
    out["dead_letter"] = row.bytes(27);
    return out;
  };
  TM_TRY(auto found, tx.one(sql, read, scope.account, id));
  if (!found) {
    return fail(Errc::not_found, "ResourceNotFoundException",
                fmt::format("there is no delivery {}; see tidemill deliveries list", id));
  }
  json::array attempts;
  const auto add = [&attempts](const store::Row& row) {
    if (auto record = json::parse(row.bytes(0))) attempts.push_back(*std::move(record));
    return true;
  };
  TM_CHECK(
      tx.each("SELECT record FROM decisions WHERE event = $1 AND delivery = $2"
              " AND log_group IS NULL ORDER BY seq",
              add, event, id));
  (*found)["attempts"] = std::move(attempts);
  if (auto* batch = found->if_contains("batch")) {
    TM_TRY(*batch, show_batch(tx, batch->as_object().at("id").as_int64()));
  }
  return *std::move(found);
}

Result<std::int64_t> count_pending(store::Tx& tx) {
  TM_TRY(const auto count, tx.one("SELECT count(*) FROM deliveries WHERE state = 'pending'",
                                  [](const store::Row& row) { return row.integer(0); }));
  return count.value_or(0);
}

}  // namespace tidemill::events
