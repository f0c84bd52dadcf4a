"""What no well-behaved client sends: AWS's own refusal, nothing stored, and the next request well."""

import http.client
import socket
from urllib.parse import urlsplit

import pytest
from support.errors import refused
from support.raw import EMPTY, Signer, exchange, sha256

JSON = "application/x-amz-json-1.1"
DELETE_NOTHING = b"<Delete xmlns='http://s3.amazonaws.com/doc/2006-03-01/'></Delete>"
BILLION_LAUGHS = (
    b'<?xml version="1.0"?><!DOCTYPE d [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
    b"<Delete><Object><Key>&b;</Key></Object></Delete>"
)


def json_call(server, service, target, body, content_type=JSON):
    signer = Signer(server.endpoint, *server.credentials(), service=service)
    return signer.send("POST", "/", body, {"x-amz-target": target, "content-type": content_type})


@pytest.mark.parametrize("body", [b"{", b"[]", b'"text"', b"\xff\xfe", b"{}}", b'{"a":' * 5000])
@pytest.mark.parametrize(
    "service, target",
    [
        ("events", "AWSEvents.ListRules"),
        ("glue", "AWSGlue.GetJobs"),
        ("logs", "Logs_20140328.DescribeLogGroups"),
    ],
)
def test_json_that_is_none(server, service, target, body):
    answer = json_call(server, service, target, body)
    assert (answer.status, answer.code()) == (400, "SerializationException"), answer.text


@pytest.mark.parametrize(
    "service, target, body",
    [
        ("events", "AWSEvents.ListRules", b'{"Limit": "ten"}'),
        ("events", "AWSEvents.PutRule", b'{"Name": {"a": 1}}'),
        ("glue", "AWSGlue.GetJobs", b'{"MaxResults": [1]}'),
    ],
)
def test_json_of_the_wrong_type(server, service, target, body):
    answer = json_call(server, service, target, body)
    assert (answer.status, answer.code()) == (400, "SerializationException"), answer.text


UNLISTED = [
    ("events", "AWSEvents.CreateArchiveOfMine", "CreateArchiveOfMine"),
    ("glue", "AWSGlue.CreateDevEndpoint", "CreateDevEndpoint"),
    ("logs", "Logs_20140328.StartLiveTail", "StartLiveTail"),
]


@pytest.mark.parametrize("service, target, operation", UNLISTED)
def test_unlisted_operation_is_named(server, service, target, operation):
    answer = json_call(server, service, target, b"{}")
    assert (answer.status, answer.code()) == (400, "UnknownOperationException"), answer.text
    assert operation in answer.text


def test_unlisted_query_operation(server):
    signer = Signer(server.endpoint, *server.credentials(), service="iam")
    headers = {"content-type": "application/x-www-form-urlencoded"}
    body = b"Action=CreateSAMLProvider&Version=2010-05-08"
    answer = signer.send("POST", "/", body, headers)
    assert answer.status == 400 and "CreateSAMLProvider" in answer.text
    assert answer.code() in ("UnknownOperationException", "InvalidAction")


def test_unlisted_s3_operation(signer, bucket):
    answer = signer.send("GET", f"/{bucket}", query="analytics=")
    assert answer.status in (400, 501), "never a 5xx that clients would retry for long"
    assert answer.code() in ("UnknownOperationException", "NotImplemented")


XML = {
    "not closed": (b"<Delete><Object>", "MalformedXML"),
    "no XML": (b"delete everything", "MalformedXML"),
    "empty": (b"", "MissingRequestBodyError"),
    "no objects": (DELETE_NOTHING, "MalformedXML"),
    "other root": (b"<Remove/>", "MalformedXML"),
    "entities": (BILLION_LAUGHS, "MalformedXML"),
}


@pytest.mark.parametrize("case", XML)
def test_xml_that_is_none(signer, bucket, case):
    body, code = XML[case]
    answer = signer.send("POST", f"/{bucket}", body, query="delete=")
    assert answer.status == 400 and answer.code() in (code, "MalformedXML"), answer.text


def connect(server):
    place = urlsplit(server.endpoint)
    return socket.create_connection((place.hostname, place.port), timeout=20)


def read_all(sock):
    received = b""
    while piece := sock.recv(65536):
        received += piece
    return received


def request_text(headers, method, path):
    lines = [f"{method} {path} HTTP/1.1"] + [f"{name}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def test_body_cut_short_stores_nothing(server, signer, bucket):
    body = b"x" * 100_000
    headers = signer.headers("PUT", f"/{bucket}/k", sha256(body))
    headers["content-length"] = str(len(body))
    with connect(server) as sock:
        sock.sendall(request_text(headers, "PUT", f"/{bucket}/k") + body[:50_000])
        sock.shutdown(socket.SHUT_WR)
        read_all(sock)
    assert signer.send("GET", f"/{bucket}/k").status == 404


def test_expect_continue(server, signer, bucket):
    headers = signer.headers("PUT", f"/{bucket}/k", sha256(b"abc"))
    headers |= {"content-length": "3", "expect": "100-continue", "connection": "close"}
    with connect(server) as sock:
        sock.sendall(request_text(headers, "PUT", f"/{bucket}/k"))
        assert sock.recv(1000).startswith(b"HTTP/1.1 100 ")
        sock.sendall(b"abc")
        assert read_all(sock).startswith(b"HTTP/1.1 200 ")
    assert signer.send("GET", f"/{bucket}/k").body == b"abc"


def test_expect_continue_is_refused_before_the_body(server, signer, name):
    headers = signer.headers("PUT", f"/{name}/k", sha256(b"abc"))
    headers |= {"content-length": "3", "expect": "100-continue", "connection": "close"}
    headers["authorization"] = headers["authorization"][:-4] + "0000"
    with connect(server) as sock:
        sock.sendall(request_text(headers, "PUT", f"/{name}/k"))
        assert sock.recv(1000).startswith(b"HTTP/1.1 403 ")


BAD_HTTP = {
    "no HTTP": b"hello\r\n\r\n",
    "no host": b"GET / HTTP/1.1\r\n\r\n",
    "two lengths": b"PUT /a/b HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
    "length and chunks": (
        b"PUT /a/b HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"0\r\n\r\n"
    ),
    "length no number": b"PUT /a/b HTTP/1.1\r\nHost: h\r\nContent-Length: -1\r\n\r\n",
    "blank before colon": b"GET / HTTP/1.1\r\nHost : h\r\n\r\n",
    "long header": b"GET / HTTP/1.1\r\nHost: h\r\nX-A: " + b"a" * 200_000 + b"\r\n\r\n",
}


@pytest.mark.parametrize("case", BAD_HTTP)
def test_bad_http_is_refused_and_the_connection_closed(server, case):
    with connect(server) as sock:
        try:
            sock.sendall(BAD_HTTP[case])
            answer = read_all(sock)
        except ConnectionError:
            return
    assert answer == b"" or answer.startswith((b"HTTP/1.1 4", b"HTTP/1.0 4")), answer[:200]
    assert answer.count(b"HTTP/1.1 ") <= 1


def test_connection_goes_on_after_a_refusal(server, signer, bucket):
    place = urlsplit(server.endpoint)
    connection = http.client.HTTPConnection(place.hostname, place.port, timeout=20)
    wrong = signer.headers("PUT", f"/{bucket}/k", sha256(b"other"))
    answer = exchange(server.endpoint, "PUT", f"/{bucket}/k", wrong, b"body", connection)
    assert answer.code() == "XAmzContentSHA256Mismatch"
    right = signer.headers("GET", f"/{bucket}", EMPTY)
    assert exchange(server.endpoint, "GET", f"/{bucket}", right, b"", connection).status == 200
    connection.close()


@pytest.mark.parametrize("length", [1025, 5000])
def test_key_that_is_too_long(signer, bucket, length):
    answer = signer.send("PUT", f"/{bucket}/{'k' * length}", b"x")
    assert (answer.status, answer.code()) == (400, "KeyTooLongError")


def test_metadata_that_is_too_large(signer, bucket):
    answer = signer.send("PUT", f"/{bucket}/k", b"x", {"x-amz-meta-a": "v" * 2100})
    assert (answer.status, answer.code()) == (400, "MetadataTooLarge")


@pytest.mark.parametrize("method", ["PATCH", "TRACE", "PROPFIND"])
def test_methods_that_s3_has_not(signer, bucket, method):
    answer = signer.send(method, f"/{bucket}/k")
    assert answer.status in (400, 405) and answer.code() in (
        "MethodNotAllowed", "UnknownOperationException",
    )


def test_put_without_a_length(signer, bucket):
    headers = signer.headers("PUT", f"/{bucket}/k", "UNSIGNED-PAYLOAD")
    with connect(signer) as sock:
        headers["connection"] = "close"
        sock.sendall(request_text(headers, "PUT", f"/{bucket}/k"))
        answer = read_all(sock)
    assert answer.startswith(b"HTTP/1.1 411 ") or b"MissingContentLength" in answer


def test_batch_that_is_too_large(server, bucket):
    objects = [{"Key": str(number)} for number in range(1001)]
    with refused("MalformedXML", 400):
        server.client("s3").delete_objects(Bucket=bucket, Delete={"Objects": objects})
