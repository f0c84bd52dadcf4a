#include "wire/json_codec.h"

#include <algorithm>
#include <cmath>

#include "base/encoding.h"
#include "base/json.h"
#include "wire/scalar.h"

namespace tidemill::wire {
namespace {

Status refuse(std::string message) {
  return fail(Errc::invalid_argument, "SerializationException", std::move(message));
}

std::string_view kind_name(Kind kind) {
  switch (kind) {
    case Kind::string: return "a String";
    case Kind::blob: return "a Blob";
    case Kind::boolean: return "a Boolean";
    case Kind::integer: return "an Integer";
    case Kind::long_integer: return "a Long";
    case Kind::real: return "a Double";
    case Kind::timestamp: return "milliseconds since epoch";
    default: return "a Structure";
  }
}

Status wrong_type(const json::value& from, Kind to) {
  if (from.is_object()) return refuse("Start of structure or map found where not expected.");
  if (from.is_array()) return refuse("Start of list found where not expected");
  const auto* token = from.is_string() ? "STRING_VALUE"
                      : from.is_bool() ? (from.get_bool() ? "TRUE_VALUE" : "FALSE_VALUE")
                                       : "NUMBER_VALUE";
  return refuse(fmt::format("{} can not be converted to {}", token, kind_name(to)));
}

Status read(const json::value& from, const Shape& shape, void* value);

Status read_members(const json::object& from, const Shape& shape, void* object) {
  for (const auto& member : shape.members) {
    if (member.place != Place::body) continue;
    const auto* found = from.if_contains(
        boost::json::string_view(member.wire_name.data(), member.wire_name.size()));
    if (found == nullptr || found->is_null()) continue;
    TM_CHECK(read(*found, *member.shape, set_value(member, object)));
  }
  return {};
}

Status read_list(const json::value& from, const Shape& shape, void* list) {
  if (!from.is_array()) return refuse("Expected list or null");
  for (const auto& item : from.get_array()) {
    if (item.is_null()) return refuse("null found where a list's member was expected");
    TM_CHECK(read(item, *shape.element, shape.list->add(list)));
  }
  return {};
}

Status read_map(const json::value& from, const Shape& shape, void* map) {
  if (!from.is_object()) return refuse("Expected map or null");
  for (const auto& item : from.get_object()) {
    if (item.value().is_null()) continue;
    TM_CHECK(read(item.value(), *shape.element, shape.map->add(map, std::string(item.key()))));
  }
  return {};
}

template <class Integer>
Status read_integer(const json::value& from, const Shape& shape, void* value) {
  std::int64_t number = 0;
  if (from.is_int64()) {
    number = from.get_int64();
  } else if (from.is_double() && std::abs(from.get_double()) < 9e18) {
    number = static_cast<std::int64_t>(from.get_double());
  } else {
    return wrong_type(from, shape.kind);
  }
  if (number < std::numeric_limits<Integer>::min() ||
      number > std::numeric_limits<Integer>::max()) {
    return wrong_type(from, shape.kind);
  }
  as<Integer>(value) = static_cast<Integer>(number);
  return {};
}

Status read_real_or_time(const json::value& from, const Shape& shape, void* value) {
  if (from.is_string()) {
    // Only NaN and the infinities are numbers by name; timestamps may be written out.
    const auto text = json::view(from.get_string());
    const bool named = shape.kind == Kind::timestamp || text.ends_with("N") || text.ends_with("y");
    if (!named || !read_scalar(shape, text, value)) return wrong_type(from, shape.kind);
    return {};
  }
  if (!from.is_number()) return wrong_type(from, shape.kind);
  const auto number = from.to_number<double>();
  if (shape.kind == Kind::real) {
    as<double>(value) = number;
    return {};
  }
  const auto time = time_of_seconds(number);
  if (!time) return wrong_type(from, shape.kind);
  as<TimeMs>(value) = *time;
  return {};
}

Status read_text(const json::value& from, const Shape& shape, void* value) {
  if (!from.is_string()) return wrong_type(from, shape.kind);
  if (!read_scalar(shape, json::view(from.get_string()), value)) {
    return refuse("Invalid base64 text found where a Blob was expected");
  }
  return {};
}

Status read(const json::value& from, const Shape& shape, void* value) {
  switch (shape.kind) {
    case Kind::structure:
      if (!from.is_object()) return refuse("Expected structure or null");
      return read_members(from.get_object(), shape, value);
    case Kind::list: return read_list(from, shape, value);
    case Kind::map: return read_map(from, shape, value);
    case Kind::string:
    case Kind::blob: return read_text(from, shape, value);
    case Kind::integer: return read_integer<std::int32_t>(from, shape, value);
    case Kind::long_integer: return read_integer<std::int64_t>(from, shape, value);
    case Kind::boolean:
      if (!from.is_bool()) return wrong_type(from, shape.kind);
      as<bool>(value) = from.get_bool();
      return {};
    default: return read_real_or_time(from, shape, value);
  }
}

void write(const Shape& shape, const void* value, TimeFormat format, std::string& out);

void write_members(const Shape& shape, const void* object, std::string& out) {
  out += '{';
  const auto start = out.size();
  for (const auto& member : shape.members) {
    const auto* value = member.place == Place::body ? value_of(member, object) : nullptr;
    if (value == nullptr) continue;
    if (out.size() > start) out += ',';
    out += json::quote(member.wire_name);
    out += ':';
    write(*member.shape, value, member.time_format, out);
  }
  out += '}';
}

void write_list(const Shape& shape, const void* list, std::string& out) {
  out += '[';
  for (std::size_t i = 0; i < shape.list->size(list); ++i) {
    if (i > 0) out += ',';
    write(*shape.element, shape.list->at(list, i), TimeFormat::unset, out);
  }
  out += ']';
}

void write_map(const Shape& shape, const void* map, std::string& out) {
  out += '{';
  const auto start = out.size();
  shape.map->each(map, [&](const std::string& key, const void* value) {
    if (out.size() > start) out += ',';
    out += json::quote(key);
    out += ':';
    write(*shape.element, value, TimeFormat::unset, out);
  });
  out += '}';
}

void write(const Shape& shape, const void* value, TimeFormat format, std::string& out) {
  switch (shape.kind) {
    case Kind::structure: return write_members(shape, value, out);
    case Kind::list: return write_list(shape, value, out);
    case Kind::map: return write_map(shape, value, out);
    case Kind::string: out += json::quote(as<std::string>(value)); return;
    case Kind::blob: out += json::quote(write_scalar(shape, value, format)); return;
    case Kind::timestamp:
      if (format == TimeFormat::unset || format == TimeFormat::epoch_seconds) {
        out += epoch_seconds(as<TimeMs>(value));
      } else {
        out += json::quote(write_scalar(shape, value, format));
      }
      return;
    case Kind::real: {
      const auto text = real_text(as<double>(value));
      out += std::isfinite(as<double>(value)) ? text : json::quote(text);
      return;
    }
    default: out += write_scalar(shape, value, format);
  }
}

}  // namespace

Status decode_json(std::string_view text, const Shape& shape, void* object) {
  if (text.empty()) return {};
  const auto parsed = json::parse(text);
  if (!parsed) return refuse(parsed.error().message);
  if (!parsed->is_object()) return refuse("Expected structure or null");
  return read_members(parsed->get_object(), shape, object);
}

std::string encode_json(const Shape& shape, const void* object) {
  std::string out;
  write_members(shape, object, out);
  return out;
}

const Shape& member_shape(const Shape& shape, std::string_view name) {
  const auto found =
      std::ranges::find(shape.members, name, [](const auto& member) { return member.name; });
  TM_ASSERT(found != shape.members.end());
  return *found->shape;
}

}  // namespace tidemill::wire
