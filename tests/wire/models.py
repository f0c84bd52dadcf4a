"""botocore's models of what src/wire/operations.toml lists, and values made from their shapes."""

import base64
import datetime
import tomllib
from pathlib import Path

import botocore.loaders
import botocore.model

TOP = Path(__file__).resolve().parent.parent.parent
LISTED = tomllib.loads((TOP / "src/wire/operations.toml").read_text())
UTC = datetime.timezone.utc
OUR_NAME = {
    "json": "json", "rest-json": "rest-json", "rest-xml": "rest-xml", "query": "query",
    "smithy-rpc-v2-cbor": "cbor",
}
DEEPEST = 4


def load(name):
    raw = botocore.loaders.Loader().load_service_model(LISTED[name]["model"], "service-2")
    return botocore.model.ServiceModel(raw, LISTED[name]["model"])


SERVICES = {name: load(name) for name in LISTED}


def protocols(name):
    """Those of the model that we speak."""
    metadata = SERVICES[name].metadata
    return [p for p in metadata.get("protocols", [metadata["protocol"]]) if p in OUR_NAME]


OPERATIONS = [
    (name, operation, protocol)
    for name, facts in LISTED.items()
    for operation in facts["operations"]
    for protocol in protocols(name)
]


class Samples:
    """A value for each member of a shape, the same at every call."""

    def __init__(self, service):
        self.omit = set(LISTED[service].get("omit", []))
        self.as_string = set(LISTED[service].get("as_string", []))
        self.rest = SERVICES[service].metadata["protocol"].startswith("rest")
        self.count = 0

    def structure(self, shape, only=None, depth=0):
        made = {}
        for name, member in shape.members.items():
            if only is not None and name not in only:
                continue
            if f"{shape.name}.{name}" in self.omit or self.is_stream(shape, name, member):
                continue
            if member.type_name == "structure" and depth >= DEEPEST:
                continue
            if member.type_name == "structure" and not member.members:
                continue  # Forms can't say it.
            made[name] = self.value(name, member, depth + 1)
        return made

    @staticmethod
    def is_stream(shape, name, member):
        return member.serialization.get("streaming") or (
            shape.serialization.get("payload") == name and member.type_name == "blob"
        )

    def value(self, name, shape, depth):
        self.count += 1
        kind = shape.type_name
        if kind == "string":
            if getattr(shape, "enum", None):
                return shape.enum[0]
            in_header = shape.serialization.get("location") in ("header", "headers")
            return f"{name}-{self.count}" if in_header else f"{name} {self.count} <&\"ü/%+"
        if kind == "blob":
            return bytes([0, 255, self.count % 256]) + name.encode()
        if kind == "boolean":
            return self.count % 2 == 0
        if kind in ("integer", "long"):
            return self.count
        if kind in ("float", "double"):
            return self.count + 0.5
        if kind == "timestamp":
            return datetime.datetime(2024, 1, 15, 9, 30, self.count % 60, tzinfo=UTC)
        if kind == "list":
            return [self.value(name, shape.member, depth) for _ in range(2)]
        if kind == "map":
            keys = shape.key.enum[:2] if getattr(shape.key, "enum", None) else ("key-a", "key-b")
            return {key: self.value(name, shape.value, depth) for key in keys}
        return self.structure(shape, depth=depth)


def plain(value):
    """A value as the program under test shows it: blobs in base64, times in milliseconds."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, datetime.datetime):
        return round(value.timestamp() * 1000)
    return value


def plain_input(service, shape, parameters):
    """As plain; members that are kept as the client wrote them are texts."""
    kept = set(LISTED[service].get("as_string", []))
    made = plain(parameters)
    for name, member in shape.members.items() if shape else ():
        if name in made and member.name in kept and isinstance(parameters[name], datetime.datetime):
            made[name] = parameters[name].strftime("%a, %d %b %Y %H:%M:%S GMT")
    return made
