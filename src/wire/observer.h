/// Told how requests to a bucket ended, for those who measure them.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace tidemill::wire {

/// A request, once its answer is out or the connection is gone.
struct Exchange {
  std::string bucket, key;  ///< As the path has them; without a key it is about the bucket.
  std::string_view operation;
  std::string method;
  int status = 0;
  std::uint64_t bytes_in = 0, bytes_out = 0;     ///< Of the bodies.
  std::chrono::steady_clock::duration to_first;  ///< From its head to its answer's.
  std::chrono::steady_clock::duration to_last;   ///< From its head to the answer's last byte.
};

/// Any thread; must not block.
class Observer {
 public:
  virtual ~Observer() = default;
  /// Whether requests to the bucket are of interest.
  [[nodiscard]] virtual bool watches(std::string_view bucket) const = 0;
  virtual void answered(Exchange exchange) = 0;
};

}  // namespace tidemill::wire
