#include "events/event.h"

#include "base/json.h"

namespace tidemill::events {

namespace {

constexpr std::size_t envelope_head_max = 320;  // Of most events; others' texts grow.

}  // namespace

std::string Event::envelope() const {
  if (!whole.empty()) return whole;
  std::string text;
  text.reserve(envelope_head_max + detail.size());
  const auto add = [&text](std::string_view name, std::string_view value) {
    text.append(name);
    json::append_quoted(text, value);
  };
  add(R"({"version":"0","id":)", id);
  add(R"(,"detail-type":)", detail_type);
  add(R"(,"source":)", source);
  add(R"(,"account":)", scope.account);
  add(R"(,"time":)", iso_seconds(time));
  add(R"(,"region":)", scope.region);
  text += R"(,"resources":[)";
  for (const auto& resource : resources) add(&resource == resources.data() ? "" : ",", resource);
  return text.append(R"(],"detail":)").append(detail).append("}");
}

}  // namespace tidemill::events
