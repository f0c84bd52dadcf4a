/// What a bucket's lifecycle has to do now, found in pages, and done key by key. Functions over an
/// open transaction; what is found in a read is looked at again in the write that does it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "s3/lifecycle.h"
#include "s3/multipart.h"
#include "s3/objects.h"

namespace tidemill::s3 {

constexpr std::string_view lifecycle_reason = "Lifecycle Expiration";

/// Where a walk over a bucket is.
struct Walk {
  enum class Over { objects, versions, uploads };
  Over over = Over::objects;
  std::string prefix;
  std::string after = {};     ///< The last key that was looked at.
  std::int64_t after_id = 0;  ///< Of uploads, which may share a key.
  bool is_done = false;
};

/// What is to go: a key with something that is over, or an upload.
struct Over {
  std::string key;
  std::string upload_id = {};
};

/// Looks at some rows and moves `walk` on.
[[nodiscard]] Result<std::vector<Over>> find_over(store::Tx& tx, const Bucket& bucket,
                                                  const Lifecycle& lifecycle, Walk& walk,
                                                  TimeMs now);

/// Removes what of the key is over, at most `max` versions of it. Gives how many went.
[[nodiscard]] Result<std::size_t> expire(store::Tx& tx, Objects& objects, const Bucket& bucket,
                                         const Over& over, std::size_t max);

}  // namespace tidemill::s3
