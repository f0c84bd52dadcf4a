// Databases.
#include <fmt/format.h>

#include "base/page.h"
#include "glue/catalog/api_catalog.h"
#include "glue/catalog/api_common.h"
#include "glue/tags.h"
#include "wire/json_codec.h"

namespace tidemill::glue::catalog {
namespace {

constexpr int page_default = 100;

template <class Request>
wire::Access named_access(const Caller& caller, const Request& request) {
  return {.resource = database_arn(caller.scope, folded(request.Name.value_or("*")))};
}

Result<w::Database> to_wire(const Database& database) {
  w::Database out;
  TM_CHECK(wire::decode_json(json::dump(database.definition),
                             wire::member_shape(*w::op::GetDatabase::operation.output, "Database"),
                             &out));
  out.Name = database.name;
  out.CreateTime = database.created;
  out.CatalogId = database.scope.account;
  return out;
}

Result<json::object> definition_of(const w::DatabaseInput& input) {
  const auto& shape = wire::member_shape(*w::op::CreateDatabase::operation.input, "DatabaseInput");
  TM_TRY(auto definition, json::parse_object(wire::encode_json(shape, &input)));
  definition["Name"] = folded(*input.Name);
  return definition;
}

/// Who may what in new tables, as AWS fills it where Lake Formation isn't used.
void fill_permissions(json::object& definition) {
  if (definition.contains("CreateTableDefaultPermissions")) return;
  definition["CreateTableDefaultPermissions"] = json::array{json::object{
      {"Principal", json::object{{"DataLakePrincipalIdentifier", "IAM_ALLOWED_PRINCIPALS"}}},
      {"Permissions", json::array{"ALL"}}}};
}

}  // namespace

void CatalogApi::register_with(wire::Router& router) {
  router.on<w::op::CreateDatabase>(
      this, &CatalogApi::create_database,
      [](const Caller& caller, const w::CreateDatabaseRequest& request) -> wire::Access {
        const auto name = request.DatabaseInput ? request.DatabaseInput->Name : std::nullopt;
        return {.resource = database_arn(caller.scope, folded(name.value_or("*")))};
      });
  router.on<w::op::GetDatabase>(this, &CatalogApi::get_database,
                                named_access<w::GetDatabaseRequest>);
  router.on<w::op::UpdateDatabase>(this, &CatalogApi::update_database,
                                   named_access<w::UpdateDatabaseRequest>);
  router.on<w::op::DeleteDatabase>(this, &CatalogApi::delete_database,
                                   named_access<w::DeleteDatabaseRequest>);
  router.on<w::op::GetDatabases>(this, &CatalogApi::get_databases);
  register_tables(router);
  register_partitions(router);
}

Task<Result<w::CreateDatabaseResponse>> CatalogApi::create_database(
    const Caller& caller, w::CreateDatabaseRequest request) {
  TM_CO_CHECK(check_catalog(caller, request));
  TM_CO_TRY(auto definition, definition_of(*request.DatabaseInput));
  fill_permissions(definition);
  const Database database{.scope = caller.scope,
                          .name = folded(*request.DatabaseInput->Name),
                          .definition = std::move(definition),
                          .created = clock_.now()};
  auto change = [&](store::Tx& tx) -> Result<w::CreateDatabaseResponse> {
    TM_CHECK(add_database(tx, database));
    TM_CHECK(save_tags(tx, database.arn(), request.Tags));
    TM_CHECK(announcer_.database(tx, database, "CreateDatabase", {}));
    return w::CreateDatabaseResponse();
  };
  co_return co_await store_.write(change);
}

Task<Result<w::GetDatabaseResponse>> CatalogApi::get_database(const Caller& caller,
                                                              w::GetDatabaseRequest request) {
  TM_CO_CHECK(check_catalog(caller, request));
  auto query = [&](store::Tx& tx) -> Result<w::GetDatabaseResponse> {
    TM_TRY(const auto database, require_database(tx, caller.scope, *request.Name));
    w::GetDatabaseResponse response;
    TM_TRY(response.Database, to_wire(database));
    return response;
  };
  co_return co_await store_.read(query);
}

Task<Result<w::GetDatabasesResponse>> CatalogApi::get_databases(const Caller& caller,
                                                                w::GetDatabasesRequest request) {
  TM_CO_CHECK(check_catalog(caller, request));
  const int count = request.MaxResults.value_or(page_default);
  auto query = [&](store::Tx& tx) -> Result<w::GetDatabasesResponse> {
    TM_TRY(auto page, list_databases(tx, caller.scope, request.NextToken.value_or(""), count + 1));
    w::GetDatabasesResponse response;
    if (cut_page(page, count)) response.NextToken = page.back().name;
    auto& list = response.DatabaseList.emplace();
    for (const auto& database : page) {
      TM_TRY(auto shown, to_wire(database));
      list.push_back(std::move(shown));
    }
    return response;
  };
  co_return co_await store_.read(query);
}

Task<Result<w::UpdateDatabaseResponse>> CatalogApi::update_database(
    const Caller& caller, w::UpdateDatabaseRequest request) {
  TM_CO_CHECK(check_catalog(caller, request));
  TM_CO_TRY(const auto definition, definition_of(*request.DatabaseInput));
  auto change = [&](store::Tx& tx) -> Result<w::UpdateDatabaseResponse> {
    TM_TRY(auto database, require_database(tx, caller.scope, *request.Name));
    if (database.name != folded(*request.DatabaseInput->Name)) {
      return invalid_input(
          fmt::format("Database {} can't be renamed to {}: DatabaseInput.Name "
                      "must be the same.",
                      database.name, *request.DatabaseInput->Name));
    }
    auto old = std::exchange(database.definition, definition);
    const auto* permissions = old.if_contains("CreateTableDefaultPermissions");
    if (permissions != nullptr && !database.definition.contains("CreateTableDefaultPermissions")) {
      database.definition["CreateTableDefaultPermissions"] = *permissions;
    }
    TM_CHECK(catalog::update_database(tx, database));
    return w::UpdateDatabaseResponse();
  };
  co_return co_await store_.write(change);
}

Task<Result<w::DeleteDatabaseResponse>> CatalogApi::delete_database(
    const Caller& caller, w::DeleteDatabaseRequest request) {
  TM_CO_CHECK(check_catalog(caller, request));
  auto change = [&](store::Tx& tx) -> Result<w::DeleteDatabaseResponse> {
    TM_TRY(const auto database, require_database(tx, caller.scope, *request.Name));
    TM_CHECK(remove_database(tx, database));
    TM_CHECK(announcer_.database(tx, database, "DeleteDatabase", {}));
    return w::DeleteDatabaseResponse();
  };
  co_return co_await store_.write(change);
}

}  // namespace tidemill::glue::catalog
