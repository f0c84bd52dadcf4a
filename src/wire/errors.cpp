#include "wire/errors.h"

#include <fmt/format.h>

#include "base/encoding.h"
#include "base/json.h"
#include "wire/cbor_codec.h"

namespace tidemill::wire {
namespace {

/// What AWS tells of an error in a header rather than in its XML.
bool is_header(std::string_view detail) {
  return detail == "allow" || detail.starts_with("x-amz-");
}

void encode_s3(const Error& error, std::string_view request_id, http::Response& response) {
  response.headers.set("Content-Type", "application/xml");
  for (const auto& [name, value] : error.details) {
    if (is_header(name)) response.headers.set(name, value);
  }
  if (response.status == 304) return;
  auto& out = response.text;
  out = fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{}</Code><Message>{}</Message>",
      xml_escape(aws_name(error)), xml_escape(error.message));
  for (const auto& [name, value] : error.details) {
    if (is_header(name)) continue;
    out += fmt::format("<{0}>{1}</{0}>", name, xml_escape(value));
  }
  out += fmt::format("<RequestId>{0}</RequestId><HostId>{0}</HostId></Error>", request_id);
}

std::string_view at_fault(const http::Response& response) {
  return response.status < 500 ? "Sender" : "Receiver";
}

void encode_query(const Target& target, const Error& error, std::string_view request_id,
                  http::Response& response) {
  response.headers.set("Content-Type", "text/xml");
  response.text = fmt::format(
      "<ErrorResponse xmlns=\"{}\"><Error><Type>{}</Type><Code>{}</Code><Message>{}</Message>"
      "{}</Error><RequestId>{}</RequestId></ErrorResponse>",
      target.service->xml_namespace, at_fault(response),
      xml_escape(query_code(*target.service, error)), xml_escape(error.message),
      target.service->query_compatible ? "<Detail/>" : "", request_id);
}

void encode_json(const Target& target, const Error& error, http::Response& response) {
  const bool rest = target.protocol == Protocol::rest_json;
  const auto* service = target.service;
  response.headers.set("Content-Type", rest ? "application/json"
                                            : fmt::format("application/x-amz-json-{}",
                                                          service ? service->json_version : "1.1"));
  response.headers.set("x-amzn-errortype", std::string(aws_name(error)));
  std::string type(aws_name(error));
  if (service != nullptr && !service->error_namespace.empty()) {
    type = fmt::format("{}#{}", service->error_namespace, type);
  }
  if (service != nullptr && service->query_compatible) {
    response.headers.set("x-amzn-query-error",
                         fmt::format("{};{}", query_code(*service, error), at_fault(response)));
  }
  json::object body{{"__type", type}, {"message", error.message}};
  if (rest) body["Message"] = error.message;
  response.text = json::dump(body);
}

void encode_cbor(const Target& target, const Error& error, http::Response& response) {
  const auto* service = target.service;
  if (service != nullptr && service->query_compatible) {
    response.headers.set("x-amzn-query-error",
                         fmt::format("{};{}", query_code(*service, error), at_fault(response)));
  }
  response.headers.set("Content-Type", "application/cbor");
  response.headers.set("Smithy-Protocol", "rpc-v2-cbor");
  CborWriter writer(response.text);
  writer.map(2);
  writer.text("__type");
  writer.text(aws_name(error));
  writer.text("message");
  writer.text(error.message);
}

/// A hint may quote what the client sent; a header holds one line of ASCII.
std::string printable(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c < ' ' || c > '~') c = '?';
  }
  return out;
}

/// What each protocol's clients know as "too much, try again later", and wait for.
Error as_told(const Target& target, const Error& error) {
  if (error.code != Errc::throttled || !error.name.empty()) return error;
  auto told = error;
  told.hint = error.message;
  told.message = "Rate exceeded";
  if (target.protocol == Protocol::rest_xml) {
    told.name = "SlowDown";
    told.message = "Please reduce your request rate.";
    told.status = 503;
  } else if (target.protocol == Protocol::query) {
    told.name = "Throttling";
    told.status = 400;
  }
  return told;
}

}  // namespace

std::string query_code(const Service& service, const Error& error) {
  for (const auto& [name, code] : service.query_errors) {
    if (name == aws_name(error)) return std::string(code);
  }
  return std::string(aws_name(error));
}

void encode_error(const Target& target, const Error& given, std::string_view request_id,
                  http::Response& response) {
  const auto error = as_told(target, given);
  response.text.clear();
  response.status = http_status(error);
  // The JSON services answer every fault of the client with 400.
  const bool json = target.protocol == Protocol::json || target.protocol == Protocol::cbor;
  if (json && error.status == 0 && response.status < 500 && response.status != 403 &&
      response.status != 413) {
    response.status = 400;
  }
  if (json && error.code == Errc::access_denied) response.status = 400;
  if (!error.hint.empty()) response.headers.set("x-tidemill-hint", printable(error.hint));
  switch (target.protocol) {
    case Protocol::rest_xml: encode_s3(error, request_id, response); break;
    case Protocol::query: encode_query(target, error, request_id, response); break;
    case Protocol::cbor: encode_cbor(target, error, response); break;
    case Protocol::json:
    case Protocol::rest_json: encode_json(target, error, response); break;
  }
}

}  // namespace tidemill::wire
