// Log groups and their tags.
#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/encoding.h"
#include "logs/catalog.h"
#include "logs/measuring.h"
#include "logs/names.h"

namespace tidemill::logs {
namespace {

constexpr std::int64_t tags_max = 50;

Group to_group(const store::Row& row) {
  Group group;
  group.id = row.integer(0);
  group.name = row.text(1);
  group.log_class = row.text(2);
  group.kms_key = row.maybe_text(3);
  group.is_protected = row.integer(4) != 0;
  group.retention_days = row.maybe_integer(5);
  group.created = {row.integer(6)};
  group.stored_bytes = row.integer(7);
  group.metric_filters = row.integer(8);
  return group;
}

bool wanted(const GroupQuery& query, const Group& group) {
  if (!query.part.empty() && group.name.find(query.part) == std::string::npos) return false;
  if (!query.log_class.empty() && group.log_class != query.log_class) return false;
  return query.names.empty() || std::ranges::find(query.names, group.name) != query.names.end();
}

Status put_tags(store::Tx& tx, std::int64_t group, const Tags& tags) {
  for (const auto& [key, value] : tags) {
    TM_CHECK(
        tx.exec("INSERT INTO log_tags (log_group, key, value) VALUES ($1, $2, $3)"
                " ON CONFLICT (log_group, key) DO UPDATE SET value = excluded.value",
                group, key, value));
  }
  TM_TRY(const auto count, tx.one(
                               "SELECT count(*) FROM log_tags WHERE log_group = $1",
                               [](const store::Row& row) { return row.integer(0); }, group));
  if (*count <= tags_max) return {};
  return fail(Errc::invalid_argument, "TooManyTagsException",
              fmt::format("A resource can have no more than {} tags.", tags_max));
}

}  // namespace

Status Ledger::create_group(store::Tx& tx, const GroupKey& key, const GroupSettings& settings) {
  if (iequals(std::string_view(key.name).substr(0, 4), "aws/")) {
    return invalid_parameter("Log groups starting with AWS/ are reserved for AWS.");
  }
  TM_TRY(const auto id, reserve(tx, 1));
  const auto inserted = tx.exec(
      "INSERT INTO log_groups (id, account, region, name, class, kms_key, is_protected, created_ms,"
      " stored_bytes) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0)",
      id, key.scope.account, key.scope.region, key.name, settings.log_class, settings.kms_key,
      settings.is_protected ? 1 : 0, clock_.now().ms);
  if (!inserted && inserted.error().code == Errc::already_exists) {
    return fail(Errc::already_exists, "ResourceAlreadyExistsException",
                "The specified log group already exists");
  }
  TM_CHECK(inserted);
  if (!settings.tags.empty()) TM_CHECK(put_tags(tx, id, settings.tags));
  tx.on_commit([catalog = catalog_, key] { catalog->add(key); });
  return collect(tx);
}

Status Ledger::delete_group(store::Tx& tx, const GroupKey& key) {
  TM_TRY(const auto found, group(tx, key));
  if (found.is_protected) {
    return fail(Errc::invalid_argument, "ValidationException",
                "The log group has deletion protection enabled and can't be deleted.");
  }
  TM_CHECK(tx.exec("DELETE FROM log_groups WHERE id = $1", found.id));
  TM_CHECK(tx.exec("DELETE FROM log_streams WHERE log_group = $1", found.id));
  TM_CHECK(tx.exec("DELETE FROM log_tags WHERE log_group = $1", found.id));
  TM_CHECK(tx.exec("DELETE FROM metric_filters WHERE log_group = $1", found.id));
  TM_CHECK(tx.exec("INSERT INTO log_garbage (id, is_group) VALUES ($1, 1)", found.id));
  garbage_ = true;
  tx.on_commit([catalog = catalog_, measuring = measuring_, key, id = found.id] {
    catalog->remove(key);
    measuring->remove_group(id);
  });
  return collect(tx);
}

Result<Group> Ledger::group(store::Tx& tx, const GroupKey& key) const {
  TM_TRY(
      auto found,
      tx.one(
          "SELECT id, name, class, kms_key, is_protected, retention_days, created_ms,"
          " stored_bytes, (SELECT count(*) FROM metric_filters f WHERE f.log_group = log_groups.id)"
          " FROM log_groups WHERE account = $1 AND region = $2 AND name = $3",
          to_group, key.scope.account, key.scope.region, key.name));
  if (!found) return no_such_group();
  return *std::move(found);
}

Result<GroupPage> Ledger::groups(store::Tx& tx, const GroupQuery& query) const {
  std::string after;
  if (query.token) {
    TM_TRY(after, parse_list_token(*query.token));
  }
  GroupPage page;
  const store::RowFn row = [&](const store::Row& r) {
    auto group = to_group(r);
    if (!group.name.starts_with(query.prefix)) return false;  // They come in order.
    if (!wanted(query, group)) return true;
    if (page.groups.size() == std::size_t(query.limit)) {
      page.token = list_token(page.groups.back().name);
      return false;
    }
    page.groups.push_back(std::move(group));
    return true;
  };
  TM_CHECK(tx.each(
      "SELECT id, name, class, kms_key, is_protected, retention_days, created_ms,"
      " stored_bytes, (SELECT count(*) FROM metric_filters f WHERE f.log_group = log_groups.id)"
      " FROM log_groups WHERE account = $1 AND region = $2 AND name >= $3"
      " AND name <> $4 ORDER BY name",
      row, query.scope.account, query.scope.region, std::max(after, query.prefix), after));
  return page;
}

Status Ledger::set_retention(store::Tx& tx, const GroupKey& key, std::optional<std::int64_t> days) {
  if (days && std::ranges::find(retention_days_allowed, *days) == retention_days_allowed.end()) {
    return invalid_parameter(
        fmt::format("1 validation error detected: Value '{}' at 'retentionInDays' failed to "
                    "satisfy constraint: Member must satisfy enum value set: [{}]",
                    *days, fmt::join(retention_days_allowed, ", ")));
  }
  TM_TRY(auto found, group(tx, key));
  TM_CHECK(tx.exec("UPDATE log_groups SET retention_days = $2 WHERE id = $1", found.id, days));
  found.retention_days = days;
  return expire(tx, found);
}

Status Ledger::tag(store::Tx& tx, const GroupKey& key, const Tags& tags) {
  TM_TRY(const auto found, group(tx, key));
  return put_tags(tx, found.id, tags);
}

Status Ledger::untag(store::Tx& tx, const GroupKey& key, const std::vector<std::string>& names) {
  TM_TRY(const auto found, group(tx, key));
  for (const auto& name : names) {
    TM_CHECK(tx.exec("DELETE FROM log_tags WHERE log_group = $1 AND key = $2", found.id, name));
  }
  return {};
}

Result<Tags> Ledger::tags(store::Tx& tx, const GroupKey& key) const {
  TM_TRY(const auto found, group(tx, key));
  return tx.texts("SELECT key, value FROM log_tags WHERE log_group = $1", found.id);
}

}  // namespace tidemill::logs
