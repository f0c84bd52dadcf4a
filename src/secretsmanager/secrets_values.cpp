// A secret's versions: their values, and which of them has which stage.
#include <algorithm>

#include <fmt/format.h>

#include "base/digest.h"
#include "secretsmanager/errors.h"
#include "secretsmanager/secrets.h"

namespace tidemill::secretsmanager {
namespace {

constexpr std::size_t versions_max = 100;
constexpr std::size_t stages_max = 20;
constexpr std::int64_t day_ms = 86'400'000;

/// Where a value is sealed for.
std::string place_of(const Secret& secret, std::string_view version) {
  return fmt::format("{}/{}", secret.arn(), version);
}

Status attach(store::Tx& tx, const Secret& secret, std::string_view stage,
              std::string_view version) {
  TM_CHECK(
      tx.exec("INSERT INTO secret_stages (secret, stage, version) VALUES ($1, $2, $3)"
              " ON CONFLICT (secret, stage) DO UPDATE SET version = excluded.version",
              secret.id, stage, version));
  return {};
}

/// AWSCURRENT leaves AWSPREVIOUS where it was.
Status attach_current(store::Tx& tx, const Secret& secret, std::string_view version) {
  TM_TRY(const auto before, holder_of(tx, secret, current));
  if (before == version) return {};
  if (before) TM_CHECK(attach(tx, secret, previous, *before));
  // One version isn't both.
  TM_CHECK(tx.exec("DELETE FROM secret_stages WHERE secret = $1 AND stage = $2 AND version = $3",
                   secret.id, previous, version));
  return attach(tx, secret, current, version);
}

/// Only so many are kept beside those that have a stage.
Status drop_old_versions(store::Tx& tx, const Secret& secret) {
  TM_TRY(const auto versions, versions_of(tx, secret));
  auto surplus = versions.size() - std::min(versions.size(), versions_max);
  for (const auto& version : versions) {
    if (surplus == 0) return {};
    if (!version.stages.empty()) continue;
    TM_CHECK(tx.exec("DELETE FROM secret_versions WHERE secret = $1 AND version = $2", secret.id,
                     version.id));
    --surplus;
  }
  return {};
}

}  // namespace

Result<std::optional<Version>> Secrets::same_version(store::Tx& tx, const Secret& secret,
                                                     const NewValue& value) const {
  TM_TRY(auto version, find_version(tx, secret, value.token));
  if (!version) return version;
  TM_TRY(const auto text, open(secret, *version));
  if (version->is_binary == value.is_binary && equal_constant_time(text, value.bytes)) {
    return version;
  }
  return fail(Errc::already_exists, "ResourceExistsException",
              fmt::format("You can't use ClientRequestToken {} because that value is already in "
                          "use for a version of secret {}.",
                          value.token, secret.arn()));
}

Result<Version> Secrets::put(store::Tx& tx, const Secret& secret, const NewValue& value,
                             std::vector<std::string> stages) const {
  TM_TRY(auto same, same_version(tx, secret, value));
  if (same) return *std::move(same);
  const auto read = [](const store::Row& row) { return row.integer(0); };
  TM_TRY(const auto newest,
         tx.one("SELECT coalesce(max(seq), 0) FROM secret_versions WHERE secret = $1", read,
                secret.id));
  const bool is_first = *newest == 0;
  if (stages.empty() || (is_first && std::ranges::find(stages, current) == stages.end())) {
    stages.emplace_back(current);
  }
  TM_CHECK(
      tx.exec("INSERT INTO secret_versions (secret, version, seq, value, is_binary, created_ms)"
              " VALUES ($1, $2, $3, $4, $5, $6)",
              secret.id, value.token, *newest + 1,
              store::Blob{parts_.sealer.seal(value.bytes, place_of(secret, value.token))},
              value.is_binary ? 1 : 0, now().ms));
  for (const auto& stage : stages) {
    TM_CHECK(stage == current ? attach_current(tx, secret, value.token)
                              : attach(tx, secret, stage, value.token));
  }
  TM_CHECK(drop_old_versions(tx, secret));
  TM_CHECK(touch(tx, secret));
  return require_version(tx, secret, {.version = value.token, .stage = {}});
}

Status Secrets::move_stage(store::Tx& tx, const Secret& secret, const StageMove& move) const {
  TM_TRY(const auto holder, holder_of(tx, secret, move.stage));
  if (holder && !move.from && move.to != holder) {
    return invalid_parameter(fmt::format(
        "The parameter RemoveFromVersionId can't be empty. Staging label {} is currently attached "
        "to version {}, so you must explicitly reference that version in RemoveFromVersionId.",
        move.stage, *holder));
  }
  if (move.from && move.from != holder) {
    return invalid_parameter(
        fmt::format("The staging label {} isn't attached to version {} of RemoveFromVersionId.",
                    move.stage, *move.from));
  }
  if (!move.to) {
    if (move.stage == current) {
      return invalid_parameter(
          "You can only move staging label AWSCURRENT to a different secret version. It can't be "
          "completely removed.");
    }
    TM_CHECK(tx.exec("DELETE FROM secret_stages WHERE secret = $1 AND stage = $2", secret.id,
                     move.stage));
    return touch(tx, secret);
  }
  TM_TRY(const auto version, find_version(tx, secret, *move.to));
  if (!version) {
    return not_found(fmt::format(
        "Secrets Manager can't find the specified secret value for VersionId: {}", *move.to));
  }
  if (version->stages.size() >= stages_max) {
    return fail(Errc::invalid_argument, "LimitExceededException",
                fmt::format("A version can have at most {} staging labels.", stages_max));
  }
  TM_CHECK(move.stage == current ? attach_current(tx, secret, *move.to)
                                 : attach(tx, secret, move.stage, *move.to));
  return touch(tx, secret);
}

Result<std::string> Secrets::open(const Secret& secret, const Version& version) const {
  auto opened = parts_.sealer.open(version.value, place_of(secret, version.id));
  if (opened) return opened;
  return fail(Errc::invalid_argument, "DecryptionFailure",
              fmt::format("{}: {}", secret.name, opened.error().message));
}

bool Secrets::is_first_of_day(const Secret& secret, const Version& version) const {
  const auto today = now().ms / day_ms * day_ms;
  return !secret.accessed || secret.accessed->ms != today || !version.accessed ||
         version.accessed->ms != today;
}

Status Secrets::note_access(store::Tx& tx, const Secret& secret, const Version& version) const {
  const auto today = now().ms / day_ms * day_ms;
  TM_CHECK(tx.exec("UPDATE secrets SET accessed_ms = $1 WHERE id = $2", today, secret.id));
  TM_CHECK(tx.exec("UPDATE secret_versions SET accessed_ms = $1 WHERE secret = $2 AND version = $3",
                   today, secret.id, version.id));
  return {};
}

}  // namespace tidemill::secretsmanager
