#include "s3/events.h"

#include <fmt/format.h>

#include "base/json.h"

namespace tidemill::s3 {
namespace {

/// Only a marker has one: of no bytes.
constexpr std::string_view empty_etag = R"("etag":"d41d8cd98f00b204e9800998ecf8427e",)";

/// The part of the detail that is behind "object".
std::string circumstances(const Happening& happening, const Caller& caller) {
  if (caller.kind == Caller::Kind::service) {  // S3 itself, which has no address.
    return fmt::format(R"("request-id":{},"requester":{},"reason":{})",
                       json::quote(caller.request_id), json::quote(caller.arn),
                       json::quote(happening.reason));
  }
  return fmt::format(R"("request-id":{},"requester":{},"source-ip-address":{},"reason":{})",
                     json::quote(caller.request_id), json::quote(caller.scope.account),
                     json::quote(caller.source_ip), json::quote(happening.reason));
}

/// The part of "object" behind the key and what is told of its content.
std::string identity(const Happening& happening) {
  std::string text;
  if (!happening.version.empty()) {
    text = fmt::format(R"("version-id":{},)", json::quote(happening.version));
  }
  return text + fmt::format(R"("sequencer":"{}")", sequencer_text(happening.sequencer));
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
      R"({{"version":"0","bucket":{{"name":{}}},"object":{{"key":{},"size":{},"etag":{},{}}},)"
      R"({}}})",
      json::quote(bucket.name), json::quote(happening.key), happening.size,
      json::quote(happening.etag), identity(happening), circumstances(happening, caller));
  return event;
}

events::Event deleted_event(const Bucket& bucket, const Happening& happening, const Caller& caller,
                            Random& random) {
  auto event = make_event(bucket, happening, random);
  event.detail_type = "Object Deleted";
  event.detail = fmt::format(
      R"({{"version":"0","bucket":{{"name":{}}},"object":{{"key":{},{}{}}},{},)"
      R"("deletion-type":"{}"}})",
      json::quote(bucket.name), json::quote(happening.key), happening.marker ? empty_etag : "",
      identity(happening), circumstances(happening, caller),
      happening.marker ? "Delete Marker Created" : "Permanently Deleted");
  return event;
}

}  // namespace tidemill::s3
