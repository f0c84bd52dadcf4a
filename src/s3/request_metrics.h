/// The request metrics of AWS/S3, for buckets with a metrics configuration. Owned by the server;
/// others cost a request one look into a map.
#pragma once

#include "base/meter.h"
#include "io/loops.h"
#include "s3/parsed_setting.h"
#include "s3/request_filters.h"
#include "wire/observer.h"

namespace tidemill::s3 {

class RequestMetrics final : public wire::Observer {
 public:
  /// All outlive it.
  struct Parts {
    const ParsedSetting<RequestFilters>& filters;
    io::Loops& loops;
    store::Store& store;
    Meter& meter;
  };
  explicit RequestMetrics(const Parts& parts) : parts_(parts) {}

  [[nodiscard]] bool watches(std::string_view bucket) const override {
    return parts_.filters.find(bucket) != nullptr;
  }
  /// Filters by tags go by those that the object has now.
  void answered(wire::Exchange exchange) override;

 private:
  using Filters = std::shared_ptr<const RequestFilters>;
  Task<void> count_tagged(Filters filters, wire::Exchange exchange);
  void count(const RequestFilters& filters, const RequestFilter& filter,
             const wire::Exchange& exchange);

  const Parts parts_;
};

}  // namespace tidemill::s3
