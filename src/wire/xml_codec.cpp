#include "wire/xml_codec.h"

#include <fmt/format.h>
#include <pugixml.hpp>

#include "base/encoding.h"
#include "wire/scalar.h"

namespace tidemill::wire {
namespace {

constexpr int depth_max = 64;

/// An element's name without its namespace prefix.
std::string_view local_name(const pugi::xml_node& node) {
  const std::string_view name = node.name();
  const auto colon = name.find(':');
  return colon == std::string_view::npos ? name : name.substr(colon + 1);
}

pugi::xml_node child(const pugi::xml_node& node, std::string_view name) {
  for (const auto found : node.children()) {
    if (found.type() == pugi::node_element && local_name(found) == name) return found;
  }
  return {};
}

/// Steps through the whole tree without recursion.
bool too_deep(const pugi::xml_document& document) {
  int depth = 0;
  auto node = document.first_child();
  while (node) {
    if (node.first_child()) {
      node = node.first_child();
      if (++depth > depth_max) return true;
      continue;
    }
    while (node && !node.next_sibling()) {
      node = node.parent();
      --depth;
    }
    if (node) node = node.next_sibling();
  }
  return false;
}

/// All text and CDATA directly in `node`.
std::string text_of(const pugi::xml_node& node) {
  std::string text;
  for (const auto part : node.children()) {
    if (part.type() == pugi::node_pcdata || part.type() == pugi::node_cdata) text += part.value();
  }
  return text;
}

/// S3's Grantee says what it is in an attribute, alone of all shapes.
constexpr std::string_view type_attribute = "xsi:type";
constexpr std::string_view type_namespace = "http://www.w3.org/2001/XMLSchema-instance";

/// The attribute "type", whatever its namespace is called.
const char* type_of(const pugi::xml_node& node) {
  for (const auto attribute : node.attributes()) {
    const std::string_view name = attribute.name();
    if (name.ends_with(":type") && !name.starts_with("xmlns:")) return attribute.value();
  }
  return nullptr;
}

Status read(const pugi::xml_node& node, const Shape& shape, void* value);

/// The elements named `name` in `node`, as the members of a list.
Status read_items(const pugi::xml_node& node, std::string_view name, const Shape& shape,
                  void* list) {
  for (const auto item : node.children()) {
    if (item.type() != pugi::node_element || local_name(item) != name) continue;
    TM_CHECK(read(item, *shape.element, shape.list->add(list)));
  }
  return {};
}

Status read_entries(const pugi::xml_node& node, std::string_view name, const Shape& shape,
                    void* map) {
  for (const auto entry : node.children()) {
    if (entry.type() != pugi::node_element || local_name(entry) != name) continue;
    const auto key = child(entry, shape.key_name);
    const auto value = child(entry, shape.element_name);
    if (!key || !value) return malformed_xml();
    TM_CHECK(read(value, *shape.element, shape.map->add(map, text_of(key))));
  }
  return {};
}

Status read_members(const pugi::xml_node& node, const Shape& shape, void* object) {
  for (const auto& member : shape.members) {
    if (member.place != Place::body) continue;
    if (member.wire_name == type_attribute) {
      const auto* type = type_of(node);
      if (type != nullptr) as<std::string>(set_value(member, object)) = type;
      continue;
    }
    const auto found = child(node, member.wire_name);
    if (!found) continue;
    auto* value = set_value(member, object);
    if (member.flattened && member.shape->kind == Kind::list) {
      TM_CHECK(read_items(node, member.wire_name, *member.shape, value));
    } else if (member.flattened && member.shape->kind == Kind::map) {
      TM_CHECK(read_entries(node, member.wire_name, *member.shape, value));
    } else {
      TM_CHECK(read(found, *member.shape, value));
    }
  }
  return {};
}

Status read(const pugi::xml_node& node, const Shape& shape, void* value) {
  switch (shape.kind) {
    case Kind::structure: return read_members(node, shape, value);
    case Kind::list: return read_items(node, shape.element_name, shape, value);
    case Kind::map: return read_entries(node, "entry", shape, value);
    case Kind::string: as<std::string>(value) = text_of(node); return {};
    default: {
      const auto text = text_of(node);
      if (!read_scalar(shape, trim(text), value)) return malformed_xml();
      return {};
    }
  }
}

void write(const Member& member, std::string_view name, const void* value, std::string& out);

void open(std::string_view name, std::string& out) {
  out += '<';
  out += name;
  out += '>';
}

void close(std::string_view name, std::string& out) {
  out += "</";
  out += name;
  out += '>';
}

/// The start of a structure's element, with its attribute if it has one.
void open_structure(const Shape& shape, std::string_view name, const void* object,
                    std::string& out) {
  for (const auto& member : shape.members) {
    const auto* value = member.wire_name == type_attribute ? value_of(member, object) : nullptr;
    if (value == nullptr) continue;
    out += fmt::format("<{} xmlns:xsi=\"{}\" {}=\"{}\">", name, type_namespace, type_attribute,
                       xml_escape(as<std::string>(value)));
    return;
  }
  open(name, out);
}

/// One element `name` that holds `value`.
void write_element(const Shape& shape, std::string_view name, const void* value, TimeFormat format,
                   std::string& out) {
  if (shape.kind == Kind::structure) {
    open_structure(shape, name, value, out);
  } else {
    open(name, out);
  }
  switch (shape.kind) {
    case Kind::structure: encode_xml_members(shape, value, out); break;
    case Kind::list:
      for (std::size_t i = 0; i < shape.list->size(value); ++i) {
        write_element(*shape.element, shape.element_name, shape.list->at(value, i), format, out);
      }
      break;
    case Kind::map:
      shape.map->each(value, [&](const std::string& key, const void* item) {
        open("entry", out);
        open(shape.key_name, out);
        out += xml_escape(key);
        close(shape.key_name, out);
        write_element(*shape.element, shape.element_name, item, format, out);
        close("entry", out);
      });
      break;
    case Kind::string: out += xml_escape(as<std::string>(value)); break;
    default: out += write_scalar(shape, value, format);
  }
  close(name, out);
}

void write_flat_list(const Member& member, const void* value, std::string& out) {
  const auto& shape = *member.shape;
  for (std::size_t i = 0; i < shape.list->size(value); ++i) {
    write_element(*shape.element, member.query_name, shape.list->at(value, i), member.time_format,
                  out);
  }
}

void write_flat_map(const Member& member, const void* value, std::string& out) {
  const auto& shape = *member.shape;
  shape.map->each(value, [&](const std::string& key, const void* item) {
    open(member.query_name, out);
    open(shape.key_name, out);
    out += xml_escape(key);
    close(shape.key_name, out);
    write_element(*shape.element, shape.element_name, item, member.time_format, out);
    close(member.query_name, out);
  });
}

void write(const Member& member, std::string_view name, const void* value, std::string& out) {
  if (member.flattened && member.shape->kind == Kind::list) {
    write_flat_list(member, value, out);
  } else if (member.flattened && member.shape->kind == Kind::map) {
    write_flat_map(member, value, out);
  } else {
    write_element(*member.shape, name, value, member.time_format, out);
  }
}

}  // namespace

std::unexpected<Error> malformed_xml() {
  return fail(Errc::invalid_argument, "MalformedXML",
              "The XML you provided was not well-formed or did not validate against our published "
              "schema");
}

Status decode_xml(std::string_view text, std::string_view root, const Shape& shape, void* object) {
  pugi::xml_document document;
  constexpr unsigned options =
      pugi::parse_default | pugi::parse_doctype | pugi::parse_ws_pcdata_single;
  const auto parsed = document.load_buffer(text.data(), text.size(), options, pugi::encoding_utf8);
  if (!parsed || !is_utf8(text) || too_deep(document)) return malformed_xml();
  int elements = 0;
  for (const auto node : document.children()) {
    if (node.type() == pugi::node_doctype) return malformed_xml();
    if (node.type() == pugi::node_element) ++elements;
  }
  const auto top = document.document_element();
  if (elements != 1 || local_name(top) != root) return malformed_xml();
  return read_members(top, shape, object);
}

std::string encode_xml(const Shape& shape, const void* object, std::string_view root,
                       std::string_view xml_namespace) {
  std::string out = fmt::format("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<{} xmlns=\"{}\">",
                                root, xml_namespace);
  const auto& members = shape.members;
  if (members.size() == 1 && members[0].wire_name == root &&
      members[0].shape->kind == Kind::string) {
    // GetBucketLocation's root is the one member itself ("s3UnwrappedXmlOutput").
    const auto* value = value_of(members[0], object);
    if (value != nullptr) out += xml_escape(as<std::string>(value));
  } else {
    encode_xml_members(shape, object, out);
  }
  close(root, out);
  return out;
}

void encode_xml_members(const Shape& shape, const void* object, std::string& out) {
  for (const auto& member : shape.members) {
    if (member.place != Place::body || member.wire_name == type_attribute) continue;
    if (const auto* value = value_of(member, object)) write(member, member.query_name, value, out);
  }
}

}  // namespace tidemill::wire
