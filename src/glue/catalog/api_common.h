/// What the catalog's operations have in common: whose catalog a request means, and whom to ask
/// about it.
#pragma once

#include <fmt/format.h>

#include "base/caller.h"
#include "glue/catalog/table.h"
#include "glue/refusal.h"
#include "wire/gen/glue.h"
#include "wire/router.h"

namespace tidemill::glue::catalog {

/// An account has one catalog a region. Fails with EntityNotFoundException for another's.
template <class Request>
Status check_catalog(const Caller& caller, const Request& request) {
  if (request.CatalogId.value_or(caller.scope.account) == caller.scope.account) return {};
  return not_found(fmt::format("Catalog {} not found; the catalog here is that of account {}.",
                               *request.CatalogId, caller.scope.account));
}

/// The database and the table that a request on partitions or versions names.
struct Place {
  Database database;
  Table table;
};
template <class Request>
Result<Place> require_place(store::Tx& tx, const Caller& caller, const Request& request) {
  TM_CHECK(check_catalog(caller, request));
  TM_TRY(auto database, require_database(tx, caller.scope, *request.DatabaseName));
  TM_TRY(auto table, require_table(tx, database, *request.TableName));
  return Place{std::move(database), std::move(table)};
}

template <class Request>
wire::Access table_access(const Caller& caller, const Request& request) {
  return {.resource = table_arn(caller.scope, folded(request.DatabaseName.value_or("*")),
                                folded(request.TableName.value_or("*")))};
}

}  // namespace tidemill::glue::catalog
