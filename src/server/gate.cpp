#include "server/gate.h"

namespace tidemill::server {

Task<http::Response> Gate::serve(http::Request& request) {
  if (auto* service = service_.load()) co_return co_await service->serve(request);
  http::Response response;
  response.status = 503;
  response.headers.add("Content-Type", "application/json");
  response.headers.add("Retry-After", "1");
  response.text = R"({"__type":"ServiceUnavailable","message":"tidemill is starting"})";
  co_return response;
}

}  // namespace tidemill::server
