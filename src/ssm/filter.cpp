#include "ssm/filter.h"

#include <algorithm>
#include <array>
#include <set>

#include <fmt/format.h>

#include "ssm/check.h"
#include "ssm/errors.h"

namespace tidemill::ssm {
namespace {

using Names = std::span<const std::string_view>;

constexpr std::array<std::string_view, 3> types = {"String", "StringList", "SecureString"};
constexpr std::array<std::string_view, 3> tiers = {"Standard", "Advanced", "Intelligent-Tiering"};
constexpr std::array<std::string_view, 3> path_keys = {"Type", "KeyId", "Label"};
constexpr std::array<std::string_view, 2> path_options = {"Recursive", "OneLevel"};
constexpr std::array<std::string_view, 2> usual_options = {"BeginsWith", "Equals"};
constexpr std::array<std::string_view, 3> name_options = {"BeginsWith", "Equals", "Contains"};

bool is_one_of(std::string_view text, Names names) {
  return std::ranges::find(names, text) != names.end();
}

Status check_option(const Filter& filter) {
  const Names options = filter.key == "Path"   ? Names(path_options)
                        : filter.key == "Name" ? Names(name_options)
                                               : Names(usual_options);
  if (is_one_of(filter.option, options)) return {};
  return refuse("InvalidFilterOption",
                fmt::format("The following filter option is not valid: {}. Valid options include: "
                            "[{}].",
                            filter.option, fmt::join(options, ", ")));
}

Status check_values(const Filter& filter) {
  if (filter.values.empty()) {
    return refuse("InvalidFilterValue",
                  fmt::format("The following filter values are missing : null for filter key {}",
                              filter.key));
  }
  const Names allowed = filter.key == "Type"   ? Names(types)
                        : filter.key == "Tier" ? Names(tiers)
                                               : Names();
  for (const auto& value : filter.values) {
    if (filter.key == "Path") TM_CHECK(check_path(value));
    if (allowed.empty() || is_one_of(value, allowed)) continue;
    return refuse("InvalidFilterOption",
                  fmt::format("The following filter value is not valid: {}. Valid values include: "
                              "[{}].",
                              value, fmt::join(allowed, ", ")));
  }
  return {};
}

std::string_view without_slash(std::string_view name) {
  return name.substr(name.starts_with('/') ? 1 : 0);
}

bool holds(const Filter& filter, std::string_view text) {
  return std::ranges::any_of(filter.values, [&](std::string_view value) {
    if (filter.option == "Contains") return text.find(value) != text.npos;
    if (filter.key == "Name") value = without_slash(value);
    const auto compared = filter.key == "Name" ? without_slash(text) : text;
    return filter.option == "BeginsWith" ? compared.starts_with(value) : compared == value;
  });
}

bool holds_path(const Filter& filter, std::string_view name) {
  return std::ranges::any_of(filter.values, [&](std::string_view path) {
    return is_under(name, path, filter.option == "Recursive");
  });
}

Result<bool> holds_tag(store::Tx& tx, const Filter& filter, const Parameter& parameter) {
  TM_TRY(const auto tags, tags_of(tx, parameter.id));
  const auto tag = tags.find(filter.key.substr(4));
  return tag != tags.end() && (filter.values.empty() || holds(filter, tag->second));
}

Result<bool> holds_label(store::Tx& tx, const Filter& filter, const Parameter& parameter) {
  TM_TRY(const auto labels, labels_of(tx, parameter.id, parameter.version));
  return std::ranges::any_of(labels, [&](const auto& label) { return holds(filter, label); });
}

Result<bool> passes_one(store::Tx& tx, const Filter& filter, const Parameter& parameter) {
  if (filter.key == "Path") return holds_path(filter, parameter.key.name);
  if (filter.key == "Name") return holds(filter, parameter.key.name);
  if (filter.key == "Type") return holds(filter, parameter.type);
  if (filter.key == "KeyId") return holds(filter, parameter.key_id);
  if (filter.key == "Tier") return holds(filter, parameter.tier);
  if (filter.key == "DataType") return holds(filter, parameter.data_type);
  if (filter.key == "Label") return holds_label(tx, filter, parameter);
  return holds_tag(tx, filter, parameter);
}

}  // namespace

Status check_filters(std::vector<Filter>& filters, bool by_path) {
  std::set<std::string_view> keys;
  for (auto& filter : filters) {
    if (by_path && !is_one_of(filter.key, path_keys)) {
      return refuse("InvalidFilterKey",
                    fmt::format("The following filter key is not valid: {}. Valid filter keys "
                                "include: [{}].",
                                filter.key, fmt::join(path_keys, ", ")));
    }
    if (!keys.insert(filter.key).second) {
      return refuse("InvalidFilterKey",
                    fmt::format("The following filter key is duplicated in the request: {}. "
                                "Give it once, with all its values.",
                                filter.key));
    }
    if (filter.option.empty()) filter.option = filter.key == "Path" ? "OneLevel" : "Equals";
    if (filter.key.starts_with("tag:") && filter.values.empty()) continue;
    TM_CHECK(check_values(filter));
    TM_CHECK(check_option(filter));
  }
  return {};
}

Result<bool> passes(store::Tx& tx, const std::vector<Filter>& filters, const Parameter& parameter) {
  for (const auto& filter : filters) {
    TM_TRY(const bool passed, passes_one(tx, filter, parameter));
    if (!passed) return false;
  }
  return true;
}

bool is_under(std::string_view name, std::string_view path, bool recursive) {
  while (path.ends_with('/')) path.remove_suffix(1);
  std::string_view rest = name;
  if (name.starts_with('/')) {
    if (!name.starts_with(path) || name.size() <= path.size() || name[path.size()] != '/') {
      return false;
    }
    rest = name.substr(path.size() + 1);
  } else if (!path.empty()) {
    return false;
  }
  return recursive || rest.find('/') == rest.npos;
}

}  // namespace tidemill::ssm
