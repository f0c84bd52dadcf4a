// The codecs behind a pipe, for test_golden.py: reads JSON lines, answers each with one.
//
//   {"do": "decode", "method", "target", "headers": {…}, "body": base64}
//       what a request says: {"operation", "protocol", "input": {…}} or {"error", "message"}
//   {"do": "encode", "service", "operation", "protocol", "output": {…}}
//   {"do": "refuse", "service", "protocol", "name", "message", "code"}
//       an answer: {"status", "headers": {…}, "body": base64}
//
// In values, blobs are base64 and times milliseconds.
#include <iostream>
#include <unordered_map>

#include "base/encoding.h"
#include "base/json.h"
#include "wire/cbor_codec.h"
#include "wire/errors.h"
#include "wire/gen/operations.h"
#include "wire/gen/services.h"
#include "wire/json_codec.h"
#include "wire/query_codec.h"
#include "wire/rest_codec.h"
#include "wire/target.h"

namespace tidemill::wire {
namespace {

using Maker = std::shared_ptr<void> (*)();
struct Makers {
  Maker input, output;
};

template <class T>
std::shared_ptr<void> make() {
  return std::make_shared<T>();
}

const std::unordered_map<const Operation*, Makers>& makers() {
  static const auto all = [] {
    std::unordered_map<const Operation*, Makers> map;
    each_operation([&]<class Op>() {
      map[&Op::operation] = {make<typename Op::Request>, make<typename Op::Response>};
    });
    return map;
  }();
  return all;
}

json::value shown(const Shape& shape, const void* value);

json::object shown_structure(const Shape& shape, const void* value) {
  json::object out;
  for (const auto& member : shape.members) {
    if (const auto* field = value_of(member, value)) out[member.name] = shown(*member.shape, field);
  }
  return out;
}

json::value shown(const Shape& shape, const void* value) {
  switch (shape.kind) {
    case Kind::string: return json::value(as<std::string>(value));
    case Kind::blob: return json::value(to_base64(as<std::string>(value)));
    case Kind::boolean: return as<bool>(value);
    case Kind::integer: return as<std::int32_t>(value);
    case Kind::long_integer: return as<std::int64_t>(value);
    case Kind::real: return as<double>(value);
    case Kind::timestamp: return as<TimeMs>(value).ms;
    case Kind::list: {
      json::array out;
      for (std::size_t i = 0; i < shape.list->size(value); ++i) {
        out.push_back(shown(*shape.element, shape.list->at(value, i)));
      }
      return out;
    }
    case Kind::map: {
      json::object out;
      shape.map->each(value, [&](const std::string& key, const void* item) {
        out[key] = shown(*shape.element, item);
      });
      return out;
    }
    case Kind::structure: return shown_structure(shape, value);
  }
  return nullptr;
}

void fill(const Shape& shape, const json::value& from, void* value) {
  switch (shape.kind) {
    case Kind::string: as<std::string>(value) = json::view(from.as_string()); break;
    case Kind::blob: as<std::string>(value) = *from_base64(json::view(from.as_string())); break;
    case Kind::boolean: as<bool>(value) = from.as_bool(); break;
    case Kind::integer: as<std::int32_t>(value) = std::int32_t(from.as_int64()); break;
    case Kind::long_integer: as<std::int64_t>(value) = from.as_int64(); break;
    case Kind::real: as<double>(value) = from.to_number<double>(); break;
    case Kind::timestamp: as<TimeMs>(value).ms = from.as_int64(); break;
    case Kind::list:
      for (const auto& item : from.as_array()) fill(*shape.element, item, shape.list->add(value));
      break;
    case Kind::map:
      for (const auto& item : from.as_object()) {
        fill(*shape.element, item.value(), shape.map->add(value, std::string(item.key())));
      }
      break;
    case Kind::structure:
      for (const auto& member : shape.members) {
        const auto* given = from.as_object().if_contains(member.name);
        if (given != nullptr) fill(*member.shape, *given, set_value(member, value));
      }
  }
}

constexpr std::pair<std::string_view, Protocol> protocols[] = {
    {"json", Protocol::json},         {"rest-json", Protocol::rest_json},
    {"rest-xml", Protocol::rest_xml}, {"query", Protocol::query},
    {"cbor", Protocol::cbor},
};
std::string_view name_of(Protocol protocol) {
  for (const auto& [name, p] : protocols) {
    if (p == protocol) return name;
  }
  return "";
}
Protocol protocol_named(std::string_view name) {
  for (const auto& [n, protocol] : protocols) {
    if (n == name) return protocol;
  }
  return Protocol::json;
}

const Service* service_named(std::string_view name) {
  for (const auto* service : all_services()) {
    if (service->name == name) return service;
  }
  return nullptr;
}

std::string text(const json::object& o, std::string_view name) {
  return std::string(json::text_or_empty(o, name));
}

Status decode_into(Target& target, const http::Request& request, std::string_view body,
                   std::shared_ptr<void>& input) {
  Parameters form;
  if (target.protocol == Protocol::query) {
    TM_TRY(form, parse_form(body));
    if (const auto* action = find_parameter(form, "Action")) set_operation(target, *action);
  }
  if (target.operation == nullptr) {
    return fail(Errc::invalid_argument, "UnknownOperationException", target.operation_name);
  }
  input = makers().at(target.operation).input();
  const auto& shape = *target.operation->input;
  switch (target.protocol) {
    case Protocol::json: return decode_json(body, shape, input.get());
    case Protocol::cbor: return decode_cbor(body, shape, input.get());
    case Protocol::query: return decode_query(form, shape, input.get());
    default: return decode_rest(target, request.headers, body, input.get());
  }
}

Result<json::object> decode(const json::object& question) {
  http::Request request;
  request.method = text(question, "method");
  request.target = text(question, "target");
  const auto mark = request.target.find('?');
  request.path = request.target.substr(0, mark);
  if (mark != std::string::npos) request.query = request.target.substr(mark + 1);
  for (const auto& header : question.at("headers").as_object()) {
    request.headers.add(std::string(header.key()),
                        std::string(json::view(header.value().as_string())));
  }
  const auto body = from_base64(text(question, "body")).value_or("");
  TM_TRY(auto target, find_target(request, {"localhost"}));
  std::shared_ptr<void> input;
  TM_CHECK(decode_into(target, request, body, input));
  return json::object{{"service", target.service->name},
                      {"operation", target.operation->name},
                      {"protocol", name_of(target.protocol)},
                      {"input", shown_structure(*target.operation->input, input.get())}};
}

json::object shown_response(const http::Response& response) {
  json::object headers;
  for (const auto& [name, value] : response.headers.fields()) headers[to_lower(name)] = value;
  return {{"status", response.status},
          {"headers", std::move(headers)},
          {"body", to_base64(response.text)}};
}

json::object encode(const json::object& question) {
  const auto* service = service_named(text(question, "service"));
  Target target{.service = service, .protocol = protocol_named(text(question, "protocol"))};
  set_operation(target, text(question, "operation"));
  const auto& operation = *target.operation;
  const auto output = makers().at(&operation).output();
  fill(*operation.output, question.at("output"), output.get());
  http::Response response;
  response.status = operation.status;
  switch (target.protocol) {
    case Protocol::json: response.text = encode_json(*operation.output, output.get()); break;
    case Protocol::cbor: response.text = encode_cbor(*operation.output, output.get()); break;
    case Protocol::query: response.text = encode_query(operation, output.get(), "id-1"); break;
    default: encode_rest(operation, target.protocol, output.get(), response);
  }
  return shown_response(response);
}

json::object refuse(const json::object& question) {
  const Target target{.service = service_named(text(question, "service")),
                      .protocol = protocol_named(text(question, "protocol"))};
  const Error error{.code = Errc(question.at("code").as_int64()),
                    .message = text(question, "message"),
                    .name = text(question, "name")};
  http::Response response;
  encode_error(target, error, "id-1", response);
  return shown_response(response);
}

json::object answer(std::string_view line) {
  const auto question = json::parse_object(line);
  if (!question) return {{"error", "BadQuestion"}, {"message", question.error().message}};
  const auto what = text(*question, "do");
  if (what == "encode") return encode(*question);
  if (what == "refuse") return refuse(*question);
  auto decoded = decode(*question);
  if (decoded) return *std::move(decoded);
  return {{"error", aws_name(decoded.error())}, {"message", decoded.error().message}};
}

}  // namespace
}  // namespace tidemill::wire

int main() {
  std::string line;
  while (std::getline(std::cin, line)) {
    std::cout << tidemill::json::dump(tidemill::wire::answer(line)) << std::endl;
  }
}
