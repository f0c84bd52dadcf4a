#include "wire/rest_codec.h"

#include <fmt/format.h>

#include "base/encoding.h"
#include "wire/json_codec.h"
#include "wire/scalar.h"
#include "wire/xml_codec.h"

namespace tidemill::wire {
namespace {

Status fill(const Member& member, std::string_view text, void* object) {
  if (member.shape->kind == Kind::list) {
    auto* list = set_value(member, object);
    while (true) {
      const auto comma = std::min(text.find(','), text.size());
      if (!read_scalar(*member.shape->element, trim(text.substr(0, comma)),
                       member.shape->list->add(list))) {
        break;
      }
      if (comma == text.size()) return {};
      text.remove_prefix(comma + 1);
    }
  } else if (read_scalar(*member.shape, text, set_value(member, object))) {
    return {};
  }
  Error error{.code = Errc::invalid_argument,
              .message = fmt::format("Provided value for {} is not valid", member.wire_name),
              .name = "InvalidArgument",
              .details = {{"ArgumentName", std::string(member.wire_name)},
                          {"ArgumentValue", std::string(text)}}};
  return std::unexpected(std::move(error));
}

/// "tagKeys=a&tagKeys=b"
Status fill_repeated(const Parameters& query, const Member& member, void* object) {
  void* list = nullptr;
  for (const auto& [name, value] : query) {
    if (name != member.wire_name) continue;
    if (list == nullptr) list = set_value(member, object);
    if (!read_scalar(*member.shape->element, value, member.shape->list->add(list))) {
      return fail(Errc::invalid_argument, "ValidationException",
                  fmt::format("Provided value for {} is not valid", member.wire_name));
    }
  }
  return {};
}

void fill_prefixed(const Member& member, const http::Headers& headers, void* object) {
  void* map = nullptr;
  for (const auto& [name, value] : headers.fields()) {
    if (name.size() <= member.wire_name.size() ||
        !iequals(std::string_view(name).substr(0, member.wire_name.size()), member.wire_name)) {
      continue;
    }
    if (map == nullptr) map = set_value(member, object);
    auto* slot = member.shape->map->add(map, to_lower(name.substr(member.wire_name.size())));
    as<std::string>(slot) = value;
  }
}

Status fill_payload(const Target& target, const Member& member, std::string_view body,
                    void* object) {
  if (member.shape->kind != Kind::structure) return fill(member, body, object);
  if (body.empty()) return {};
  auto* payload = set_value(member, object);
  return target.protocol == Protocol::rest_xml
             ? decode_xml(body, member.wire_name, *member.shape, payload)
             : decode_json(body, *member.shape, payload);
}

Status fill_member(const Target& target, const Member& member, const http::Headers& headers,
                   void* object) {
  switch (member.place) {
    case Place::header:
      if (const auto value = headers.find(member.wire_name)) return fill(member, *value, object);
      return {};
    case Place::header_prefix: fill_prefixed(member, headers, object); return {};
    case Place::query: {
      if (member.shape->kind == Kind::list) return fill_repeated(target.query, member, object);
      const auto* value = find_parameter(target.query, member.wire_name);
      // S3 takes "max-parts=" for absent.
      const bool absent =
          value == nullptr || (value->empty() && member.shape->kind != Kind::string);
      return absent ? Status() : fill(member, *value, object);
    }
    case Place::uri:
      if (const auto label = target.labels.find(std::string(member.wire_name));
          label != target.labels.end()) {
        return fill(member, label->second, object);
      }
      return {};
    default: return {};
  }
}

std::string header_text(const Member& member, const void* value) {
  if (member.shape->kind != Kind::list) {
    return write_scalar(
        *member.shape, value,
        member.time_format == TimeFormat::unset ? TimeFormat::http_date : member.time_format);
  }
  std::string text;
  for (std::size_t i = 0; i < member.shape->list->size(value); ++i) {
    if (i > 0) text += ", ";
    text += write_scalar(*member.shape->element, member.shape->list->at(value, i),
                         TimeFormat::http_date);
  }
  return text;
}

/// Whether any member travels in the body; sets `payload` to the one that is the body.
bool has_body(const Shape& shape, const Member*& payload) {
  bool body = false;
  for (const auto& member : shape.members) {
    if (member.place == Place::payload) payload = &member;
    body = body || member.place == Place::body;
  }
  return body;
}

void encode_body(const Operation& operation, Protocol protocol, const void* object,
                 http::Response& response) {
  const Member* payload = nullptr;
  const bool body = has_body(*operation.output, payload);
  const Shape* shape = operation.output;
  std::string_view root = operation.root;
  if (payload != nullptr) {
    object = value_of(*payload, object);
    if (object == nullptr) return;
    shape = payload->shape;
    if (shape->kind != Kind::structure) {
      response.text = as<std::string>(object);
      return;
    }
  } else if (!body) {
    return;
  }
  if (protocol == Protocol::rest_json) {
    response.headers.set("Content-Type", "application/json");
    response.text = encode_json(*shape, object);
    return;
  }
  response.headers.set("Content-Type", "application/xml");
  response.text = encode_xml(*shape, object, root, operation.service->xml_namespace);
}

}  // namespace

Status decode_rest(const Target& target, const http::Headers& headers, std::string_view body,
                   void* object) {
  const auto& shape = *target.operation->input;
  const Member* payload = nullptr;
  const bool in_body = has_body(shape, payload);
  if (!target.operation->streams_in) {
    if (payload != nullptr) {
      TM_CHECK(fill_payload(target, *payload, body, object));
    } else if (in_body && !body.empty()) {
      TM_CHECK(target.protocol == Protocol::rest_xml
                   ? decode_xml(body, target.operation->name, shape, object)
                   : decode_json(body, shape, object));
    }
  }
  for (const auto& member : shape.members) {
    TM_CHECK(fill_member(target, member, headers, object));
  }
  return {};
}

void encode_rest(const Operation& operation, Protocol protocol, const void* object,
                 http::Response& response) {
  for (const auto& member : operation.output->members) {
    const auto* value = value_of(member, object);
    if (value == nullptr) continue;
    if (member.place == Place::header) {
      response.headers.set(member.wire_name, header_text(member, value));
    } else if (member.place == Place::header_prefix) {
      member.shape->map->each(value, [&](const std::string& key, const void* text) {
        response.headers.set(std::string(member.wire_name) + key, as<std::string>(text));
      });
    }
  }
  if (!operation.streams_out) encode_body(operation, protocol, object, response);
}

}  // namespace tidemill::wire
