#include "s3/request_filters.h"

#include <algorithm>
#include <array>

#include "base/json.h"

namespace tidemill::s3 {
namespace {

constexpr std::array<std::string_view, 5> lists = {
    "ListObjects", "ListObjectsV2", "ListObjectVersions", "ListParts", "ListMultipartUploads"};

void add_tag(const json::value& tag, Texts& tags) {
  const auto& members = tag.as_object();
  tags[std::string(json::text_or_empty(members, "Key"))] = json::text_or_empty(members, "Value");
}

void read_filter(const json::object& filter, RequestFilter& into) {
  if (const auto* both = filter.if_contains("And")) return read_filter(both->as_object(), into);
  into.prefix = json::text_or_empty(filter, "Prefix");
  const auto* tag = filter.if_contains("Tag");
  if (tag == nullptr) return;
  if (tag->is_object()) return add_tag(*tag, into.tags);
  for (const auto& one : tag->as_array()) add_tag(one, into.tags);
}

}  // namespace

bool RequestFilter::takes_tags(const Texts& given) const {
  return std::ranges::all_of(tags, [&](const auto& tag) {
    const auto found = given.find(tag.first);
    return found != given.end() && found->second == tag.second;
  });
}

Result<RequestFilters> RequestFilters::parse(std::string_view text) {
  TM_TRY(const auto stored, json::parse_object(text));
  RequestFilters filters;
  filters.scope = {.account = std::string(json::text_or_empty(stored, "Account")),
                   .region = std::string(json::text_or_empty(stored, "Region"))};
  const auto* all = stored.if_contains("MetricsConfiguration");
  if (all == nullptr) return filters;
  for (const auto& one : all->as_array()) {
    const auto& configuration = one.as_object();
    auto& filter = filters.all.emplace_back();
    filter.id = json::text_or_empty(configuration, "Id");
    if (const auto* given = configuration.if_contains("Filter")) {
      read_filter(given->as_object(), filter);
    }
  }
  return filters;
}

std::string_view request_metric(std::string_view method, std::string_view operation, bool has_key) {
  if (std::ranges::find(lists, operation) != lists.end()) return "ListRequests";
  if (operation == "DeleteObjects") return "DeleteRequests";
  if (method == "HEAD") return "HeadRequests";
  if (method == "POST") return "PostRequests";
  if (!has_key) return {};
  if (method == "GET") return "GetRequests";
  if (method == "PUT") return "PutRequests";
  return method == "DELETE" ? "DeleteRequests" : std::string_view();
}

}  // namespace tidemill::s3
