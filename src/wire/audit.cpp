#include "wire/audit.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/encoding.h"
#include "base/json.h"
#include "wire/scalar.h"

namespace tidemill::wire {
namespace {

constexpr std::string_view hidden = "\"HIDDEN_DUE_TO_SECURITY_REASONS\"";
constexpr std::size_t name_bytes_max = 2048;
constexpr std::size_t names_max = 10;

std::string member_name(std::string_view name) {
  if (name == "Bucket") return "bucketName";  // As CloudTrail calls S3's.
  return lower_camel(name);
}

void write(const Shape& shape, const void* value, std::string& out);

void write_members(const Shape& shape, const void* object, std::string& out) {
  out += '{';
  bool first = true;
  for (const auto& member : shape.members) {
    const auto* value = value_of(member, object);
    if (value == nullptr) continue;
    out += fmt::format("{}{}:", first ? "" : ",", json::quote(member_name(member.name)));
    write(*member.shape, value, out);
    first = false;
  }
  out += '}';
}

void write_list(const Shape& shape, const void* list, std::string& out) {
  out += '[';
  for (std::size_t i = 0; i < shape.list->size(list); ++i) {
    if (i > 0) out += ',';
    write(*shape.element, shape.list->at(list, i), out);
  }
  out += ']';
}

void write_map(const Shape& shape, const void* map, std::string& out) {
  out += '{';
  bool first = true;
  shape.map->each(map, [&](const std::string& key, const void* value) {
    out += fmt::format("{}{}:", first ? "" : ",", json::quote(key));
    write(*shape.element, value, out);
    first = false;
  });
  out += '}';
}

void write(const Shape& shape, const void* value, std::string& out) {
  if (shape.sensitive) {
    out += hidden;
    return;
  }
  switch (shape.kind) {
    case Kind::structure: return write_members(shape, value, out);
    case Kind::list: return write_list(shape, value, out);
    case Kind::map: return write_map(shape, value, out);
    case Kind::boolean: out += as<bool>(value) ? "true" : "false"; return;
    case Kind::integer: out += std::to_string(as<std::int32_t>(value)); return;
    case Kind::long_integer: out += std::to_string(as<std::int64_t>(value)); return;
    case Kind::real: out += json::dump(as<double>(value)); return;
    case Kind::timestamp: out += json::quote(iso_millis(as<TimeMs>(value))); return;
    case Kind::blob: out += json::quote(to_base64(as<std::string>(value))); return;
    case Kind::string: out += json::quote(as<std::string>(value)); return;
  }
}

/// "RoleName", "logGroupName", "TargetArn", "QueueUrl", "SecretId", "Bucket".
bool names_something(std::string_view member) {
  static constexpr std::array<std::string_view, 9> ends = {
      "Name", "name", "Arn", "ARN", "Url", "SecretId", "ResourceId", "Bucket", "Rule"};
  return std::ranges::any_of(ends, [&](std::string_view end) { return member.ends_with(end); });
}

}  // namespace

AuditedRequest audited(const Shape& shape, const void* request) {
  AuditedRequest kept;
  write_members(shape, request, kept.parameters);
  for (const auto& member : shape.members) {
    const auto* value = value_of(member, request);
    if (value == nullptr || member.shape->kind != Kind::string || member.shape->sensitive) continue;
    if (!names_something(member.name) || kept.names.size() == names_max) continue;
    const auto& text = as<std::string>(value);
    if (!text.empty() && text.size() <= name_bytes_max) kept.names.emplace_back(member.name, text);
  }
  return kept;
}

}  // namespace tidemill::wire
