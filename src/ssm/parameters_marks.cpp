// What can be put on a parameter: labels of its versions, tags.
#include <algorithm>

#include <fmt/format.h>

#include "ssm/check.h"
#include "ssm/errors.h"
#include "ssm/parameters.h"

namespace tidemill::ssm {
namespace {

constexpr std::size_t labels_max = 10;
constexpr std::size_t tags_max = 50;

Result<Parameter> require_version(store::Tx& tx, const ParameterKey& key, std::int64_t version) {
  TM_TRY(const auto newest, find(tx, key));
  if (!newest) return not_found(key.name);
  if (version == 0) return *newest;
  return require(tx, {.key = key, .selector = fmt::format(":{}", version)});
}

Result<Parameter> require_tagged(store::Tx& tx, const ParameterKey& key) {
  TM_TRY(auto found, find(tx, key));
  if (found) return *std::move(found);
  return refuse(
      "InvalidResourceId",
      fmt::format("The resource ID \"{}\" is not valid. Verify the ID and try again.", key.name));
}

Status check_room_for_labels(store::Tx& tx, const Parameter& version,
                             std::span<const std::string> added) {
  TM_TRY(auto labels, labels_of(tx, version.id, version.version));
  labels.insert(labels.end(), added.begin(), added.end());
  std::ranges::sort(labels);
  labels.erase(std::ranges::unique(labels).begin(), labels.end());
  if (labels.size() <= labels_max) return {};
  return refuse(
      "ParameterVersionLabelLimitExceeded",
      "A parameter version can have maximum 10 labels. Move one or more labels to another "
      "version and try again.");
}

}  // namespace

Result<Parameters::Labelled> Parameters::label(store::Tx& tx, const ParameterKey& key,
                                               std::int64_t version,
                                               std::span<const std::string> labels) const {
  TM_TRY(const auto meant, require_version(tx, key, version));
  Labelled done{.version = meant.version, .invalid = {}};
  std::vector<std::string> valid;
  for (const auto& label : labels) (is_label(label) ? valid : done.invalid).push_back(label);
  TM_CHECK(check_room_for_labels(tx, meant, valid));
  for (const auto& label : valid) {
    TM_CHECK(
        tx.exec("INSERT INTO ssm_labels (parameter, label, version) VALUES ($1, $2, $3)"
                " ON CONFLICT (parameter, label) DO UPDATE SET version = excluded.version",
                meant.id, label, meant.version));
  }
  if (!valid.empty()) TM_CHECK(publish(tx, meant, "LabelParameterVersion"));
  return done;
}

Result<Parameters::Unlabelled> Parameters::unlabel(store::Tx& tx, const ParameterKey& key,
                                                   std::int64_t version,
                                                   std::span<const std::string> labels) {
  TM_TRY(const auto meant, require_version(tx, key, version));
  Unlabelled done;
  for (const auto& label : labels) {
    TM_TRY(const auto removed,
           tx.exec("DELETE FROM ssm_labels WHERE parameter = $1 AND label = $2 AND version = $3",
                   meant.id, label, meant.version));
    (removed > 0 ? done.removed : done.invalid).push_back(label);
  }
  return done;
}

Status Parameters::tag(store::Tx& tx, const ParameterKey& key, const Tags& tags) {
  TM_TRY(const auto parameter, require_tagged(tx, key));
  TM_TRY(auto all, tags_of(tx, parameter.id));
  for (const auto& [name, value] : tags) {
    all[name] = value;
    TM_CHECK(
        tx.exec("INSERT INTO ssm_tags (parameter, key, value) VALUES ($1, $2, $3)"
                " ON CONFLICT (parameter, key) DO UPDATE SET value = excluded.value",
                parameter.id, name, value));
  }
  if (all.size() <= tags_max) return {};
  return refuse("TooManyTagsError",
                fmt::format("A parameter can have at most {} tags; {} would have {}.", tags_max,
                            key.name, all.size()));
}

Status Parameters::untag(store::Tx& tx, const ParameterKey& key,
                         std::span<const std::string> keys) {
  TM_TRY(const auto parameter, require_tagged(tx, key));
  for (const auto& name : keys) {
    TM_CHECK(tx.exec("DELETE FROM ssm_tags WHERE parameter = $1 AND key = $2", parameter.id, name));
  }
  return {};
}

Result<Tags> Parameters::tags(store::Tx& tx, const ParameterKey& key) {
  TM_TRY(const auto parameter, require_tagged(tx, key));
  return tags_of(tx, parameter.id);
}

}  // namespace tidemill::ssm
