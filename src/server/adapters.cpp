#include "server/adapters.h"

#include <fmt/format.h>

#include "base/s3_uri.h"

namespace tidemill::server {

Task<Result<glue::Script>> ScriptsInS3::fetch(Scope /*scope*/, std::string uri,
                                              std::string known_etag) {
  const auto address = split_s3_uri(uri);
  if (!address) {
    co_return fail(Errc::invalid_argument, "InvalidInputException",
                   fmt::format("the script's location must be s3://BUCKET/KEY, not \"{}\"", uri));
  }
  const std::string bucket(address->bucket), key(address->key);
  if (!known_etag.empty()) {
    auto look = [&](store::Tx& tx) { return s3::Objects::describe(tx, bucket, key); };
    TM_CO_TRY(const auto seen, co_await objects_.core().store.read(look));
    if (seen.exists && seen.etag == known_etag) {
      co_return glue::Script{.etag = seen.etag, .bytes = {}, .unchanged = true};
    }
  }
  auto data = co_await objects_.read_whole(bucket, key, bytes_max);
  if (!data) {
    data.error().message += fmt::format(" ({})", uri);
    co_return std::unexpected(std::move(data).error());
  }
  co_return glue::Script{.etag = std::move(data->etag), .bytes = std::move(data->bytes)};
}

Task<Status> OutputInLogs::open(Scope scope, std::string group, std::string stream) {
  const logs::StreamKey key{{std::move(scope), std::move(group)}, std::move(stream)};
  auto change = [&](store::Tx& tx) { return ledger_.ensure_stream(tx, key); };
  co_return co_await store_.write(change);
}

Task<Status> OutputInLogs::append(Scope scope, std::string group, std::string stream,
                                  std::vector<glue::LogLine> lines) {
  const logs::StreamKey key{{std::move(scope), std::move(group)}, std::move(stream)};
  std::vector<logs::Line> events;
  events.reserve(lines.size());
  for (auto& line : lines) events.push_back({key, {line.time, std::move(line.text)}});
  auto change = [&](store::Tx& tx) { return ledger_.append(tx, events); };
  co_return co_await store_.write(change);
}

}  // namespace tidemill::server
