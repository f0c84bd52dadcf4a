#include "s3/usage.h"

#include <array>

#include <fmt/format.h>

namespace tidemill::s3 {
namespace {

constexpr std::int64_t day_ms = 86'400'000;

TimeMs midnight_before(TimeMs now) { return {now.ms - now.ms % day_ms}; }

struct Reading {
  Scope scope;
  Usage usage;
};

Reading read_reading(const store::Row& row) {
  return {{.account = row.text(0), .region = row.text(1)},
          {.bucket = row.text(2), .objects = row.integer(3), .bytes = row.integer(4)}};
}

void tell(const Reading& reading, TimeMs at, Meter& meter) {
  const auto measure = [&](std::string_view name, std::string_view storage, std::int64_t value,
                           std::string_view unit) {
    const std::array<std::pair<std::string_view, std::string_view>, 2> dimensions{
        {{"BucketName", reading.usage.bucket}, {"StorageType", storage}}};
    meter.measure({.scope = reading.scope,
                   .space = "AWS/S3",
                   .name = name,
                   .dimensions = dimensions,
                   .value = double(value),
                   .unit = unit,
                   .at = at});
  };
  measure("NumberOfObjects", "AllStorageTypes", reading.usage.objects, "Count");
  measure("BucketSizeBytes", "StandardStorage", reading.usage.bytes, "Bytes");
}

}  // namespace

Result<bool> is_usage_due(store::Tx& tx, TimeMs now) {
  TM_TRY(const auto due, tx.one(
                             "SELECT 1 FROM buckets WHERE measured_ms < $1"
                             " AND (objects > 0 OR measured_ms > 0) LIMIT 1",
                             [](const store::Row&) { return true; }, midnight_before(now)));
  return due.has_value();
}

Result<TimeMs> measure_usage(store::Tx& tx, TimeMs now, Meter& meter) {
  TM_TRY(auto readings, tx.all("UPDATE buckets SET measured_ms = $2 WHERE measured_ms < $1"
                               " AND (objects > 0 OR measured_ms > 0)"
                               " RETURNING account, region, name, objects, bytes",
                               read_reading, midnight_before(now), now));
  if (!readings.empty()) {
    tx.on_commit([readings = std::move(readings), now, &meter] {
      for (const auto& reading : readings) tell(reading, now, meter);
    });
  }
  return TimeMs{midnight_before(now).ms + day_ms};
}

Result<std::vector<Usage>> usage_of_all(store::Tx& tx) {
  return tx.all(
      "SELECT name, objects, bytes FROM buckets ORDER BY name",
      [](const store::Row& row) { return Usage{row.text(0), row.integer(1), row.integer(2)}; });
}

Result<std::vector<std::string>> check_usage(store::Tx& tx) {
  return tx.all(
      "SELECT name, objects, bytes, coalesce(n, 0), coalesce(s, 0) FROM buckets b LEFT JOIN"
      " (SELECT bucket, sum(n) n, sum(s) s FROM"
      "   (SELECT bucket, count(*) n, sum(size) s FROM objects GROUP BY bucket"
      "    UNION ALL SELECT bucket, count(*), sum(size) FROM versions GROUP BY bucket"
      "    UNION ALL SELECT u.bucket, count(*), sum(p.size) FROM uploads u"
      "     JOIN upload_parts p ON p.upload = u.id GROUP BY u.bucket)"
      "  GROUP BY bucket) ON bucket = b.id"
      " WHERE objects <> coalesce(n, 0) OR bytes <> coalesce(s, 0)",
      [](const store::Row& row) {
        return fmt::format("bucket {} is said to hold {} objects, {} bytes, and holds {}, {} bytes",
                           row.bytes(0), row.integer(1), row.integer(2), row.integer(3),
                           row.integer(4));
      });
}

}  // namespace tidemill::s3
