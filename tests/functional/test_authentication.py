"""Signatures: every payload mode, both kinds of presigned URL, and what is refused."""

from datetime import timedelta
from urllib.parse import quote

import boto3
import pytest
from botocore.config import Config
from support import platform
from support.errors import refused
from support.raw import (
    STREAMING,
    Signer,
    chunked,
    chunked_unsigned,
    crc32_text,
    exchange,
    sha256,
)

BODY = b"0123456789" * 20_000
PIECES = [BODY[:65536], BODY[65536:131072], BODY[131072:]]
TRAILER = ("x-amz-checksum-crc32", crc32_text(BODY))
UNSIGNED_TRAILER = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"


def length_headers(**more):
    return {"x-amz-decoded-content-length": str(len(BODY)), "content-encoding": "aws-chunked"} | more


def put_chunked(signer, path, mode, pieces=PIECES, trailer=None, spoil=None):
    extra = length_headers(**({"x-amz-trailer": trailer[0]} if trailer else {}))
    headers = signer.headers("PUT", path, mode, extra)
    if mode == UNSIGNED_TRAILER:
        body = chunked_unsigned(pieces, trailer)
    else:
        body = chunked(signer, headers, pieces, trailer)
    return exchange(signer.endpoint, "PUT", path, headers, spoil(body) if spoil else body)


MODES = {
    "signed": lambda signer, path: signer.send("PUT", path, BODY),
    "unsigned": lambda signer, path: signer.send("PUT", path, BODY, payload="UNSIGNED-PAYLOAD"),
    "chunks": lambda signer, path: put_chunked(signer, path, STREAMING),
    "chunks and trailer": lambda signer, path: put_chunked(
        signer, path, STREAMING + "-TRAILER", trailer=TRAILER
    ),
    "unsigned chunks and trailer": lambda signer, path: put_chunked(
        signer, path, UNSIGNED_TRAILER, trailer=TRAILER
    ),
}


@pytest.mark.parametrize("mode", MODES)
def test_payload_modes(signer, bucket, mode):
    put = MODES[mode](signer, f"/{bucket}/k")
    assert put.status == 200, put.text
    got = signer.send("GET", f"/{bucket}/k")
    assert got.body == BODY
    assert "content-encoding" not in got.headers, "aws-chunked is the wire's, not the object's"


def test_one_byte_pieces_arrive_whole(signer, bucket):
    body = b"abc"
    extra = {"x-amz-decoded-content-length": "3"}
    headers = signer.headers("PUT", f"/{bucket}/k", STREAMING, extra)
    sent = chunked(signer, headers, [b"a", b"b", b"c"])
    assert exchange(signer.endpoint, "PUT", f"/{bucket}/k", headers, sent).status == 200
    assert signer.send("GET", f"/{bucket}/k").body == body


def flip(body):
    return body[:5000] + bytes([body[5000] ^ 1]) + body[5001:]


SPOILT = {
    "signed body": (
        lambda signer, path: signer.send("PUT", path, BODY, payload=sha256(b"other")),
        "XAmzContentSHA256Mismatch",
        400,
    ),
    "chunk": (
        lambda signer, path: put_chunked(signer, path, STREAMING, spoil=flip),
        "SignatureDoesNotMatch",
        403,
    ),
    "trailer's checksum": (
        lambda signer, path: put_chunked(
            signer, path, UNSIGNED_TRAILER, trailer=("x-amz-checksum-crc32", "AAAAAA==")
        ),
        "BadDigest",
        400,
    ),
    "signed trailer's checksum": (
        lambda signer, path: put_chunked(
            signer, path, STREAMING + "-TRAILER", trailer=("x-amz-checksum-crc32", "AAAAAA==")
        ),
        "BadDigest",
        400,
    ),
    "fewer bytes than said": (
        lambda signer, path: put_chunked(signer, path, STREAMING, pieces=PIECES[:2]),
        "IncompleteBody",
        400,
    ),
}


@pytest.mark.parametrize("case", SPOILT)
def test_spoilt_payload_stores_nothing(signer, bucket, case):
    send, code, status = SPOILT[case]
    answer = send(signer, f"/{bucket}/k")
    assert (answer.status, answer.code()) == (status, code), answer.text
    assert signer.send("GET", f"/{bucket}/k").status == 404


def bent(signer, **changes):
    return Signer(**({"endpoint": signer.endpoint, "key_id": signer.key_id,
                      "secret": signer.secret} | changes))


WRONG_KEYS = {
    "secret": ({"secret": "x" * 40}, "SignatureDoesNotMatch", "InvalidSignatureException"),
    "key": (
        {"key_id": "AKIAAAAAAAAAAAAAAAAA"},
        "InvalidAccessKeyId",
        "UnrecognizedClientException",
    ),
    "clock behind": (
        {"skew": timedelta(minutes=-20)},
        "RequestTimeTooSkewed",
        "InvalidSignatureException",
    ),
    "clock ahead": (
        {"skew": timedelta(minutes=20)},
        "RequestTimeTooSkewed",
        "InvalidSignatureException",
    ),
    "token": ({"token": "nonsense"}, "InvalidToken", "UnrecognizedClientException"),
}


@pytest.mark.parametrize("case", WRONG_KEYS)
def test_wrong_keys(signer, bucket, case):
    changes, s3_code, json_code = WRONG_KEYS[case]
    answer = bent(signer, **changes).send("GET", f"/{bucket}")
    assert answer.code() == s3_code and answer.status in (400, 403), answer.text
    other = bent(signer, service="events", **changes)
    headers = {"x-amz-target": "AWSEvents.ListRules", "content-type": "application/x-amz-json-1.1"}
    answer = other.send("POST", "/", b"{}", headers)
    assert answer.code() == json_code and answer.status in (400, 403), answer.text


def test_skew_of_minutes_is_well(signer, bucket):
    for minutes in (-14, 14):
        early = bent(signer, skew=timedelta(minutes=minutes))
        assert early.send("GET", f"/{bucket}").status == 200


def test_signature_says_what_was_signed(signer, bucket):
    answer = bent(signer, secret="x" * 40).send("GET", f"/{bucket}")
    for element in ("AWSAccessKeyId", "StringToSign", "SignatureProvided", "CanonicalRequest"):
        assert f"<{element}>" in answer.text
    assert "The request signature we calculated does not match" in answer.text


def test_without_a_signature(server, bucket):
    answer = exchange(server.endpoint, "GET", f"/{bucket}", {})
    assert (answer.status, answer.code()) == (403, "AccessDenied")
    answer = exchange(
        server.endpoint, "POST", "/", {"x-amz-target": "AWSEvents.ListRules"}, b"{}"
    )
    assert answer.code() == "MissingAuthenticationTokenException" and answer.status in (400, 403)


@pytest.mark.parametrize(
    "header", ["AWS4-HMAC-SHA256 nonsense", "AWS4-HMAC-SHA256 Credential=a/b", "Basic YTpi", ""]
)
def test_malformed_authorization(server, bucket, header):
    answer = exchange(server.endpoint, "GET", f"/{bucket}", {"authorization": header})
    assert answer.status in (400, 403), answer.text
    assert answer.code() in (
        "AuthorizationHeaderMalformed", "InvalidArgument", "AccessDenied", "MissingSecurityHeader",
        "InvalidRequest",
    )


def test_header_that_changed_on_the_way(signer, bucket):
    headers = signer.headers("PUT", f"/{bucket}/k", sha256(b"x"), {"x-amz-meta-a": "1"})
    headers["x-amz-meta-a"] = "2"
    answer = exchange(signer.endpoint, "PUT", f"/{bucket}/k", headers, b"x")
    assert (answer.status, answer.code()) == (403, "SignatureDoesNotMatch")


def test_unsigned_amz_header_is_refused(signer, bucket):
    headers = signer.headers("PUT", f"/{bucket}/k", sha256(b"x"))
    headers["x-amz-meta-sneaked"] = "in"
    answer = exchange(signer.endpoint, "PUT", f"/{bucket}/k", headers, b"x")
    assert (answer.status, answer.code()) == (403, "AccessDenied")
    assert "not signed" in answer.text and "x-amz-meta-sneaked" in answer.text


# --- presigned URLs


def boto_url(server, version, method, **given):
    key_id, secret = server.credentials()
    s3 = boto3.client(
        "s3", endpoint_url=server.endpoint, region_name="us-east-1", aws_access_key_id=key_id,
        aws_secret_access_key=secret, config=Config(signature_version=version),
    )
    expires = given.pop("expires", 300)
    url = s3.generate_presigned_url(method, Params=given, ExpiresIn=expires)
    return url.removeprefix(server.endpoint)


@pytest.mark.parametrize("version", ["s3", "s3v4"])
def test_presigned_urls_of_both_versions(server, bucket, version):
    key = "dir/a b+ü.csv"
    put = boto_url(server, version, "put_object", Bucket=bucket, Key=key)
    assert exchange(server.endpoint, "PUT", put, {}, BODY).status == 200
    get = boto_url(server, version, "get_object", Bucket=bucket, Key=key)
    assert exchange(server.endpoint, "GET", get, {}).body == BODY
    wrong = get.replace("Signature=", "Signature=0")
    assert exchange(server.endpoint, "GET", wrong, {}).code() == "SignatureDoesNotMatch"
    assert exchange(server.endpoint, "DELETE", get, {}).code() == "SignatureDoesNotMatch"
    other = get.replace(quote("a b"), "x")
    assert exchange(server.endpoint, "GET", other, {}).status == 403


def test_boto3s_default_presigned_url(server, bucket):
    server.client("s3").put_object(Bucket=bucket, Key="k", Body=b"x")
    url = server.client("s3").generate_presigned_url(
        "get_object", Params={"Bucket": bucket, "Key": "k", "ResponseContentType": "text/plain"}
    )
    answer = exchange(server.endpoint, "GET", url.removeprefix(server.endpoint), {})
    assert (answer.status, answer.headers["content-type"]) == (200, "text/plain")


def test_presigned_url_expires(signer, bucket):
    late = bent(signer, skew=timedelta(seconds=-100))
    assert exchange(signer.endpoint, "GET", late.presign("GET", f"/{bucket}", 300), {}).status == 200
    answer = exchange(signer.endpoint, "GET", late.presign("GET", f"/{bucket}", 60), {})
    assert (answer.status, answer.code()) == (403, "AccessDenied")
    assert "Request has expired" in answer.text and "<X-Amz-Expires>60<" in answer.text


def test_expired_version_2_url(server, bucket):
    url = boto_url(server, "s3", "get_object", Bucket=bucket, Key="k", expires=-10)
    answer = exchange(server.endpoint, "GET", url, {})
    assert (answer.status, answer.code()) == (403, "AccessDenied")
    assert "Request has expired" in answer.text


def test_presigned_url_with_a_parameter_missing(signer, bucket):
    url = signer.presign("GET", f"/{bucket}").replace("X-Amz-Expires=300&", "")
    answer = exchange(signer.endpoint, "GET", url, {})
    assert (answer.status, answer.code()) == (400, "AuthorizationQueryParametersError")


def test_metadata_in_a_presigned_query_is_stored(signer, bucket):
    url = signer.presign("PUT", f"/{bucket}/k", **{"x-amz-meta-a": "1"})
    assert exchange(signer.endpoint, "PUT", url, {}, b"x").status == 200
    assert signer.send("HEAD", f"/{bucket}/k").headers["x-amz-meta-a"] == "1"


# --- temporary credentials


def test_session_credentials_sign_and_end_with_their_token(server, bucket, name):
    iam, sts = server.client("iam"), server.client("sts")
    user_key, _ = server.credentials()
    caller = sts.get_caller_identity()
    trust = platform.policy({
        "Effect": "Allow", "Action": "sts:AssumeRole",
        "Principal": {"AWS": f"arn:aws:iam::{caller['Account']}:root"},
    })
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    allow = {"Effect": "Allow", "Action": "s3:PutObject", "Resource": f"arn:aws:s3:::{bucket}/in/*"}
    iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=platform.policy(allow))
    given = sts.assume_role(RoleArn=role, RoleSessionName="me")["Credentials"]
    assert given["AccessKeyId"] != user_key
    session = (given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])
    s3 = server.client("s3", session)
    s3.put_object(Bucket=bucket, Key="in/a", Body=b"x")
    with refused("AccessDenied", 403):
        s3.put_object(Bucket=bucket, Key="out/a", Body=b"x")
    with refused("InvalidAccessKeyId", 403):
        server.client("s3", session[:2]).put_object(Bucket=bucket, Key="in/a", Body=b"x")
