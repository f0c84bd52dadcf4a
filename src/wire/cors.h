/// What a script of another origin may do in a browser: asked by the router, answered by S3 from
/// its buckets' rules. Called on event loops.
#pragma once

#include <string_view>

#include "http/message.h"

namespace tidemill::wire {

class CrossOrigin {
 public:
  virtual ~CrossOrigin() = default;

  /// The header fields that answer a preflight (OPTIONS). Fails with BadRequest, AccessForbidden.
  [[nodiscard]] virtual Result<http::Headers> preflight(std::string_view bucket,
                                                        const http::Request& request) const = 0;
  /// Adds to the answer of any other request what lets its script read it; nothing where no rule
  /// is for it.
  virtual void let_read(std::string_view bucket, const http::Request& request,
                        http::Headers& answer) const = 0;
};

}  // namespace tidemill::wire
