#include "s3/conditions.h"

#include <fmt/format.h>

#include "base/encoding.h"
#include "s3/errors.h"

namespace tidemill::s3 {
namespace {

/// Whole seconds: what the headers can say.
std::int64_t seconds(TimeMs time) noexcept { return time.ms / 1000; }

bool unmodified_since(const ReadConditions& c, const Current& current) noexcept {
  return !c.if_unmodified_since || seconds(current.modified) <= seconds(*c.if_unmodified_since);
}

/// A time that is still to come says nothing.
bool modified_since(const ReadConditions& c, const Current& current, TimeMs now) noexcept {
  return !c.if_modified_since || seconds(*c.if_modified_since) > seconds(now) ||
         seconds(current.modified) > seconds(*c.if_modified_since);
}

std::unexpected<Error> not_modified() {
  return std::unexpected(Error{.code = Errc::precondition_failed,
                               .message = "Not Modified",
                               .name = "NotModified",
                               .status = 304});
}

std::unexpected<Error> not_implemented(std::string header, std::string why) {
  return std::unexpected(
      Error{.code = Errc::not_implemented,
            .message = "A header you provided implies functionality that is not implemented",
            .name = "NotImplemented",
            .details = {{"Header", std::move(header)}, {"additionalMessage", std::move(why)}}});
}

}  // namespace

bool names_etag(std::string_view header, std::string_view etag) noexcept {
  while (true) {
    const auto comma = std::min(header.find(','), header.size());
    auto one = trim(header.substr(0, comma));
    if (one.starts_with("W/")) one.remove_prefix(2);
    if (one.size() >= 2 && one.front() == '"' && one.back() == '"') {
      one = one.substr(1, one.size() - 2);
    }
    if (one == etag || one == "*") return true;
    if (comma == header.size()) return false;
    header.remove_prefix(comma + 1);
  }
}

std::unexpected<Error> precondition_failed(std::string condition) {
  return std::unexpected(
      Error{.code = Errc::precondition_failed,
            .message = "At least one of the pre-conditions you specified did not hold",
            .name = "PreconditionFailed",
            .details = {{"Condition", std::move(condition)}}});
}

Status check_read(const ReadConditions& conditions, const Current& current, TimeMs now) {
  const auto& c = conditions;
  if (c.if_match) {
    if (!names_etag(*c.if_match, current.etag)) return precondition_failed("If-Match");
  } else if (!unmodified_since(c, current)) {
    return precondition_failed("If-Unmodified-Since");
  }
  if (c.if_none_match) {
    if (names_etag(*c.if_none_match, current.etag)) return not_modified();
  } else if (!modified_since(c, current, now)) {
    return not_modified();
  }
  return {};
}

Status check_copy_source(const ReadConditions& conditions, const Current& current, TimeMs now) {
  const auto& c = conditions;
  const auto failed = [](std::string_view name) {
    return precondition_failed(fmt::format("x-amz-copy-source-{}", name));
  };
  if (c.if_match) {
    if (!names_etag(*c.if_match, current.etag)) return failed("If-Match");
  } else if (!unmodified_since(c, current)) {
    return failed("If-Unmodified-Since");
  }
  if (c.if_none_match) {
    if (names_etag(*c.if_none_match, current.etag)) return failed("If-None-Match");
  } else if (!modified_since(c, current, now)) {
    return failed("If-Modified-Since");
  }
  return {};
}

Status check_form(const WriteConditions& conditions) {
  const auto value_refused = [](std::string header) {
    auto why = fmt::format("We don't accept the provided value of {} header for this API", header);
    return not_implemented(std::move(header), std::move(why));
  };
  if (conditions.if_match && conditions.if_none_match) {
    return not_implemented("If-Match,If-None-Match",
                           "Multiple conditional request headers present in the request");
  }
  if (conditions.if_match == "*") return value_refused("If-Match");
  if (conditions.if_none_match && *conditions.if_none_match != "*") {
    return value_refused("If-None-Match");
  }
  return {};
}

Status check_write(const WriteConditions& conditions, const std::optional<std::string>& etag,
                   std::string_view key) {
  if (conditions.if_none_match && etag) return precondition_failed("If-None-Match");
  if (!conditions.if_match) return {};
  if (!etag) return no_such_key(key);
  if (!names_etag(*conditions.if_match, *etag)) return precondition_failed("If-Match");
  return {};
}

}  // namespace tidemill::s3
