/// A call as CloudTrail writes it down. Pure but for the id.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/arn.h"
#include "base/random.h"
#include "wire/audit.h"

namespace tidemill::cloudtrail {

struct Record {
  Scope scope;
  TimeMs at;
  std::string event_id, name;
  std::string source;  ///< "glue.amazonaws.com"
  std::string username, access_key;
  std::vector<std::pair<std::string, std::string>> resources;  ///< Name, and type or "".
  std::string text;                                            ///< CloudTrailEvent: JSON.
};

/// Parameters of more than 16 KiB, and texts of more than 1 KiB, are left out or cut.
[[nodiscard]] Record make_record(const wire::AuditedCall& call, Random& random);

/// What older clients and `Username` call the caller: a user's name, a session's, "root".
[[nodiscard]] std::string username_of(const Caller& caller);
/// "AWS::Glue::Job" for ("glue", "JobName"); "" where we don't know.
[[nodiscard]] std::string_view resource_type(std::string_view service, std::string_view member);

}  // namespace tidemill::cloudtrail
