/// Conditional requests: whether the If-… headers of a read, a copy's source or a write hold. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/time.h"

namespace tidemill::s3 {

/// Of GET, HEAD, and (x-amz-copy-source-if-…) of a copy's source.
struct ReadConditions {
  std::optional<std::string> if_match, if_none_match;
  std::optional<TimeMs> if_modified_since, if_unmodified_since;
};

/// Of what there is now.
struct Current {
  std::string_view etag;  ///< Without quotes.
  TimeMs modified;
};

/// Fails with 412 PreconditionFailed or with 304.
[[nodiscard]] Status check_read(const ReadConditions& conditions, const Current& current,
                                TimeMs now);
/// As above, but everything that doesn't hold is a 412 that names the x-amz-copy-source header.
[[nodiscard]] Status check_copy_source(const ReadConditions& conditions, const Current& current,
                                       TimeMs now);

/// Of PUT, CopyObject, CompleteMultipartUpload.
struct WriteConditions {
  std::optional<std::string> if_match, if_none_match;
  [[nodiscard]] bool empty() const noexcept { return !if_match && !if_none_match; }
};

/// Refuses (501) the forms that AWS doesn't take.
[[nodiscard]] Status check_form(const WriteConditions& conditions);
/// `etag`: of the object that is there, if there is one. Fails with 412, or with NoSuchKey.
[[nodiscard]] Status check_write(const WriteConditions& conditions,
                                 const std::optional<std::string>& etag, std::string_view key);

/// `header` names `etag`, with or without quotes, alone or in a list.
[[nodiscard]] bool names_etag(std::string_view header, std::string_view etag) noexcept;

[[nodiscard]] std::unexpected<Error> precondition_failed(std::string condition);

}  // namespace tidemill::s3
