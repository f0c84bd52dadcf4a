#include "ssm/parameters.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/encoding.h"
#include "base/json.h"
#include "ssm/check.h"
#include "ssm/errors.h"

namespace tidemill::ssm {
namespace {

constexpr std::int64_t versions_max = 100;
constexpr std::string_view default_key = "alias/aws/ssm";

/// Where a value is sealed for.
std::string place_of(const Parameter& p) {
  return fmt::format("ssm/{}/{}/{}:{}", p.key.scope.account, p.key.scope.region, p.key.name,
                     p.version);
}

/// The hundred-and-first version takes the place of the oldest, unless that has a label.
Status make_room(store::Tx& tx, const Parameter& added) {
  TM_TRY(const auto oldest, versions_of(tx, added.id, 0, 1));
  if (oldest.empty() || added.version - oldest.front().version < versions_max) return {};
  const auto version = oldest.front().version;
  TM_TRY(const auto labels, labels_of(tx, added.id, version));
  if (!labels.empty()) {
    return refuse(
        "ParameterMaxVersionLimitExceeded",
        fmt::format("You attempted to create a new version of {} by calling the PutParameter API "
                    "with the overwrite flag. Version {}, the oldest version, can't be deleted "
                    "because it has a label associated with it. Move the label to another version "
                    "of the parameter, and try again.",
                    added.key.name, version));
  }
  TM_CHECK(
      tx.exec("DELETE FROM ssm_versions WHERE parameter = $1 AND version = $2", added.id, version));
  return {};
}

Status insert_version(store::Tx& tx, const Parameter& p) {
  TM_CHECK(
      tx.exec("INSERT INTO ssm_versions (parameter, version, type, value, key_id, description,"
              " allowed_pattern, tier, data_type, modified_ms, modified_by)"
              " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
              p.id, p.version, p.type, store::Blob{p.value}, p.key_id, p.description,
              p.allowed_pattern, p.tier, p.data_type, p.modified.ms, p.modified_by));
  return {};
}

Result<std::int64_t> insert_parameter(store::Tx& tx, const ParameterKey& key) {
  const auto read = [](const store::Row& row) { return row.integer(0); };
  TM_TRY(const auto id, tx.one("INSERT INTO ssm_parameters (account, region, name, version)"
                               " VALUES ($1, $2, $3, 1) RETURNING id",
                               read, key.scope.account, key.scope.region, key.name));
  return *id;
}

/// What all names begin with that the filters let pass.
std::string prefix_of(const std::vector<Filter>& filters) {
  for (const auto& filter : filters) {
    if (filter.values.size() == 1 && filter.key == "Path" && filter.values[0] != "/") {
      return filter.values[0];
    }
  }
  return {};
}

Status check_type(const PutOrder& order, const std::optional<Parameter>& before) {
  if (!before && !order.type) {
    return invalid("A parameter type is required when you create a parameter.");
  }
  if (before && order.type && *order.type != before->type) {
    return refuse(
        "HierarchyTypeMismatchException",
        "Parameter Store does not support changing a parameter type in a hierarchy. For example, "
        "you can't change a parameter from a String type to a SecureString type. You must create "
        "a new, unique parameter.");
  }
  const auto& type = order.type ? *order.type : before->type;
  if (order.key_id && type != secure_string) {
    return invalid("KeyId is required for SecureString type parameter only.");
  }
  return {};
}

}  // namespace

Result<Parameter> Parameters::next_version(const PutOrder& order,
                                           const std::optional<Parameter>& before) const {
  TM_CHECK(check_type(order, before));
  auto next = before.value_or(Parameter{.key = order.key});
  ++next.version;
  if (order.type) next.type = *order.type;
  if (order.description) next.description = *order.description;
  if (order.allowed_pattern) next.allowed_pattern = *order.allowed_pattern;
  if (order.data_type) next.data_type = *order.data_type;
  if (order.key_id) next.key_id = *order.key_id;
  if (next.is_secure() && next.key_id.empty()) next.key_id = default_key;
  TM_CHECK(check_value(next, order.value, order.tier));
  next.value = next.is_secure() ? parts_.sealer.seal(order.value, place_of(next)) : order.value;
  next.modified = parts_.clock.now();
  next.modified_by = order.caller_arn;
  return next;
}

Result<Parameter> Parameters::put(store::Tx& tx, const PutOrder& order) const {
  TM_CHECK(check_name(order.key.name));
  if (order.overwrite && !order.tags.empty()) {
    return invalid(
        "Invalid request: tags and overwrite can't be used together. To create a parameter with "
        "tags, please remove overwrite flag. To update tags for an existing parameter, please use "
        "AddTagsToResource or RemoveTagsFromResource.");
  }
  TM_TRY(const auto before, find(tx, order.key));
  if (before && !order.overwrite) {
    return fail(Errc::already_exists, "ParameterAlreadyExists",
                "The parameter already exists. To overwrite this value, set the overwrite option "
                "in the request to true.");
  }
  TM_TRY(auto next, next_version(order, before));
  if (before) {
    TM_CHECK(make_room(tx, next));
    TM_CHECK(
        tx.exec("UPDATE ssm_parameters SET version = $1 WHERE id = $2", next.version, next.id));
  } else {
    TM_TRY(next.id, insert_parameter(tx, next.key));
  }
  TM_CHECK(insert_version(tx, next));
  if (!order.tags.empty()) TM_CHECK(tag(tx, order.key, order.tags));
  TM_CHECK(publish(tx, next, before ? "Update" : "Create"));
  return next;
}

Result<bool> Parameters::remove(store::Tx& tx, const ParameterKey& key) const {
  TM_TRY(const auto found, find(tx, key));
  if (!found) return false;
  TM_CHECK(tx.exec("DELETE FROM ssm_tags WHERE parameter = $1", found->id));
  TM_CHECK(tx.exec("DELETE FROM ssm_labels WHERE parameter = $1", found->id));
  TM_CHECK(tx.exec("DELETE FROM ssm_versions WHERE parameter = $1", found->id));
  TM_CHECK(tx.exec("DELETE FROM ssm_parameters WHERE id = $1", found->id));
  TM_CHECK(publish(tx, *found, "Delete"));
  return true;
}

Result<std::string> Parameters::value_of(const Parameter& parameter, bool decrypted) const {
  if (!parameter.is_secure()) return parameter.value;
  if (!decrypted) return to_base64(parameter.value);
  auto opened = parts_.sealer.open(parameter.value, place_of(parameter));
  if (opened) return opened;
  return refuse("InvalidKeyId", fmt::format("{}: {}", parameter.key.name, opened.error().message));
}

Result<ListPage> Parameters::list(store::Tx& tx, const ListQuery& query) {
  ListPage page;
  Status asked;
  const auto visit = [&](Parameter parameter) {
    const auto passed = passes(tx, query.filters, parameter);
    if (!passed) {
      asked = std::unexpected(passed.error());
      return false;
    }
    if (!*passed) return true;
    if (int(page.parameters.size()) == query.count) {
      page.next = page.parameters.back().key.name;
      return false;
    }
    page.parameters.push_back(std::move(parameter));
    return true;
  };
  TM_CHECK(each_named(tx, {query.scope, prefix_of(query.filters)}, query.after, visit));
  TM_CHECK(asked);
  return page;
}

Status Parameters::publish(store::Tx& tx, const Parameter& parameter,
                           std::string_view operation) const {
  events::Event event;
  event.time = parts_.clock.now();
  event.id = ordered_uuid(parts_.random, event.time);
  event.scope = parameter.key.scope;
  event.source = "aws.ssm";
  event.detail_type = "Parameter Store Change";
  event.resources = {parameter.key.arn()};
  json::object detail{
      {"operation", operation}, {"name", parameter.key.name}, {"type", parameter.type}};
  if (!parameter.description.empty()) detail["description"] = parameter.description;
  event.detail = json::dump(detail);
  return parts_.bus.publish(tx, event);
}

Status Parameters::reset(store::Tx& tx) {
  TM_CHECK(tx.exec("DELETE FROM ssm_tags"));
  TM_CHECK(tx.exec("DELETE FROM ssm_labels"));
  TM_CHECK(tx.exec("DELETE FROM ssm_versions"));
  TM_CHECK(tx.exec("DELETE FROM ssm_parameters"));
  return {};
}

}  // namespace tidemill::ssm
