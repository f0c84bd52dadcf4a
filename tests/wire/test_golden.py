"""Every operation of src/wire/operations.toml in every protocol: what botocore sends is read, and
what is answered, botocore reads."""

import botocore.parsers
import botocore.serialize
import pytest
from botocore.awsrequest import AWSRequest, HeadersDict

from .models import OPERATIONS, OUR_NAME, SERVICES, Samples, plain, plain_input


def request_of(service, operation, protocol, parameters):
    """What botocore would send: (method, target, headers, body)."""
    model = SERVICES[service]
    serializer = botocore.serialize.create_serializer(protocol, include_validation=False)
    made = serializer.serialize_to_request(parameters, model.operation_model(operation))
    request = AWSRequest(
        method=made["method"], url="http://localhost" + made["url_path"],
        params=made["query_string"], headers=made["headers"], data=made["body"],
    ).prepare()
    headers = {name: text(value) for name, value in request.headers.items()}
    scope = f"AKID/20240115/us-east-1/{model.signing_name}/aws4_request"
    headers["Authorization"] = f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"
    headers["Host"] = "localhost"
    body = request.body or b""
    body = body.encode() if isinstance(body, str) else body
    return request.method, request.url.removeprefix("http://localhost"), headers, body


def text(value):
    return value.decode() if isinstance(value, bytes) else str(value)


@pytest.mark.parametrize("full", [False, True], ids=["required", "all"])
@pytest.mark.parametrize("service,operation,protocol", OPERATIONS)
def test_request(golden, service, operation, protocol, full):
    shape = SERVICES[service].operation_model(operation).input_shape
    parameters = {}
    if shape is not None:
        only = None if full else shape.required_members
        parameters = Samples(service).structure(shape, only)
    answer = golden.decode(*request_of(service, operation, protocol, parameters))
    assert "error" not in answer, answer
    assert (answer["service"], answer["operation"]) == (service, operation)
    assert answer["protocol"] == OUR_NAME[protocol]
    if "ContentLength" not in parameters:
        answer["input"].pop("ContentLength", None)  # The header is there, whoever set it.
    assert answer["input"] == plain_input(service, shape, parameters)


@pytest.mark.parametrize("service,operation,protocol", OPERATIONS)
def test_response(golden, service, operation, protocol):
    model = SERVICES[service].operation_model(operation)
    if operation == "GetBucketLocation":
        return  # Its root is its member: test_exact.py.
    output = Samples(service).structure(model.output_shape) if model.output_shape else {}
    status, headers, body = golden.response(
        do="encode", service=service, operation=operation, protocol=OUR_NAME[protocol],
        output=plain_input(service, model.output_shape, output),
    )
    parser = botocore.parsers.create_parser(protocol)
    answer = {"status_code": status, "headers": HeadersDict(headers), "body": body}
    parsed = parser.parse(answer, model.output_shape)
    parsed.pop("ResponseMetadata")
    if model.has_streaming_output:
        parsed.pop("Body")  # Streamed beside the codec.
    assert plain(parsed) == plain(output)


@pytest.mark.parametrize("name,message", [("NoSuchThing", "There is no <thing> & \"no\" ü.")])
@pytest.mark.parametrize("service,protocol", sorted({(s, p) for s, _, p in OPERATIONS}))
def test_error(golden, service, protocol, name, message):
    status, headers, body = golden.response(
        do="refuse", service=service, protocol=OUR_NAME[protocol], name=name, message=message,
        code=2,
    )
    parser = botocore.parsers.create_parser(protocol)
    parsed = parser.parse({"status_code": status, "headers": HeadersDict(headers), "body": body}, None)
    assert status == (400 if protocol in ("json", "smithy-rpc-v2-cbor") else 404)
    assert parsed["Error"]["Code"] == name
    assert parsed["Error"]["Message"] == message
