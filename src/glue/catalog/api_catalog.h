/// Glue's operations on the data catalog. Made once by the server; called on event loops.
#pragma once

#include "base/caller.h"
#include "glue/catalog/announce.h"
#include "wire/gen/glue.h"
#include "wire/router.h"

namespace tidemill::glue::catalog {

namespace w = wire::glue;

class CatalogApi {
 public:
  /// All outlive it.
  CatalogApi(store::Store& store, const Announcer& announcer, const Clock& clock)
      : store_(store), announcer_(announcer), clock_(clock) {}

  void register_with(wire::Router& router);

  Task<Result<w::CreateDatabaseResponse>> create_database(const Caller& caller,
                                                          w::CreateDatabaseRequest request);
  Task<Result<w::GetDatabaseResponse>> get_database(const Caller& caller,
                                                    w::GetDatabaseRequest request);
  Task<Result<w::GetDatabasesResponse>> get_databases(const Caller& caller,
                                                      w::GetDatabasesRequest request);
  Task<Result<w::UpdateDatabaseResponse>> update_database(const Caller& caller,
                                                          w::UpdateDatabaseRequest request);
  Task<Result<w::DeleteDatabaseResponse>> delete_database(const Caller& caller,
                                                          w::DeleteDatabaseRequest request);

  Task<Result<w::CreateTableResponse>> create_table(const Caller& caller,
                                                    w::CreateTableRequest request);
  Task<Result<w::GetTableResponse>> get_table(const Caller& caller, w::GetTableRequest request);
  Task<Result<w::GetTablesResponse>> get_tables(const Caller& caller, w::GetTablesRequest request);
  Task<Result<w::UpdateTableResponse>> update_table(const Caller& caller,
                                                    w::UpdateTableRequest request);
  Task<Result<w::DeleteTableResponse>> delete_table(const Caller& caller,
                                                    w::DeleteTableRequest request);
  Task<Result<w::BatchDeleteTableResponse>> delete_tables(const Caller& caller,
                                                          w::BatchDeleteTableRequest request);
  Task<Result<w::GetTableVersionResponse>> get_version(const Caller& caller,
                                                       w::GetTableVersionRequest request);
  Task<Result<w::GetTableVersionsResponse>> get_versions(const Caller& caller,
                                                         w::GetTableVersionsRequest request);
  Task<Result<w::GetPartitionIndexesResponse>> get_indexes(const Caller& caller,
                                                           w::GetPartitionIndexesRequest request);

  Task<Result<w::CreatePartitionResponse>> create_partition(const Caller& caller,
                                                            w::CreatePartitionRequest request);
  Task<Result<w::BatchCreatePartitionResponse>> create_partitions(
      const Caller& caller, w::BatchCreatePartitionRequest request);
  Task<Result<w::GetPartitionResponse>> get_partition(const Caller& caller,
                                                      w::GetPartitionRequest request);
  Task<Result<w::GetPartitionsResponse>> get_partitions(const Caller& caller,
                                                        w::GetPartitionsRequest request);
  Task<Result<w::BatchGetPartitionResponse>> get_some_partitions(
      const Caller& caller, w::BatchGetPartitionRequest request);
  Task<Result<w::UpdatePartitionResponse>> update_partition(const Caller& caller,
                                                            w::UpdatePartitionRequest request);
  Task<Result<w::DeletePartitionResponse>> delete_partition(const Caller& caller,
                                                            w::DeletePartitionRequest request);
  Task<Result<w::BatchDeletePartitionResponse>> delete_partitions(
      const Caller& caller, w::BatchDeletePartitionRequest request);

 private:
  void register_tables(wire::Router& router);
  void register_partitions(wire::Router& router);

  store::Store& store_;
  const Announcer& announcer_;
  const Clock& clock_;
};

}  // namespace tidemill::glue::catalog
