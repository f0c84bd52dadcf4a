// Partitions.
#include <fmt/format.h>

#include "base/digest.h"
#include "glue/api_shown.h"
#include "glue/catalog/api_catalog.h"
#include "glue/catalog/api_common.h"
#include "wire/json_codec.h"

namespace tidemill::glue::catalog {
namespace {

constexpr std::size_t page_default = 1000;

Result<w::Partition> to_wire(const Place& place, const Partition& partition) {
  w::Partition out;
  TM_CHECK(wire::decode_json(
      json::dump(partition.definition),
      wire::member_shape(*w::op::GetPartition::operation.output, "Partition"), &out));
  out.Values = partition.values;
  out.DatabaseName = place.database.name;
  out.TableName = place.table.name;
  out.CatalogId = place.database.scope.account;
  out.CreationTime = partition.created;
  return out;
}

Result<Partition> partition_of(const w::PartitionInput& input, TimeMs now) {
  const auto& shape =
      wire::member_shape(*w::op::CreatePartition::operation.input, "PartitionInput");
  Partition partition{
      .values = input.Values.value_or(PartitionValues()), .definition = {}, .created = now};
  TM_TRY(partition.definition, json::parse_object(wire::encode_json(shape, &input)));
  return partition;
}

/// Which part of the partitions is asked for, so that several clients share them.
struct Part {
  std::uint64_t number = 0, total = 1;

  [[nodiscard]] bool has(const PartitionValues& values) const {
    if (total == 1) return true;
    const auto hash = digest(DigestKind::crc64nvme, key_of(values));
    std::uint64_t mixed = 0;
    for (const char byte : hash) mixed = mixed << 8 | std::uint8_t(byte);
    return mixed % total == number;
  }
};

Result<Part> part_of(const std::optional<w::Segment>& segment) {
  if (!segment) return Part();
  const Part part{std::uint64_t(*segment->SegmentNumber), std::uint64_t(*segment->TotalSegments)};
  if (part.number < part.total) return part;
  return invalid_input(fmt::format("SegmentNumber must be less than TotalSegments, {}, not {}.",
                                   part.total, part.number));
}

Result<std::optional<Expression>> filter_of(const Table& table,
                                            const std::optional<std::string>& text) {
  if (!text || text->find_first_not_of(" \t\r\n") == std::string::npos) return std::nullopt;
  TM_TRY(auto expression, Expression::parse(*text, table.partition_keys()));
  return expression;
}

Result<std::string> after_of(const std::optional<std::string>& token) {
  if (!token || values_of(*token)) return token.value_or("");
  return invalid_input("The provided NextToken is not valid.");
}

/// What came of the partitions of a batch, each by itself.
struct BatchResult {
  std::vector<PartitionValues> done;
  std::vector<w::PartitionError> errors;

  /// Fails where the whole batch has to.
  Status add(const PartitionValues& values, const Status& result) {
    if (result) {
      done.push_back(values);
      return {};
    }
    const auto code = result.error().code;
    const bool is_its_own =
        code == Errc::already_exists || code == Errc::not_found || code == Errc::invalid_argument;
    if (!is_its_own) return result;
    auto& entry = errors.emplace_back();
    entry.PartitionValues = values;
    entry.ErrorDetail = detail_of(result.error());
    return {};
  }
};

}  // namespace

void CatalogApi::register_partitions(wire::Router& router) {
  router.on<w::op::CreatePartition>(this, &CatalogApi::create_partition,
                                    table_access<w::CreatePartitionRequest>);
  router.on<w::op::BatchCreatePartition>(this, &CatalogApi::create_partitions,
                                         table_access<w::BatchCreatePartitionRequest>);
  router.on<w::op::GetPartition>(this, &CatalogApi::get_partition,
                                 table_access<w::GetPartitionRequest>);
  router.on<w::op::GetPartitions>(this, &CatalogApi::get_partitions,
                                  table_access<w::GetPartitionsRequest>);
  router.on<w::op::BatchGetPartition>(this, &CatalogApi::get_some_partitions,
                                      table_access<w::BatchGetPartitionRequest>);
  router.on<w::op::UpdatePartition>(this, &CatalogApi::update_partition,
                                    table_access<w::UpdatePartitionRequest>);
  router.on<w::op::DeletePartition>(this, &CatalogApi::delete_partition,
                                    table_access<w::DeletePartitionRequest>);
  router.on<w::op::BatchDeletePartition>(this, &CatalogApi::delete_partitions,
                                         table_access<w::BatchDeletePartitionRequest>);
}

Task<Result<w::CreatePartitionResponse>> CatalogApi::create_partition(
    const Caller& caller, w::CreatePartitionRequest request) {
  TM_CO_TRY(const auto partition, partition_of(*request.PartitionInput, clock_.now()));
  auto change = [&](store::Tx& tx) -> Result<w::CreatePartitionResponse> {
    TM_TRY(const auto place, require_place(tx, caller, request));
    TM_CHECK(add_partition(tx, place.table, partition));
    TM_CHECK(announcer_.table(tx, place.database, place.table.name, "CreatePartition",
                              {partition.values}));
    return w::CreatePartitionResponse();
  };
  co_return co_await store_.write(change);
}

Task<Result<w::BatchCreatePartitionResponse>> CatalogApi::create_partitions(
    const Caller& caller, w::BatchCreatePartitionRequest request) {
  std::vector<Partition> partitions;
  for (const auto& input : *request.PartitionInputList) {
    TM_CO_TRY(auto partition, partition_of(input, clock_.now()));
    partitions.push_back(std::move(partition));
  }
  auto change = [&](store::Tx& tx) -> Result<w::BatchCreatePartitionResponse> {
    TM_TRY(const auto place, require_place(tx, caller, request));
    BatchResult batch;
    for (const auto& partition : partitions) {
      TM_CHECK(batch.add(partition.values, add_partition(tx, place.table, partition)));
    }
    if (!batch.done.empty()) {
      TM_CHECK(announcer_.table(tx, place.database, place.table.name, "BatchCreatePartition",
                                batch.done));
    }
    w::BatchCreatePartitionResponse response;
    response.Errors = std::move(batch.errors);
    return response;
  };
  co_return co_await store_.write(change);
}

Task<Result<w::GetPartitionResponse>> CatalogApi::get_partition(const Caller& caller,
                                                                w::GetPartitionRequest request) {
  auto query = [&](store::Tx& tx) -> Result<w::GetPartitionResponse> {
    TM_TRY(const auto place, require_place(tx, caller, request));
    TM_TRY(const auto partition, require_partition(tx, place.table, *request.PartitionValues));
    w::GetPartitionResponse response;
    TM_TRY(response.Partition, to_wire(place, partition));
    return response;
  };
  co_return co_await store_.read(query);
}

Task<Result<w::GetPartitionsResponse>> CatalogApi::get_partitions(const Caller& caller,
                                                                  w::GetPartitionsRequest request) {
  TM_CO_TRY(const auto part, part_of(request.Segment));
  TM_CO_TRY(const auto after, after_of(request.NextToken));
  const auto count = std::size_t(request.MaxResults.value_or(page_default));
  auto query = [&](store::Tx& tx) -> Result<w::GetPartitionsResponse> {
    TM_TRY(const auto place, require_place(tx, caller, request));
    TM_TRY(const auto filter, filter_of(place.table, request.Expression));
    w::GetPartitionsResponse response;
    std::vector<Partition> page;
    const auto take = [&](Partition partition) {
      if (!part.has(partition.values)) return true;
      if (filter && !filter->matches(partition.values)) return true;
      if (page.size() == count) response.NextToken = key_of(page.back().values);
      if (page.size() < count) page.push_back(std::move(partition));
      return !response.NextToken;
    };
    TM_CHECK(each_partition(tx, place.table, after, take));
    auto& list = response.Partitions.emplace();
    for (const auto& partition : page) {
      TM_TRY(auto shown, to_wire(place, partition));
      if (request.ExcludeColumnSchema.value_or(false) && shown.StorageDescriptor) {
        shown.StorageDescriptor->Columns.reset();
      }
      list.push_back(std::move(shown));
    }
    return response;
  };
  co_return co_await store_.read(query);
}

Task<Result<w::BatchGetPartitionResponse>> CatalogApi::get_some_partitions(
    const Caller& caller, w::BatchGetPartitionRequest request) {
  auto query = [&](store::Tx& tx) -> Result<w::BatchGetPartitionResponse> {
    TM_TRY(const auto place, require_place(tx, caller, request));
    w::BatchGetPartitionResponse response;
    auto& found = response.Partitions.emplace();
    auto& missing = response.UnprocessedKeys.emplace();
    for (const auto& asked : *request.PartitionsToGet) {
      TM_TRY(const auto partition, find_partition(tx, place.table, *asked.Values));
      if (!partition) {
        missing.push_back(asked);
        continue;
      }
      TM_TRY(auto shown, to_wire(place, *partition));
      found.push_back(std::move(shown));
    }
    return response;
  };
  co_return co_await store_.read(query);
}

Task<Result<w::UpdatePartitionResponse>> CatalogApi::update_partition(
    const Caller& caller, w::UpdatePartitionRequest request) {
  TM_CO_TRY(auto partition, partition_of(*request.PartitionInput, clock_.now()));
  if (partition.values.empty()) partition.values = *request.PartitionValueList;
  auto change = [&](store::Tx& tx) -> Result<w::UpdatePartitionResponse> {
    TM_TRY(const auto place, require_place(tx, caller, request));
    TM_CHECK(catalog::update_partition(tx, place.table, *request.PartitionValueList, partition));
    TM_CHECK(announcer_.table(tx, place.database, place.table.name, "UpdatePartition",
                              {partition.values}));
    return w::UpdatePartitionResponse();
  };
  co_return co_await store_.write(change);
}

Task<Result<w::DeletePartitionResponse>> CatalogApi::delete_partition(
    const Caller& caller, w::DeletePartitionRequest request) {
  auto change = [&](store::Tx& tx) -> Result<w::DeletePartitionResponse> {
    TM_TRY(const auto place, require_place(tx, caller, request));
    TM_CHECK(remove_partition(tx, place.table, *request.PartitionValues));
    TM_CHECK(announcer_.table(tx, place.database, place.table.name, "DeletePartition",
                              {*request.PartitionValues}));
    return w::DeletePartitionResponse();
  };
  co_return co_await store_.write(change);
}

Task<Result<w::BatchDeletePartitionResponse>> CatalogApi::delete_partitions(
    const Caller& caller, w::BatchDeletePartitionRequest request) {
  auto change = [&](store::Tx& tx) -> Result<w::BatchDeletePartitionResponse> {
    TM_TRY(const auto place, require_place(tx, caller, request));
    BatchResult batch;
    for (const auto& asked : *request.PartitionsToDelete) {
      TM_CHECK(batch.add(*asked.Values, remove_partition(tx, place.table, *asked.Values)));
    }
    if (!batch.done.empty()) {
      TM_CHECK(announcer_.table(tx, place.database, place.table.name, "BatchDeletePartition",
                                batch.done));
    }
    w::BatchDeletePartitionResponse response;
    response.Errors = std::move(batch.errors);
    return response;
  };
  co_return co_await store_.write(change);
}

}  // namespace tidemill::glue::catalog
