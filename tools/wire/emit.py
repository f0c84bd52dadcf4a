"""Writes one service's header (structs) and source (tables)."""

from model import cpp_string

MADE = "// Made by tools/wire/generate.py from botocore's API model at build time.\n"
PLACES = {
    "body": "body",
    "header": "header",
    "headers": "header_prefix",
    "querystring": "query",
    "uri": "uri",
    "statusCode": "status",
}
KINDS = {"long": "long_integer", "double": "real"}
TIME_FORMATS = {"unixTimestamp": "epoch_seconds", "iso8601": "iso8601", "rfc822": "http_date"}


def header(service):
    lines = [
        MADE + "#pragma once",
        "",
        "#include <cstdint>",
        "#include <map>",
        "#include <optional>",
        "#include <string>",
        "#include <vector>",
        "",
        '#include "base/time.h"',
        '#include "wire/types.h"',
        "",
        f"namespace tidemill::wire::{service.name} {{",
        "",
        "extern const Service service;",
        "",
    ]
    structures = service.structures()
    lines += [f"struct {name};" for name in structures]
    for name in structures:
        lines += ["", f"struct {name} {{"]
        for member in service.members(name):
            lines.append(f"  std::optional<{service.cpp_type(member.shape)}> {member.field};")
        lines.append("};")
    lines += ["", "namespace op {", ""]
    for name, operation in service.operations.items():
        sides = []
        for side in ("input", "output"):
            shape = operation.get(side)
            sides.append(f"{service.name}::{shape['shape']}" if shape else "wire::Empty")
        lines += [
            f"struct {name} {{",
            f"  using Request = {sides[0]};",
            f"  using Response = {sides[1]};",
            "  static const wire::Operation operation;",
            "};",
        ]
    lines += ["", "}  // namespace op", f"}}  // namespace tidemill::wire::{service.name}", ""]
    return "\n".join(lines)


def time_format(service, member):
    raw = service.shapes[member.shape]
    if service.kind(member.shape) != "timestamp":
        return "unset"
    given = raw.get("timestampFormat", member.raw.get("timestampFormat"))
    if given:
        return TIME_FORMATS[given]
    return {"header": "http_date", "querystring": "iso8601"}.get(member.location, "unset")


def member_row(service, owner, member):
    payload = service.shapes[owner].get("payload")
    place = "payload" if payload == member.name else PLACES[member.location]
    raw = service.shapes[member.shape]
    wire_name = member.wire_name
    flat = raw.get("flattened", False) or member.raw.get("flattened", False)
    # A flattened list's elements carry the name of the list's element, where it has one.
    if flat and raw["type"] == "list" and "locationName" in raw["member"]:
        wire_name = raw["member"]["locationName"]
    text = service.cpp_type(member.shape)
    query_name = (service.query_names(member.shape) if flat else []) or [wire_name]
    return (
        f"    {{.name = {cpp_string(member.name)}, .wire_name = {cpp_string(wire_name)}, "
        f".query_name = {cpp_string(query_name[0])}, "
        f".shape = &s_{member.shape}, .offset = offsetof({service.name}::{owner}, {member.field}), "
        f".field = &field_ops<{text}>, .place = Place::{place}, "
        f".required = {str(member.required).lower()}, .flattened = {str(flat).lower()}, "
        f".time_format = TimeFormat::{time_format(service, member)}}},"
    )


def limits(service, name):
    raw = service.shapes[name]
    parts = []
    for bound in ("min", "max"):
        if bound in raw:
            # Bounds of floating-point values beyond int64 are no bounds to us.
            if abs(raw[bound]) < 2**63:
                parts.append(f".{bound} = {int(raw[bound])}")
    return parts


def shape_rows(service, name):
    raw, kind = service.shapes[name], service.kind(name)
    rows = []
    parts = [f".name = {cpp_string(name)}", f".kind = Kind::{KINDS.get(kind, kind)}"]
    parts += limits(service, name)
    if kind == "string":
        if name in service.facts.get("patterns", []) and "pattern" in raw:
            parts.append(f".pattern = {cpp_string(raw['pattern'])}")
        if "enum" in raw and name not in service.facts.get("lenient_enums", []):
            values = ", ".join(cpp_string(v) for v in raw["enum"])
            rows.append(f"constexpr std::string_view e_{name}[] = {{{values}}};")
            parts.append(f".values = e_{name}")
    elif kind == "structure":
        members = service.members(name)
        if members:
            rows.append(f"constexpr Member m_{name}[] = {{")
            rows += [member_row(service, name, member) for member in members]
            rows.append("};")
            parts.append(f".members = m_{name}")
    elif kind == "list":
        element = raw["member"]
        parts.append(f".element = &s_{element['shape']}")
        if "locationName" in element:
            parts.append(f".element_name = {cpp_string(element['locationName'])}")
        parts.append(f".flattened = {str(raw.get('flattened', False)).lower()}")
        parts.append(f".list = &list_ops<{service.cpp_type(element['shape'])}>")
    elif kind == "map":
        parts += [f".element = &s_{raw['value']['shape']}", f".key = &s_{raw['key']['shape']}"]
        names = service.query_names(name) or ["", "key", "value"]
        parts.append(f".element_name = {cpp_string(raw['value'].get('locationName', names[2]))}")
        parts.append(f".key_name = {cpp_string(raw['key'].get('locationName', names[1]))}")
        parts.append(f".flattened = {str(raw.get('flattened', False)).lower()}")
        parts.append(f".map = &map_ops<{service.cpp_type(raw['value']['shape'])}>")
    if raw.get("sensitive") or name in service.facts.get("sensitive", []):
        parts.append(".sensitive = true")
    rows.append(f"constexpr Shape s_{name} = {{{', '.join(parts)}}};")
    return rows


def routes(service):
    rows, table = [], []
    if not any(p.startswith("rest") for p in service.protocols()):
        return rows, False
    listed_first = sorted(
        service.raw["operations"], key=lambda o: (o not in service.operations, o)
    )
    for name in listed_first:
        raw = service.raw["operations"][name]
        if raw.get("deprecated") and name not in service.operations:
            continue
        conditions, copies = service.rest_conditions(name)
        query = ""
        if conditions:
            pairs = ", ".join(f"{{{cpp_string(k)}, {cpp_string(v)}}}" for k, v in conditions)
            rows.append(f"constexpr QueryCondition q_{name}[] = {{{pairs}}};")
            query = f".query = q_{name}, "
        table.append(
            f"    {{.operation = {cpp_string(name)}, .method = {cpp_string(raw['http']['method'])}, "
            f".path = {cpp_string(raw['http']['requestUri'].partition('?')[0])}, {query}"
            f".copy_source = {str(copies).lower()}, "
            f".listed = {str(name in service.operations).lower()}}},"
        )
    return [*rows, "constexpr RestRoute routes[] = {", *table, "};"], True


def service_row(service, has_routes):
    meta, facts = service.metadata, service.facts
    parts = [
        f".name = {cpp_string(service.name)}",
        f".signing_name = {cpp_string(service.signing_name())}",
        f".target_prefix = {cpp_string(meta.get('targetPrefix', ''))}",
        f".json_version = {cpp_string(meta.get('jsonVersion', ''))}",
        f".xml_namespace = {cpp_string(service.xml_namespace())}",
        f".iam_prefix = {cpp_string(facts.get('iam', service.signing_name()))}",
        f".validation_error = {cpp_string(facts.get('validation_error', ''))}",
        f".validation = Validation::{facts['validation']}",
        f".query_compatible = {str('awsQueryCompatible' in meta).lower()}",
        f".error_namespace = {cpp_string(facts.get('error_namespace', ''))}",
        ".protocols = protocols",
    ]
    if has_routes:
        parts.append(".routes = routes")
    parts.append(".operations = operations")
    if "query_errors" in facts:
        parts.append(".query_errors = query_errors")
    return "const Service service = {\n    " + ",\n    ".join(parts) + "};"


def operation_row(service, name):
    raw = service.operations[name]
    shapes = [f"&s_{raw[s]['shape']}" if s in raw else "&empty_shape" for s in ("input", "output")]
    return (
        f"const Operation op::{name}::operation = {{.name = {cpp_string(name)}, "
        f".service = &service, .input = {shapes[0]}, .output = {shapes[1]}, "
        f".action = {cpp_string(service.action(name))}, .root = {cpp_string(service.root(name))}, "
        f".path = {cpp_string(raw['http']['requestUri'].partition('?')[0])}, "
        f".status = {raw['http'].get('responseCode', 200)}, "
        f".body_max = {service.body_max(name)}, "
        f".streams_in = {str(service.has_stream(raw.get('input'))).lower()}, "
        f".streams_out = {str(service.has_stream(raw.get('output'))).lower()}, "
        f".audited = {str(service.is_audited(name)).lower()}}};"
    )


def tables(service):
    lines = [
        MADE + f'#include "wire/gen/{service.name}.h"',
        "",
        "#include <cstddef>",
        "",
        '#include "wire/shape.h"',
        "",
        '#pragma clang diagnostic ignored "-Winvalid-offsetof"',
        '#pragma GCC diagnostic ignored "-Winvalid-offsetof"',
        "",
        f"namespace tidemill::wire::{service.name} {{",
        "namespace {",
        "",
    ]
    lines += [f"extern const Shape s_{name};" for name in service.needed]
    for name in service.needed:
        lines += shape_rows(service, name)
    route_lines, has_routes = routes(service)
    lines += route_lines
    names = ", ".join(f"Protocol::{p}" for p in service.protocols())
    lines += [f"constexpr Protocol protocols[] = {{{names}}};"]
    errors = service.facts.get("query_errors", {})
    if errors:
        rows = ", ".join(f"{{{cpp_string(k)}, {cpp_string(v)}}}" for k, v in errors.items())
        lines += [f"constexpr QueryError query_errors[] = {{{rows}}};"]
    lines += ["constexpr const Operation* operations[] = {"]
    lines += [f"    &op::{name}::operation," for name in service.operations]
    lines += ["};", "", "}  // namespace", "", service_row(service, has_routes), ""]
    lines += [operation_row(service, name) for name in service.operations]
    lines += ["", f"}}  // namespace tidemill::wire::{service.name}", ""]
    return "\n".join(lines)


def services_header():
    return (
        MADE
        + "#pragma once\n\n#include <span>\n\n#include \"wire/types.h\"\n\n"
        + "namespace tidemill::wire {\n\n/// Every service of the operations list.\n"
        + "[[nodiscard]] std::span<const Service* const> all_services();\n\n"
        + "}  // namespace tidemill::wire\n"
    )


def services_source(names):
    lines = [MADE + '#include "wire/gen/services.h"', "", '#include "wire/shape.h"']
    lines += [f'#include "wire/gen/{name}.h"' for name in names]
    lines += ["", "namespace tidemill::wire {", "", "const Shape empty_shape = {"]
    lines += ['    .name = "Empty", .kind = Kind::structure};', ""]
    lines += ["std::span<const Service* const> all_services() {"]
    lines += ["  static constexpr const Service* all[] = {"]
    lines += [f"      &{name}::service," for name in names]
    lines += ["  };", "  return all;", "}", "", "}  // namespace tidemill::wire", ""]
    return "\n".join(lines)


def operations_header(services):
    lines = [MADE + "#pragma once", ""]
    lines += [f'#include "wire/gen/{service.name}.h"' for service in services]
    lines += ["", "namespace tidemill::wire {", ""]
    lines += ["/// Calls visit.operator()<Op>() for every operation of the list."]
    lines += ["template <class Visit>", "void each_operation(Visit&& visit) {"]
    for service in services:
        names = list(service.operations)
        lines += [f"  visit.template operator()<{service.name}::op::{name}>();" for name in names]
    lines += ["}", "", "}  // namespace tidemill::wire", ""]
    return "\n".join(lines)
