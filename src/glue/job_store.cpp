#include "glue/job_store.h"

#include <fmt/format.h>

#include "glue/refusal.h"
#include "glue/tags.h"

namespace tidemill::glue {
namespace {

Job read_job(const store::Row& row) {
  Job job;
  job.scope = {row.text(0), row.text(1)};
  job.name = row.text(2);
  auto definition = json::parse_object(row.bytes(3));
  TM_ASSERT(definition.has_value());
  job.definition = *std::move(definition);
  job.revision = row.text(4);
  job.created = {row.integer(5)};
  job.modified = {row.integer(6)};
  return job;
}

}  // namespace

Result<std::optional<Job>> find_job(store::Tx& tx, const Scope& scope, std::string_view name) {
  return tx.one(
      "SELECT account, region, name, definition, revision, created_ms, modified_ms"
      " FROM glue_jobs WHERE account = $1 AND region = $2 AND name = $3",
      read_job, scope.account, scope.region, name);
}

Result<Job> require_job(store::Tx& tx, const Scope& scope, std::string_view name) {
  TM_TRY(auto job, find_job(tx, scope, name));
  if (job) return *std::move(job);
  return not_found(fmt::format("Job {} not found.", name));
}

Result<std::vector<Job>> list_jobs(store::Tx& tx, const Scope& scope, std::string_view after,
                                   int count) {
  return tx.all(
      "SELECT account, region, name, definition, revision, created_ms, modified_ms"
      " FROM glue_jobs WHERE account = $1 AND region = $2 AND name > $3 ORDER BY name LIMIT $4",
      read_job, scope.account, scope.region, after, count);
}

Status add_job(store::Tx& tx, const Job& job) {
  const auto rows = tx.exec(
      "INSERT INTO glue_jobs (account, region, name, definition, revision, active,"
      " created_ms, modified_ms) VALUES ($1, $2, $3, $4, $5, (SELECT count(*) FROM glue_runs"
      " WHERE account = $1 AND region = $2 AND job = $3 AND final = 0), $6, $6)",
      job.scope.account, job.scope.region, job.name, json::dump(job.definition), job.revision,
      job.created.ms);
  return inserted(rows, fmt::format("Job with name: {} already exists", job.name));
}

Status update_job(store::Tx& tx, const Job& job) {
  TM_CHECK(
      tx.exec("UPDATE glue_jobs SET definition = $4, revision = $5, modified_ms = $6"
              " WHERE account = $1 AND region = $2 AND name = $3",
              job.scope.account, job.scope.region, job.name, json::dump(job.definition),
              job.revision, job.modified.ms));
  return {};
}

Status remove_job(store::Tx& tx, const Scope& scope, std::string_view name) {
  TM_CHECK(remove_tags(tx, job_arn(scope, name)));
  TM_CHECK(tx.exec("DELETE FROM glue_jobs WHERE account = $1 AND region = $2 AND name = $3",
                   scope.account, scope.region, name));
  return {};
}

Result<std::optional<Occupancy>> occupancy_of(store::Tx& tx, const Scope& scope,
                                              std::string_view name) {
  return tx.one(
      "SELECT revision, active FROM glue_jobs WHERE account = $1 AND region = $2 AND name = $3",
      [](const store::Row& row) { return Occupancy{row.text(0), row.integer(1)}; }, scope.account,
      scope.region, name);
}

}  // namespace tidemill::glue
