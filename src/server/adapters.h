/// What joins the services that don't know each other: job scripts come from S3, the runs' output
/// goes to the logs. Owned by the program; called on event loops.
#pragma once

#include "glue/launch/environment.h"
#include "logs/ledger.h"
#include "s3/objects.h"
#include "store/store.h"

namespace tidemill::server {

class ScriptsInS3 final : public glue::ScriptSource {
 public:
  /// Larger scripts and modules are refused.
  static constexpr std::size_t bytes_max = 256 << 20;

  /// `objects` outlives it.
  explicit ScriptsInS3(s3::Objects& objects) : objects_(objects) {}

  Task<Result<glue::Script>> fetch(Scope scope, std::string uri, std::string known_etag) override;

 private:
  s3::Objects& objects_;
};

class OutputInLogs final : public glue::RunLog {
 public:
  /// `store` is that of logs.db. Both outlive it.
  OutputInLogs(store::Store& store, logs::Ledger& ledger) : store_(store), ledger_(ledger) {}

  Task<Status> open(Scope scope, std::string group, std::string stream) override;
  Task<Status> append(Scope scope, std::string group, std::string stream,
                      std::vector<glue::LogLine> lines) override;

 private:
  store::Store& store_;
  logs::Ledger& ledger_;
};

}  // namespace tidemill::server
