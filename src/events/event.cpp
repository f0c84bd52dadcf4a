#include "events/event.h"

#include <fmt/format.h>

#include "base/json.h"

namespace tidemill::events {

std::string Event::envelope() const {
  if (!whole.empty()) return whole;
  std::string list;
  for (const auto& resource : resources) {
    if (!list.empty()) list += ',';
    list += json::quote(resource);
  }
  return fmt::format(
      R"({{"version":"0","id":{},"detail-type":{},"source":{},"account":{},"time":{},"region":{},"resources":[{}],"detail":{}}})",
      json::quote(id), json::quote(detail_type), json::quote(source), json::quote(scope.account),
      json::quote(iso_seconds(time)), json::quote(scope.region), list, detail);
}

}  // namespace tidemill::events
