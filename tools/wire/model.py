"""One service's API model, cut down to the operations that the list names."""

import re

PROTOCOLS = {
    "json": "json",
    "rest-json": "rest_json",
    "rest-xml": "rest_xml",
    "query": "query",
    "smithy-rpc-v2-cbor": "cbor",
}
SCALARS = {
    "string": "std::string",
    "character": "std::string",
    "blob": "std::string",
    "boolean": "bool",
    "integer": "std::int32_t",
    "long": "std::int64_t",
    "float": "double",
    "double": "double",
    "timestamp": "TimeMs",
}
KEYWORDS = set(
    "alignas and asm auto bool break case catch char class concept const continue default delete do "
    "double else enum explicit export extern false float for friend goto if import inline int long "
    "module mutable namespace new not operator or private protected public register requires return "
    "short signed sizeof static struct switch template this throw true try typedef typename union "
    "unsigned using virtual void volatile while xor".split()
)


def field_name(member):
    """A member's C++ name."""
    return member + "_" if member in KEYWORDS else member


READS = ("Get", "List", "Describe", "Head", "BatchGet", "Filter", "Lookup", "Test")


class Member:
    """A member of a structure: its model entry, and where it goes on the wire."""

    def __init__(self, name, raw, required):
        self.name = name
        self.raw = raw
        self.shape = raw["shape"]
        self.required = required
        self.field = field_name(name)
        self.location = raw.get("location", "body")
        self.wire_name = raw.get("locationName", name)


class Service:
    """The shapes and operations of one service, the needed shapes in order of definition."""

    def __init__(self, name, facts, raw):
        self.name = name
        self.facts = facts
        self.raw = raw
        self.metadata = raw["metadata"]
        self.shapes = raw["shapes"]
        self.omit = set(facts.get("omit", []))
        unknown = set(facts["operations"]) - set(raw["operations"])
        if unknown:
            raise SystemExit(f"{name}: not in botocore's model: {', '.join(sorted(unknown))}")
        self.operations = {o: raw["operations"][o] for o in facts["operations"]}
        self.needed = {}  # Shape name -> None, dependencies first.
        self._open = []
        for operation in self.operations.values():
            for side in ("input", "output"):
                if side in operation:
                    self._need(operation[side]["shape"])

    def members(self, shape_name):
        """The members of a structure, without omitted and streaming ones."""
        raw = self.shapes[shape_name]
        required = raw.get("required", [])
        found = []
        for name, member in raw.get("members", {}).items():
            if f"{shape_name}.{name}" in self.omit or self.is_stream(member):
                continue
            if member.get("xmlAttribute") and member["locationName"] != "xsi:type":
                raise SystemExit(f"{shape_name}.{name}: no XML attribute but xsi:type is known")
            found.append(Member(name, member, name in required))
        return found

    def is_stream(self, member):
        shape = self.shapes[member["shape"]]
        return bool(member.get("streaming") or shape.get("streaming"))

    def has_stream(self, side):
        """Whether an operation's input or output carries a streamed payload."""
        if side is None:
            return False
        raw = self.shapes[side["shape"]]
        return any(self.is_stream(m) for m in raw.get("members", {}).values())

    def kind(self, shape_name):
        if shape_name in self.facts.get("as_string", []):
            return "string"
        return {"character": "string", "float": "double"}.get(
            self.shapes[shape_name]["type"], self.shapes[shape_name]["type"]
        )

    def cpp_type(self, shape_name):
        raw, kind = self.shapes[shape_name], self.kind(shape_name)
        if kind == "structure":
            return f"{self.name}::{shape_name}"
        if kind == "list":
            return f"std::vector<{self.cpp_type(raw['member']['shape'])}>"
        if kind == "map":
            return f"std::map<std::string, {self.cpp_type(raw['value']['shape'])}>"
        return SCALARS[kind]

    def structures(self):
        return [s for s in self.needed if self.kind(s) == "structure"]

    def _need(self, shape_name, direct=True):
        if shape_name in self.needed:
            return
        if shape_name in self._open:
            if direct:
                path = " -> ".join([*self._open, shape_name])
                raise SystemExit(f"{self.name}: recursive, name a member in `omit`: {path}")
            return
        self._open.append(shape_name)
        raw, kind = self.shapes[shape_name], self.kind(shape_name)
        if kind == "structure":
            for member in self.members(shape_name):
                # A structure is held by value, so it must be whole before; a container need not.
                self._need(member.shape, self.kind(member.shape) == "structure")
        elif kind == "list":
            self._need(raw["member"]["shape"], False)
        elif kind == "map":
            self._need(raw["key"]["shape"], False)
            self._need(raw["value"]["shape"], False)
        self._open.pop()
        self.needed[shape_name] = None

    def query_names(self, shape_name):
        """What a flattened list or map is called in forms: [name] or [name, key, value], or []."""
        raw, given = self.shapes[shape_name], self.facts.get("query_names")
        if given is None or raw["type"] not in ("list", "map"):
            return []
        return given.get(shape_name) or [raw["member"]["shape"]]

    # Facts of the service.

    def signing_name(self):
        return self.metadata.get("signingName", self.metadata["endpointPrefix"])

    def protocols(self):
        names = self.metadata.get("protocols", [self.metadata["protocol"]])
        found = [PROTOCOLS[n] for n in names]
        # Older clients of query-compatible services still send forms.
        if "awsQueryCompatible" in self.metadata and "query" not in found:
            found.append("query")
        return found

    def xml_namespace(self):
        if self.name == "s3":
            return "http://s3.amazonaws.com/doc/2006-03-01/"
        if self.name == "sqs":
            return "http://queue.amazonaws.com/doc/2012-11-05/"
        return self.metadata.get("xmlNamespace", "")

    # Facts of an operation.

    def action(self, operation):
        default = f"{self.facts.get('iam', self.signing_name())}:{operation}"
        return self.facts.get("actions", {}).get(operation, default)

    def body_max(self, operation):
        sizes = self.facts.get("body_max", {})
        return sizes.get(operation, sizes.get("default", 1 << 20))

    def is_audited(self, operation):
        """Whether it changes resources, as opposed to reading them or to what is in them."""
        return not operation.startswith(READS) and operation not in self.facts.get("data", [])

    def root(self, operation):
        """The name of the answer's outermost XML element."""
        given = self.facts.get("roots", {}).get(operation)
        output = self.operations[operation].get("output")
        if given or output is None:
            return given or ""
        if "resultWrapper" in output:
            return output["resultWrapper"]
        raw = self.shapes[output["shape"]]
        if "payload" in raw:
            member = raw["members"][raw["payload"]]
            return member.get("locationName", member["shape"])
        if self.name == "s3":
            return output["shape"]
        return f"{operation}Result"

    def rest_conditions(self, operation):
        """What a REST request's query (and copy header) must have to be this operation."""
        raw = self.raw["operations"][operation]
        query = raw["http"]["requestUri"].partition("?")[2]
        found = [tuple(p.partition("=")[::2]) for p in query.split("&") if p]
        copies = False
        if "input" in raw and self.name == "s3":
            shape = self.shapes[raw["input"]["shape"]]
            for name in shape.get("required", []):
                member = shape["members"][name]
                if member.get("location") == "querystring":
                    found.append((member["locationName"], ""))
                copies |= member.get("locationName") == "x-amz-copy-source"
        found = [(k, v) for k, v in found if k != "x-id"]
        return found, copies


def cpp_string(text):
    """A C++ string literal."""
    out = []
    for byte in text.encode():
        character = chr(byte)
        if character in '"\\':
            out.append("\\" + character)
        elif 32 <= byte < 127:
            out.append(character)
        else:
            out.append(f"\\{byte:03o}")
    return '"' + re.sub(r"\?\?", r"?\\?", "".join(out)) + '"'
