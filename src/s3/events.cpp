#include "s3/events.h"

#include <fmt/format.h>

#include "base/json.h"

namespace tidemill::s3 {
namespace {

/// The part of the detail that is behind "object".
std::string circumstances(const Happening& happening, const Caller& caller) {
  return fmt::format(R"("request-id":{},"requester":{},"source-ip-address":{},"reason":{})",
                     json::quote(caller.request_id), json::quote(caller.scope.account),
                     json::quote(caller.source_ip), json::quote(happening.reason));
}

events::Event make_event(const Bucket& bucket, const Happening& happening, Random& random) {
  events::Event event;
  event.id = ordered_uuid(random, happening.time);
  event.scope = bucket.scope;
  event.source = "aws.s3";
  event.time = happening.time;
  event.resources = {bucket.arn()};
  event.subject = fmt::format("s3://{}/{}", bucket.name, happening.key);
  return event;
}

}  // namespace

std::string sequencer_text(std::int64_t sequencer) { return fmt::format("{:018X}", sequencer); }

events::Event created_event(const Bucket& bucket, const Happening& happening, const Caller& caller,
                            Random& random) {
  auto event = make_event(bucket, happening, random);
  event.detail_type = "Object Created";
  event.detail = fmt::format(
      R"({{"version":"0","bucket":{{"name":{}}},"object":{{"key":{},"size":{},"etag":{},)"
      R"("sequencer":"{}"}},{}}})",
      json::quote(bucket.name), json::quote(happening.key), happening.size,
      json::quote(happening.etag), sequencer_text(happening.sequencer),
      circumstances(happening, caller));
  return event;
}

events::Event deleted_event(const Bucket& bucket, const Happening& happening, const Caller& caller,
                            Random& random) {
  auto event = make_event(bucket, happening, random);
  event.detail_type = "Object Deleted";
  event.detail = fmt::format(
      R"({{"version":"0","bucket":{{"name":{}}},"object":{{"key":{},"sequencer":"{}"}},{},)"
      R"("deletion-type":"Permanently Deleted"}})",
      json::quote(bucket.name), json::quote(happening.key), sequencer_text(happening.sequencer),
      circumstances(happening, caller));
  return event;
}

}  // namespace tidemill::s3
