#include "s3/request_metrics.h"

#include <algorithm>
#include <array>

#include "base/log.h"
#include "s3/buckets.h"

namespace tidemill::s3 {
namespace {

double millis(std::chrono::steady_clock::duration time) {
  return std::chrono::duration<double, std::milli>(time).count();
}

}  // namespace

void RequestMetrics::answered(wire::Exchange exchange) {
  const auto filters = parts_.filters.find(exchange.bucket);
  if (!filters) return;
  bool by_tags = false;
  for (const auto& filter : filters->all) {
    if (!filter.takes(exchange.key)) continue;
    if (filter.tags.empty()) {
      count(*filters, filter, exchange);
    } else {
      by_tags = true;
    }
  }
  if (!by_tags) return;
  parts_.loops.spawn(0, [this, filters, exchange = std::move(exchange)] {
    return count_tagged(filters, exchange);
  });
}

Task<void> RequestMetrics::count_tagged(Filters filters, wire::Exchange exchange) {
  auto look = [&](store::Tx& tx) -> Result<std::optional<Object>> {
    TM_TRY(const auto bucket, find_bucket(tx, exchange.bucket));
    if (!bucket) return std::nullopt;
    return find_object(tx, bucket->id, exchange.key);
  };
  const auto object = co_await parts_.store.read(look);
  if (!object) {
    TM_LOG(warn, "s3", "request not counted", {{"reason", object.error().message}});
  }
  if (!object || !*object) co_return;
  for (const auto& filter : filters->all) {
    if (filter.tags.empty() || !filter.takes(exchange.key)) continue;
    if (filter.takes_tags((*object)->meta.tags)) count(*filters, filter, exchange);
  }
}

void RequestMetrics::count(const RequestFilters& filters, const RequestFilter& filter,
                           const wire::Exchange& exchange) {
  const std::array<std::pair<std::string_view, std::string_view>, 2> dimensions{
      {{"BucketName", exchange.bucket}, {"FilterId", filter.id}}};
  const auto measure = [&](std::string_view name, double value, std::string_view unit) {
    parts_.meter.measure({.scope = filters.scope,
                          .space = "AWS/S3",
                          .name = name,
                          .dimensions = dimensions,
                          .value = value,
                          .unit = unit});
  };
  measure("AllRequests", 1, "Count");
  const auto kind = request_metric(exchange.method, exchange.operation, !exchange.key.empty());
  if (!kind.empty()) measure(kind, 1, "Count");
  measure("4xxErrors", exchange.status / 100 == 4 ? 1 : 0, "Count");
  measure("5xxErrors", exchange.status / 100 == 5 ? 1 : 0, "Count");
  if (exchange.bytes_in > 0) measure("BytesUploaded", double(exchange.bytes_in), "Bytes");
  if (exchange.bytes_out > 0) measure("BytesDownloaded", double(exchange.bytes_out), "Bytes");
  measure("FirstByteLatency", millis(exchange.to_first), "Milliseconds");
  measure("TotalRequestLatency", millis(exchange.to_last), "Milliseconds");
}

}  // namespace tidemill::s3
