// Tables: create, look up, change, delete; their versions and partition indexes.
#include <fmt/format.h>
#include <re2/re2.h>

#include "base/page.h"
#include "glue/api_shown.h"
#include "glue/catalog/api_catalog.h"
#include "glue/catalog/api_common.h"
#include "wire/json_codec.h"

namespace tidemill::glue::catalog {
namespace {

constexpr int page_default = 100;

template <class Request>
wire::Access named_access(const Caller& caller, const Request& request) {
  return {.resource = table_arn(caller.scope, folded(request.DatabaseName.value_or("*")),
                                folded(request.Name.value_or("*")))};
}

template <class Request>
wire::Access input_access(const Caller& caller, const Request& request) {
  const auto name = request.TableInput ? request.TableInput->Name : request.Name;
  return {.resource = table_arn(caller.scope, folded(request.DatabaseName.value_or("*")),
                                folded(name.value_or("*")))};
}

template <class Request>
wire::Access all_access(const Caller& caller, const Request& request) {
  return {.resource = table_arn(caller.scope, folded(request.DatabaseName.value_or("*")), "*")};
}

Result<w::Table> to_wire(const Database& database, const Table& table) {
  w::Table out;
  TM_CHECK(wire::decode_json(json::dump(table.definition),
                             wire::member_shape(*w::op::GetTable::operation.output, "Table"),
                             &out));
  out.Name = table.name;
  out.DatabaseName = database.name;
  out.CatalogId = database.scope.account;
  out.VersionId = std::to_string(table.version);
  out.CreatedBy = table.created_by;
  out.CreateTime = table.created;
  out.UpdateTime = table.updated;
  out.IsRegisteredWithLakeFormation = false;
  if (!out.Retention) out.Retention = 0;
  if (!out.PartitionKeys) out.PartitionKeys.emplace();
  return out;
}

Result<json::object> definition_of(const std::optional<w::TableInput>& input) {
  if (!input) {
    return invalid_input(
        "TableInput is needed; tables in open formats are made by their own clients here, which "
        "send it.");
  }
  const auto& shape = wire::member_shape(*w::op::CreateTable::operation.input, "TableInput");
  TM_TRY(auto definition, json::parse_object(wire::encode_json(shape, &*input)));
  definition["Name"] = folded(*input->Name);
  return definition;
}

Result<std::int64_t> version_of(const std::string& text) {
  if (const auto version = number_of(text)) return *version;
  return invalid_input(fmt::format("VersionId must be a number, not \"{}\".", text));
}

Result<w::TableVersion> to_wire_version(const Database& database, const Table& table) {
  w::TableVersion out;
  TM_TRY(out.Table, to_wire(database, table));
  out.VersionId = out.Table->VersionId;
  return out;
}

Result<json::array> indexes_of(const w::CreateTableRequest& request) {
  if (!request.PartitionIndexes) return json::array();
  const auto whole = wire::encode_json(*w::op::CreateTable::operation.input, &request);
  TM_TRY(const auto parsed, json::parse_object(whole));
  return parsed.at("PartitionIndexes").as_array();
}

}  // namespace

void CatalogApi::register_tables(wire::Router& router) {
  router.on<w::op::CreateTable>(this, &CatalogApi::create_table,
                                input_access<w::CreateTableRequest>);
  router.on<w::op::GetTable>(this, &CatalogApi::get_table, named_access<w::GetTableRequest>);
  router.on<w::op::GetTables>(this, &CatalogApi::get_tables, all_access<w::GetTablesRequest>);
  router.on<w::op::UpdateTable>(this, &CatalogApi::update_table,
                                input_access<w::UpdateTableRequest>);
  router.on<w::op::DeleteTable>(this, &CatalogApi::delete_table,
                                named_access<w::DeleteTableRequest>);
  router.on<w::op::BatchDeleteTable>(this, &CatalogApi::delete_tables,
                                     all_access<w::BatchDeleteTableRequest>);
  router.on<w::op::GetTableVersion>(this, &CatalogApi::get_version,
                                    table_access<w::GetTableVersionRequest>);
  router.on<w::op::GetTableVersions>(this, &CatalogApi::get_versions,
                                     table_access<w::GetTableVersionsRequest>);
  router.on<w::op::GetPartitionIndexes>(this, &CatalogApi::get_indexes,
                                        table_access<w::GetPartitionIndexesRequest>);
}

Task<Result<w::CreateTableResponse>> CatalogApi::create_table(const Caller& caller,
                                                              w::CreateTableRequest request) {
  TM_CO_CHECK(check_catalog(caller, request));
  Table table{.name = {}, .definition = {}, .indexes = {}, .created_by = caller.arn};
  TM_CO_TRY(table.definition, definition_of(request.TableInput));
  TM_CO_TRY(table.indexes, indexes_of(request));
  table.name = folded(*request.TableInput->Name);
  table.created = clock_.now();
  auto change = [&](store::Tx& tx) -> Result<w::CreateTableResponse> {
    TM_TRY(const auto database, require_database(tx, caller.scope, *request.DatabaseName));
    table.database_id = database.id;
    TM_CHECK(add_table(tx, table));
    TM_CHECK(announcer_.database(tx, database, "CreateTable", {table.name}));
    return w::CreateTableResponse();
  };
  co_return co_await store_.write(change);
}

Task<Result<w::GetTableResponse>> CatalogApi::get_table(const Caller& caller,
                                                        w::GetTableRequest request) {
  TM_CO_CHECK(check_catalog(caller, request));
  auto query = [&](store::Tx& tx) -> Result<w::GetTableResponse> {
    TM_TRY(const auto database, require_database(tx, caller.scope, *request.DatabaseName));
    TM_TRY(const auto table, require_table(tx, database, *request.Name));
    w::GetTableResponse response;
    TM_TRY(response.Table, to_wire(database, table));
    return response;
  };
  co_return co_await store_.read(query);
}

Task<Result<w::GetTablesResponse>> CatalogApi::get_tables(const Caller& caller,
                                                          w::GetTablesRequest request) {
  TM_CO_CHECK(check_catalog(caller, request));
  const RE2 names(request.Expression.value_or(".*"), RE2::Quiet);
  if (!names.ok()) {
    co_return invalid_input(fmt::format("Expression is no regular expression: {}.", names.error()));
  }
  const auto count = std::size_t(request.MaxResults.value_or(page_default));
  auto query = [&](store::Tx& tx) -> Result<w::GetTablesResponse> {
    TM_TRY(const auto database, require_database(tx, caller.scope, *request.DatabaseName));
    w::GetTablesResponse response;
    std::vector<Table> page;
    const auto take = [&](Table table) {
      if (!RE2::FullMatch(table.name, names)) return true;
      if (page.size() == count) response.NextToken = page.back().name;
      if (page.size() < count) page.push_back(std::move(table));
      return !response.NextToken;
    };
    TM_CHECK(each_table(tx, database, request.NextToken.value_or(""), take));
    auto& list = response.TableList.emplace();
    for (const auto& table : page) {
      TM_TRY(auto shown, to_wire(database, table));
      list.push_back(std::move(shown));
    }
    return response;
  };
  co_return co_await store_.read(query);
}

Task<Result<w::UpdateTableResponse>> CatalogApi::update_table(const Caller& caller,
                                                              w::UpdateTableRequest request) {
  TM_CO_CHECK(check_catalog(caller, request));
  TableChange change{.definition = {}, .version = {}, .at = clock_.now()};
  TM_CO_TRY(change.definition, definition_of(request.TableInput));
  change.skip_archive = request.SkipArchive.value_or(false);
  if (request.VersionId) {
    TM_CO_TRY(change.version, version_of(*request.VersionId));
  }
  auto write = [&](store::Tx& tx) -> Result<w::UpdateTableResponse> {
    TM_TRY(const auto database, require_database(tx, caller.scope, *request.DatabaseName));
    TM_TRY(const auto table, require_table(tx, database, *request.TableInput->Name));
    TM_TRY(const bool changed, catalog::update_table(tx, table, change));
    if (changed) TM_CHECK(announcer_.table(tx, database, table.name, "UpdateTable", {}));
    return w::UpdateTableResponse();
  };
  co_return co_await store_.write(write);
}

Task<Result<w::DeleteTableResponse>> CatalogApi::delete_table(const Caller& caller,
                                                              w::DeleteTableRequest request) {
  TM_CO_CHECK(check_catalog(caller, request));
  auto change = [&](store::Tx& tx) -> Result<w::DeleteTableResponse> {
    TM_TRY(const auto database, require_database(tx, caller.scope, *request.DatabaseName));
    TM_TRY(const auto table, require_table(tx, database, *request.Name));
    TM_CHECK(remove_table(tx, table));
    TM_CHECK(announcer_.database(tx, database, "DeleteTable", {table.name}));
    return w::DeleteTableResponse();
  };
  co_return co_await store_.write(change);
}

Task<Result<w::BatchDeleteTableResponse>> CatalogApi::delete_tables(
    const Caller& caller, w::BatchDeleteTableRequest request) {
  TM_CO_CHECK(check_catalog(caller, request));
  auto change = [&](store::Tx& tx) -> Result<w::BatchDeleteTableResponse> {
    TM_TRY(const auto database, require_database(tx, caller.scope, *request.DatabaseName));
    w::BatchDeleteTableResponse response;
    auto& errors = response.Errors.emplace();
    std::vector<std::string> deleted;
    for (const auto& name : *request.TablesToDelete) {
      const auto table = require_table(tx, database, name);
      if (table) {
        TM_CHECK(remove_table(tx, *table));
        deleted.push_back(table->name);
        continue;
      }
      if (table.error().code != Errc::not_found) return std::unexpected(table.error());
      auto& entry = errors.emplace_back();
      entry.TableName = name;
      entry.ErrorDetail = detail_of(table.error());
    }
    if (!deleted.empty()) {
      TM_CHECK(announcer_.database(tx, database, "BatchDeleteTable", deleted));
    }
    return response;
  };
  co_return co_await store_.write(change);
}

Task<Result<w::GetTableVersionResponse>> CatalogApi::get_version(
    const Caller& caller, w::GetTableVersionRequest request) {
  std::optional<std::int64_t> asked;
  if (request.VersionId) {
    TM_CO_TRY(asked, version_of(*request.VersionId));
  }
  auto query = [&](store::Tx& tx) -> Result<w::GetTableVersionResponse> {
    TM_TRY(const auto place, require_place(tx, caller, request));
    const auto number = asked.value_or(place.table.version);
    TM_TRY(const auto version, find_version(tx, place.table, number));
    if (!version) {
      return not_found(fmt::format("Version {} of table {} not found.", number, place.table.name));
    }
    w::GetTableVersionResponse response;
    TM_TRY(response.TableVersion, to_wire_version(place.database, *version));
    return response;
  };
  co_return co_await store_.read(query);
}

Task<Result<w::GetTableVersionsResponse>> CatalogApi::get_versions(
    const Caller& caller, w::GetTableVersionsRequest request) {
  std::optional<std::int64_t> before;
  if (request.NextToken) {
    TM_CO_TRY(before, version_of(*request.NextToken));
  }
  const int count = request.MaxResults.value_or(page_default);
  auto query = [&](store::Tx& tx) -> Result<w::GetTableVersionsResponse> {
    TM_TRY(const auto place, require_place(tx, caller, request));
    TM_TRY(auto versions, versions_of(tx, place.table, before, count + 1));
    w::GetTableVersionsResponse response;
    if (cut_page(versions, count)) response.NextToken = std::to_string(versions.back().version);
    auto& list = response.TableVersions.emplace();
    for (const auto& version : versions) {
      TM_TRY(auto shown, to_wire_version(place.database, version));
      list.push_back(std::move(shown));
    }
    return response;
  };
  co_return co_await store_.read(query);
}

/// They are kept and shown; looking partitions up needs none of them.
Task<Result<w::GetPartitionIndexesResponse>> CatalogApi::get_indexes(
    const Caller& caller, w::GetPartitionIndexesRequest request) {
  auto query = [&](store::Tx& tx) -> Result<w::GetPartitionIndexesResponse> {
    TM_TRY(const auto place, require_place(tx, caller, request));
    const auto keys = place.table.partition_keys();
    w::GetPartitionIndexesResponse response;
    auto& list = response.PartitionIndexDescriptorList.emplace();
    for (const auto& index : place.table.indexes) {
      auto& shown = list.emplace_back();
      shown.IndexName = json::text_or_empty(index.as_object(), "IndexName");
      shown.IndexStatus = "ACTIVE";
      auto& shown_keys = shown.Keys.emplace();
      for (const auto& name : index.as_object().at("Keys").as_array()) {
        auto& key = shown_keys.emplace_back();
        key.Name = json::view(name.as_string());
        const auto known = std::ranges::find(keys, *key.Name, &PartitionKey::name);
        if (known != keys.end()) key.Type = known->type;
      }
    }
    return response;
  };
  co_return co_await store_.read(query);
}

}  // namespace tidemill::glue::catalog
