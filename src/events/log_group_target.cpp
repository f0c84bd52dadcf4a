#include "events/log_group_target.h"

#include <fmt/format.h>

#include "base/json.h"

namespace tidemill::events {
namespace {

constexpr std::string_view kind = "log-group:";

/// The group's name in "log-group:NAME" or "log-group:NAME:*".
std::string group_of(const Arn& arn) {
  auto name = arn.resource.substr(kind.size());
  if (name.ends_with(":*")) name.resize(name.size() - 2);
  return name;
}

/// A transformer may give {"timestamp": ms, "message": text}; all else is the message.
LogLine line_of(const Delivery& delivery) {
  LogLine line{.at = delivery.created, .message = delivery.input};
  if (delivery.input_is_event) return line;
  const auto given = json::parse_object(delivery.input);
  if (!given || given->size() != 2) return line;
  const auto* at = given->if_contains("timestamp");
  const auto* message = given->if_contains("message");
  if (at == nullptr || !at->is_int64() || message == nullptr || !message->is_string()) return line;
  return {.at = {at->get_int64()}, .message = std::string(json::view(message->get_string()))};
}

}  // namespace

bool LogGroupTarget::takes(const Arn& arn) const {
  return arn.service == "logs" && arn.resource.starts_with(kind);
}

Result<std::optional<RoleDecision>> LogGroupTarget::decide(store::Tx&, const Delivery&) {
  return RoleDecision{.allowed = true, .code = {}, .reason = {}};
}

Result<Outcome> LogGroupTarget::apply(store::Tx& tx, const Delivery& delivery) {
  const auto arn = Arn::parse(delivery.target_arn);
  TM_ASSERT(arn.has_value());
  const auto group = group_of(*arn);
  const Scope scope{arn->account, arn->region};
  if (!exists_(scope, group)) {
    return Outcome{.kind = Outcome::Kind::refused,
                   .code = "NO_RESOURCE",
                   .message = fmt::format("Log group {} does not exist.", group)};
  }
  auto line = line_of(delivery);
  line.scope = scope;
  line.group = group;
  TM_CHECK(hub_.log(tx, delivery, line));
  return Outcome{.result = group};
}

}  // namespace tidemill::events
