#include "server/admission.h"

#include <algorithm>
#include <array>

namespace tidemill::server {
namespace {

constexpr std::array reading = {
    std::string_view("Assume"),   std::string_view("BatchGet"), std::string_view("Decode"),
    std::string_view("Describe"), std::string_view("Filter"),   std::string_view("Get"),
    std::string_view("Head"),     std::string_view("List"),     std::string_view("Lookup"),
    std::string_view("Simulate"), std::string_view("Test")};

/// What a person does to make room, or to stop what takes it.
constexpr std::array freeing = {
    std::string_view("Abort"),        std::string_view("BatchDelete"),
    std::string_view("BatchStop"),    std::string_view("Cancel"),
    std::string_view("Change"),       std::string_view("Delete"),
    std::string_view("Detach"),       std::string_view("Disable"),
    std::string_view("Purge"),        std::string_view("PutBucketLifecycle"),
    std::string_view("PutRetention"), std::string_view("Receive"),
    std::string_view("Remove"),       std::string_view("Stop"),
    std::string_view("Untag")};

bool begins_with_one_of(std::string_view name, std::span<const std::string_view> heads) noexcept {
  return std::ranges::any_of(heads, [name](auto head) { return name.starts_with(head); });
}

}  // namespace

Effect effect_of(std::string_view operation) noexcept {
  if (begins_with_one_of(operation, reading)) return Effect::reads;
  return begins_with_one_of(operation, freeing) ? Effect::frees : Effect::grows;
}

const store::Store& RequestAdmission::store_of(const wire::Operation& operation) const {
  const auto name = operation.service->name;
  if (name == "logs") return parts_.logs_store;
  const bool is_metric = name == "cloudwatch" && operation.name.contains("Metric") &&
                         !operation.name.contains("Alarm");
  return is_metric ? parts_.metrics_store : parts_.store;
}

Status RequestAdmission::admit(const wire::Operation& operation) {
  const auto effect = effect_of(operation.name);
  using Line = store::Store::Line;
  if (store_of(operation).is_full(effect == Effect::reads ? Line::reads : Line::writes)) {
    return fail(Errc::throttled, "Too many requests wait; try again.");
  }
  if (effect == Effect::grows && parts_.reserve.is_given_up()) {
    return fail(Errc::storage_full,
                "The disk is full; delete something, or make room on it otherwise.");
  }
  return {};
}

}  // namespace tidemill::server
