#include "events/api_destination.h"

#include <fmt/format.h>

namespace tidemill::events {
namespace {

constexpr std::string_view columns =
    "id, account, region, name, uuid, description, connection_arn, endpoint, method, rate,"
    " created_ms, modified_ms";

ApiDestination read_destination(const store::Row& row) {
  return {.id = row.integer(0),
          .scope = {row.text(1), row.text(2)},
          .name = row.text(3),
          .uuid = row.text(4),
          .description = row.maybe_text(5),
          .connection_arn = row.text(6),
          .endpoint = row.text(7),
          .method = row.text(8),
          .rate = int(row.integer(9)),
          .created = {row.integer(10)},
          .modified = {row.integer(11)}};
}

std::string select(std::string_view rest) {
  return fmt::format("SELECT {} FROM api_destinations {}", columns, rest);
}

}  // namespace

std::string ApiDestination::arn() const {
  return make_arn("events", scope, fmt::format("api-destination/{}/{}", name, uuid));
}

Result<std::optional<ApiDestination>> find_api_destination(store::Tx& tx, const Scope& scope,
                                                           std::string_view name) {
  static const auto sql = select("WHERE account = $1 AND region = $2 AND name = $3");
  return tx.one(sql, read_destination, scope.account, scope.region, name);
}

Result<std::optional<ApiDestination>> find_api_destination(store::Tx& tx, std::string_view text) {
  const auto arn = Arn::parse(text);
  constexpr std::string_view kind = "api-destination/";
  if (!arn || arn->service != "events" || !arn->resource.starts_with(kind)) return std::nullopt;
  const auto name = arn->resource.substr(kind.size());
  TM_TRY(auto found,
         find_api_destination(tx, {arn->account, arn->region}, name.substr(0, name.find('/'))));
  if (found && found->arn() != text) found.reset();  // Another of that name.
  return found;
}

Result<std::vector<ApiDestination>> list_api_destinations(store::Tx& tx, const Scope& scope) {
  static const auto sql = select("WHERE account = $1 AND region = $2 ORDER BY name");
  return tx.all(sql, read_destination, scope.account, scope.region);
}

Status insert_api_destination(store::Tx& tx, const ApiDestination& d) {
  TM_CHECK(
      tx.exec("INSERT INTO api_destinations (account, region, name, uuid, description,"
              " connection_arn, endpoint, method, rate, created_ms, modified_ms)"
              " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
              d.scope.account, d.scope.region, d.name, d.uuid, d.description, d.connection_arn,
              d.endpoint, d.method, d.rate, d.created.ms, d.modified.ms));
  return {};
}

Status update_api_destination(store::Tx& tx, const ApiDestination& d) {
  TM_CHECK(
      tx.exec("UPDATE api_destinations SET description = $2, connection_arn = $3, endpoint = $4,"
              " method = $5, rate = $6, modified_ms = $7 WHERE id = $1",
              d.id, d.description, d.connection_arn, d.endpoint, d.method, d.rate, d.modified.ms));
  return {};
}

Status remove_api_destination(store::Tx& tx, const ApiDestination& d) {
  TM_CHECK(tx.exec("DELETE FROM api_destinations WHERE id = $1", d.id));
  return {};
}

}  // namespace tidemill::events
