// What an open batch waits for, in words.
#include <fmt/format.h>

#include "events/batch_plan.h"
#include "explain/stored_event.h"

namespace tidemill::explain {
namespace {

/// Everything that could close it.
std::vector<std::string> ends_of(const events::BatchPlan& plan, const json::object& batch) {
  std::vector<std::string> ends;
  if (plan.count) ends.push_back(fmt::format("with {} files", *plan.count));
  if (!plan.marker.empty()) ends.push_back("with " + plan.marker);
  if (const auto* missing = batch.at("missing").if_int64()) {
    ends.push_back(fmt::format("with the last {} that its manifest lists", *missing));
  } else if (!plan.manifest.empty()) {
    ends.push_back("with what a manifest lists");
  }
  if (const auto* at = batch.at("closes_ms").if_int64()) {
    ends.push_back(
        fmt::format("at {}{}", iso_millis({*at}), plan.quiet_ms ? " unless something comes" : ""));
  }
  return ends;
}

}  // namespace

std::string outlook(const json::object& batch) {
  const auto files = batch.at("files").as_int64();
  const auto name = fmt::format("batch {} with {} {}", batch.at("id").as_int64(), files,
                                files == 1 ? "file" : "files");
  if (json::text_or_empty(batch, "state") == "closed") {
    return fmt::format("{}, which is complete ({}) and waits for its target.", name,
                       json::text_or_empty(batch, "reason"));
  }
  const auto plan = events::parse_batch_plan(json::text_or_empty(batch, "plan"));
  TM_ASSERT(plan.has_value());
  return fmt::format("{}; it closes {}.", name, fmt::join(ends_of(*plan, batch), " or "));
}

}  // namespace tidemill::explain
