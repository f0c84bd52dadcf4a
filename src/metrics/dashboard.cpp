#include "metrics/dashboard.h"

#include <algorithm>
#include <cctype>

#include <fmt/format.h>

#include "base/json.h"

namespace tidemill::metrics {
namespace {

constexpr std::size_t name_max = 255;
constexpr std::size_t told_max = 20;
constexpr std::size_t tags_max = 50;
constexpr std::string_view widget_types[] = {"alarm", "custom", "explorer",
                                             "log",   "metric", "text"};

std::unexpected<Error> not_found(std::string_view name) {
  return std::unexpected(Error{.code = Errc::not_found,
                               .message = fmt::format("Dashboard {} does not exist", name),
                               .name = "DashboardNotFoundError",
                               .status = 404});
}

std::unexpected<Error> invalid_body(const std::vector<DashboardMessage>& errors) {
  std::string listed;
  for (const auto& [path, message] : errors) {
    listed += fmt::format("{}\n  {{\n    \"dataPath\": {},\n    \"message\": {}\n  }}",
                          listed.empty() ? "" : ",", json::quote(path), json::quote(message));
  }
  return fail(Errc::invalid_argument, "DashboardInvalidInputError",
              fmt::format("The dashboard body is invalid, there are {} validation errors:\n[{}\n]",
                          errors.size(), listed));
}

void check_widget(const json::value& widget, std::string path,
                  std::vector<DashboardMessage>& errors, std::vector<DashboardMessage>& doubts) {
  const auto* object = widget.if_object();
  if (object == nullptr) {
    errors.push_back({std::move(path), "Should be object"});
    return;
  }
  const auto type = json::text_or_empty(*object, "type");
  if (type.empty()) {
    errors.push_back({path, "Should have required property 'type'"});
  } else if (std::ranges::find(widget_types, type) == std::end(widget_types)) {
    doubts.push_back({path + "/type", fmt::format("Unknown type of widget: {}", type)});
  }
  const auto* properties = object->if_contains("properties");
  if (properties == nullptr) {
    errors.push_back({std::move(path), "Should have required property 'properties'"});
  } else if (!properties->is_object()) {
    errors.push_back({path + "/properties", "Should be object"});
  }
}

Dashboard read_dashboard(const store::Row& row) {
  return {row.text(0), row.text(1), {row.integer(2)}};
}

Result<bool> exists(store::Tx& tx, const DashboardKey& key) {
  TM_TRY(const auto there, tx.one(
                               "SELECT 1 FROM dashboards WHERE account = $1 AND name = $2",
                               [](const store::Row&) { return true; }, key.account, key.name));
  return there.has_value();
}

Status require(store::Tx& tx, const DashboardKey& key) {
  TM_TRY(const bool is_there, exists(tx, key));
  if (is_there) return {};
  return std::unexpected(Error{.code = Errc::not_found,
                               .message = "Unknown",
                               .name = "ResourceNotFoundException",
                               .status = 404});
}

Status put_tags(store::Tx& tx, const DashboardKey& key, const Tags& tags) {
  for (const auto& [name, value] : tags) {
    TM_CHECK(
        tx.exec("INSERT INTO dashboard_tags (account, name, key, value) VALUES ($1, $2, $3, $4)"
                " ON CONFLICT (account, name, key) DO UPDATE SET value = excluded.value",
                key.account, key.name, name, value));
  }
  TM_TRY(const auto now, dashboard_tags(tx, key));
  if (now.size() <= tags_max) return {};
  return invalid(fmt::format("A dashboard can have {} tags.", tags_max));
}

}  // namespace

std::optional<DashboardKey> dashboard_key(std::string_view text) {
  constexpr std::string_view head = "dashboard/";
  const auto arn = Arn::parse(text);
  if (!arn || arn->service != "cloudwatch" || !arn->resource.starts_with(head)) return std::nullopt;
  return DashboardKey{arn->account, arn->resource.substr(head.size())};
}

std::string dashboard_arn(std::string_view account, std::string_view name) {
  return fmt::format("arn:aws:cloudwatch::{}:dashboard/{}", account, name);
}

Status check_dashboard_name(std::string_view name) {
  const auto is_fine = [](unsigned char c) { return std::isalnum(c) != 0 || c == '-' || c == '_'; };
  std::string_view wrong;
  if (!std::ranges::all_of(name, is_fine)) {
    wrong =
        "contains invalid characters. It can only contain alphanumerics, dash (-) and underscore "
        "(_).\n";
  } else if (name.empty() || name.size() > name_max) {
    wrong = "must have 1 to 255 characters.";
  }
  if (wrong.empty()) return {};
  return fail(Errc::invalid_argument, "InvalidParameterValueException",
              fmt::format("The value for field DashboardName {}", wrong));
}

Result<std::vector<DashboardMessage>> check_dashboard_body(std::string_view body) {
  const auto parsed = json::parse(body);
  const auto* object = parsed ? parsed->if_object() : nullptr;
  if (object == nullptr) {
    return invalid_body({{"", "The field DashboardBody must be a valid JSON object"}});
  }
  std::vector<DashboardMessage> errors, doubts;
  const auto* widgets = object->if_contains("widgets");
  if (widgets == nullptr) {
    errors.push_back({"", "Should have required property 'widgets'"});
  } else if (const auto* list = widgets->if_array()) {
    for (std::size_t i = 0; i < list->size() && errors.size() < told_max; ++i) {
      check_widget((*list)[i], fmt::format("/widgets/{}", i), errors, doubts);
    }
  } else {
    errors.push_back({"/widgets", "Should be array"});
  }
  if (!errors.empty()) return invalid_body(errors);
  return doubts;
}

Status put_dashboard(store::Tx& tx, std::string_view account, const Dashboard& dashboard,
                     const Tags& tags) {
  const DashboardKey key{std::string(account), dashboard.name};
  TM_TRY(const bool is_there, exists(tx, key));
  TM_CHECK(
      tx.exec("INSERT INTO dashboards (account, name, body, modified_ms) VALUES ($1, $2, $3, $4)"
              " ON CONFLICT (account, name) DO UPDATE SET body = excluded.body,"
              " modified_ms = excluded.modified_ms",
              account, dashboard.name, dashboard.body, dashboard.modified.ms));
  return is_there ? Status() : put_tags(tx, key, tags);
}

Result<Dashboard> get_dashboard(store::Tx& tx, std::string_view account, std::string_view name) {
  TM_TRY(auto found,
         tx.one("SELECT name, body, modified_ms FROM dashboards WHERE account = $1 AND name = $2",
                read_dashboard, account, name));
  if (!found) return not_found(name);
  return *std::move(found);
}

Result<std::vector<Dashboard>> list_dashboards(store::Tx& tx, const DashboardQuery& query) {
  std::vector<Dashboard> dashboards;
  const store::RowFn row = [&](const store::Row& r) {
    if (!r.bytes(0).starts_with(query.prefix)) return false;
    if (r.bytes(0) != query.after) dashboards.push_back(read_dashboard(r));
    return int(dashboards.size()) < query.count;
  };
  TM_CHECK(
      tx.each("SELECT name, body, modified_ms FROM dashboards WHERE account = $1 AND name >= $2"
              " ORDER BY name",
              row, query.account, std::max(query.prefix, query.after)));
  return dashboards;
}

Status delete_dashboards(store::Tx& tx, std::string_view account,
                         std::span<const std::string> names) {
  for (const auto& name : names) {
    TM_TRY(const auto gone,
           tx.exec("DELETE FROM dashboards WHERE account = $1 AND name = $2", account, name));
    if (gone == 0) return not_found(name);
    TM_CHECK(tx.exec("DELETE FROM dashboard_tags WHERE account = $1 AND name = $2", account, name));
  }
  return {};
}

Status tag_dashboard(store::Tx& tx, const DashboardKey& key, const Tags& given) {
  TM_CHECK(require(tx, key));
  return put_tags(tx, key, given);
}

Status untag_dashboard(store::Tx& tx, const DashboardKey& key, std::span<const std::string> keys) {
  TM_CHECK(require(tx, key));
  for (const auto& tag : keys) {
    TM_CHECK(tx.exec("DELETE FROM dashboard_tags WHERE account = $1 AND name = $2 AND key = $3",
                     key.account, key.name, tag));
  }
  return {};
}

Result<Tags> dashboard_tags(store::Tx& tx, const DashboardKey& key) {
  return tx.texts("SELECT key, value FROM dashboard_tags WHERE account = $1 AND name = $2",
                  key.account, key.name);
}

Status reset_dashboards(store::Tx& tx) {
  TM_CHECK(tx.exec("DELETE FROM dashboard_tags"));
  TM_CHECK(tx.exec("DELETE FROM dashboards"));
  return {};
}

}  // namespace tidemill::metrics
