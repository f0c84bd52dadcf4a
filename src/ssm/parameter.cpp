#include "ssm/parameter.h"

#include <charconv>

#include <fmt/format.h>

#include "ssm/errors.h"

namespace tidemill::ssm {
namespace {

constexpr std::string_view columns =
    "p.id, p.account, p.region, p.name, v.version, v.type, v.value, v.key_id, v.description,"
    " v.allowed_pattern, v.tier, v.data_type, v.modified_ms, v.modified_by";

Parameter read_parameter(const store::Row& row) {
  return {.id = row.integer(0),
          .key = {{row.text(1), row.text(2)}, row.text(3)},
          .version = row.integer(4),
          .type = row.text(5),
          .value = row.text(6),
          .key_id = row.text(7),
          .description = row.text(8),
          .allowed_pattern = row.text(9),
          .tier = row.text(10),
          .data_type = row.text(11),
          .modified = {row.integer(12)},
          .modified_by = row.text(13)};
}

std::optional<std::int64_t> number_of(std::string_view text) {
  std::int64_t number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  if (read.ec != std::errc() || read.ptr != text.data() + text.size()) return std::nullopt;
  return number;
}

Result<std::optional<Parameter>> find_version(store::Tx& tx, std::int64_t id,
                                              std::int64_t version) {
  static const std::string sql = fmt::format(
      "SELECT {} FROM ssm_versions v JOIN ssm_parameters p ON p.id = v.parameter"
      " WHERE v.parameter = $1 AND v.version = $2",
      columns);
  return tx.one(sql, read_parameter, id, version);
}

Result<Parameter> require_selected(store::Tx& tx, const Parameter& newest,
                                   std::string_view selected) {
  if (const auto version = number_of(selected)) {
    TM_TRY(auto found, find_version(tx, newest.id, *version));
    if (found) return *std::move(found);
    return no_such_version(newest.key.name, *version);
  }
  const auto read = [](const store::Row& row) { return row.integer(0); };
  TM_TRY(const auto labelled,
         tx.one("SELECT version FROM ssm_labels WHERE parameter = $1 AND label = $2", read,
                newest.id, selected));
  if (labelled) {
    TM_TRY(auto found, find_version(tx, newest.id, *labelled));
    if (found) return *std::move(found);
  }
  return fail(Errc::not_found, "ParameterVersionNotFound",
              fmt::format("Systems Manager could not find label {} for parameter {}. Verify the "
                          "label and try again.",
                          selected, newest.key.name));
}

}  // namespace

std::string ParameterKey::arn() const {
  return make_arn("ssm", scope, (name.starts_with('/') ? "parameter" : "parameter/") + name);
}

Reference parse_reference(const Scope& scope, std::string_view text) {
  Reference reference{.key = {scope, {}}, .selector = {}};
  constexpr std::string_view kind = "parameter/";
  const auto arn = Arn::parse(text);
  std::string resource;
  if (arn && arn->service == "ssm" && arn->resource.starts_with(kind)) {
    reference.is_arn = true;
    reference.key.scope = {arn->account, arn->region};
    resource = arn->resource.substr(kind.size());
    text = resource;
  }
  const auto colon = std::min(text.find(':'), text.size());
  reference.key.name = text.substr(0, colon);
  reference.selector = text.substr(colon);
  return reference;
}

Result<Parameter> require(store::Tx& tx, const Reference& reference) {
  TM_TRY(auto newest, find(tx, reference.key));
  if (!newest && reference.is_arn) {
    TM_TRY(newest, find(tx, {reference.key.scope, "/" + reference.key.name}));
  }
  if (!newest) return not_found(reference.key.name);
  if (reference.selector.empty()) return *std::move(newest);
  return require_selected(tx, *newest, std::string_view(reference.selector).substr(1));
}

Result<std::optional<Parameter>> find(store::Tx& tx, const ParameterKey& key) {
  static const std::string sql = fmt::format(
      "SELECT {} FROM ssm_parameters p JOIN ssm_versions v"
      " ON v.parameter = p.id AND v.version = p.version"
      " WHERE p.account = $1 AND p.region = $2 AND p.name = $3",
      columns);
  return tx.one(sql, read_parameter, key.scope.account, key.scope.region, key.name);
}

Status each_named(store::Tx& tx, const ParameterKey& prefix, std::string_view after,
                  const std::function<bool(Parameter)>& visit) {
  static const std::string sql = fmt::format(
      "SELECT {} FROM ssm_parameters p JOIN ssm_versions v"
      " ON v.parameter = p.id AND v.version = p.version"
      " WHERE p.account = $1 AND p.region = $2 AND p.name >= $3 AND p.name > $4 ORDER BY p.name",
      columns);
  const store::RowFn row = [&](const store::Row& r) {
    return r.bytes(3).starts_with(prefix.name) && visit(read_parameter(r));
  };
  return tx.each(sql, row, prefix.scope.account, prefix.scope.region, prefix.name, after);
}

Result<std::vector<Parameter>> versions_of(store::Tx& tx, std::int64_t id, std::int64_t after,
                                           std::int64_t count) {
  static const std::string sql = fmt::format(
      "SELECT {} FROM ssm_versions v JOIN ssm_parameters p ON p.id = v.parameter"
      " WHERE v.parameter = $1 AND v.version > $2 ORDER BY v.version LIMIT $3",
      columns);
  return tx.all(sql, read_parameter, id, after, count);
}

Result<std::vector<std::string>> labels_of(store::Tx& tx, std::int64_t id, std::int64_t version) {
  const auto read = [](const store::Row& row) { return row.text(0); };
  return tx.all("SELECT label FROM ssm_labels WHERE parameter = $1 AND version = $2", read, id,
                version);
}

Result<Tags> tags_of(store::Tx& tx, std::int64_t id) {
  return tx.texts("SELECT key, value FROM ssm_tags WHERE parameter = $1", id);
}

}  // namespace tidemill::ssm
