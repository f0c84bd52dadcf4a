/// What the router tells of a call that was to change something, after its answer. Which operations
/// are told is in operations.toml; the others cost nothing.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/caller.h"
#include "wire/shape.h"

namespace tidemill::wire {

/// A request as an audit trail may keep it. What the model calls sensitive is hidden.
struct AuditedRequest {
  std::string parameters;  ///< A JSON object, members in lowerCamel case.
  /// The members of the request that name something: ("RoleName", "etl").
  std::vector<std::pair<std::string_view, std::string>> names;
};

struct AuditedCall {
  TimeMs time;
  const Caller& caller;
  std::string_view service;  ///< As it is signed for: "glue".
  std::string_view operation, user_agent;
  const AuditedRequest& request;
  std::string_view resource;  ///< The ARN that the decision was about, "*" or "".
  const Error* error;         ///< nullptr: it succeeded.
};

class AuditTrail {
 public:
  virtual ~AuditTrail() = default;
  /// On event loops; must not block.
  virtual void note(const AuditedCall& call) = 0;
};

[[nodiscard]] AuditedRequest audited(const Shape& shape, const void* request);

}  // namespace tidemill::wire
