"""Objects: what is put comes back, byte for byte and header for header, as AWS answers."""

import hashlib
import http.client
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from urllib.parse import urlsplit

import pytest
from support.errors import refused
from support.raw import exchange

KEYS = [
    "a",
    "a/b",
    "a//b",
    "/leading",
    "trailing/",
    "dir/../up",
    "./dot",
    "with blank + plus",
    "percent%2Fliteral%20",
    "question?and#hash&amp;<x>",
    "quote'\"`$",
    "ü/日本語/😀",
    "tab\tkey",
    "x" * 1024,
    "é" * 512,
    "~tilde!*()-_.",
    "a=b,c;d:e@f",
    "back\\slash",
    "..",
]


@pytest.mark.parametrize("key", KEYS, ids=range(len(KEYS)))
def test_any_key_is_put_found_and_deleted(s3, bucket, key):
    s3.put_object(Bucket=bucket, Key=key, Body=key.encode())
    assert s3.get_object(Bucket=bucket, Key=key)["Body"].read() == key.encode()
    assert [item["Key"] for item in s3.list_objects_v2(Bucket=bucket)["Contents"]] == [key]
    assert [item["Key"] for item in s3.list_objects(Bucket=bucket)["Contents"]] == [key]
    s3.delete_object(Bucket=bucket, Key=key)
    assert "Contents" not in s3.list_objects_v2(Bucket=bucket)


def test_a_key_and_a_key_below_it_both_exist(s3, bucket):
    for key in ("a", "a/b", "a/b/c"):
        s3.put_object(Bucket=bucket, Key=key, Body=key.encode())
    for key in ("a", "a/b", "a/b/c"):
        assert s3.get_object(Bucket=bucket, Key=key)["Body"].read() == key.encode()


@pytest.mark.parametrize("size", [0, 1, 4096, 65536, 65537, 1 << 20, (9 << 20) + 13])
def test_sizes(s3, bucket, size):
    body = (b"tidemill" * (size // 8 + 1))[:size]
    put = s3.put_object(Bucket=bucket, Key="k", Body=body)
    assert put["ETag"] == f'"{hashlib.md5(body).hexdigest()}"'
    got = s3.get_object(Bucket=bucket, Key="k")
    assert got["ContentLength"] == size and got["Body"].read() == body


def test_headers_and_metadata_come_back(s3, bucket):
    given = {
        "ContentType": "text/csv",
        "CacheControl": "max-age=60",
        "ContentDisposition": 'attachment; filename="a.csv"',
        "ContentEncoding": "identity",
        "ContentLanguage": "de",
        "Metadata": {"source": "crm", "lines": "12"},
    }
    expires = datetime(2030, 1, 2, 3, 4, 5, tzinfo=timezone.utc)
    s3.put_object(Bucket=bucket, Key="k", Body=b"x", Expires=expires, **given)
    for answer in (s3.head_object(Bucket=bucket, Key="k"), s3.get_object(Bucket=bucket, Key="k")):
        assert {name: answer[name] for name in given} == given
        assert answer["Expires"] == expires
        assert answer["AcceptRanges"] == "bytes"
        assert answer["ServerSideEncryption"] == "AES256"
        assert "StorageClass" not in answer and "VersionId" not in answer
        assert abs(answer["LastModified"] - datetime.now(timezone.utc)) < timedelta(minutes=1)


def test_defaults(s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    answer = s3.get_object(Bucket=bucket, Key="k")
    assert answer["ContentType"] == "binary/octet-stream" and answer["Metadata"] == {}
    headers = answer["ResponseMetadata"]["HTTPHeaders"]
    assert headers["content-security-policy"] == "sandbox"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-amz-request-id"] and headers["x-amz-id-2"]


def test_metadata_that_is_not_ascii_comes_back_encoded(signer, bucket):
    put = signer.send("PUT", f"/{bucket}/k", b"x", {"x-amz-meta-name": "=?UTF-8?Q?f=C3=BCr?="})
    assert put.status == 200
    assert signer.send("HEAD", f"/{bucket}/k").headers["x-amz-meta-name"].startswith("=?UTF-8?")


RANGES = {
    "bytes=0-8": (206, "bytes 0-8/10", b"012345678"),
    "bytes=1-1": (206, "bytes 1-1/10", b"1"),
    "bytes=1-": (206, "bytes 1-9/10", b"123456789"),
    "bytes=-2": (206, "bytes 8-9/10", b"89"),
    "bytes=-15": (206, "bytes 0-9/10", b"0123456789"),
    "bytes=0-100": (206, "bytes 0-9/10", b"0123456789"),
    "bytes=1-0": (200, None, b"0123456789"),
    "bytes=-1-": (200, None, b"0123456789"),
    "bytes=0--1": (200, None, b"0123456789"),
    "bytes=-": (200, None, b"0123456789"),
    "bytes=0-1,3-4": (200, None, b"0123456789"),
    "lines=0-1": (200, None, b"0123456789"),
}


@pytest.mark.parametrize("asked", RANGES)
def test_ranges(signer, bucket, asked):
    signer.send("PUT", f"/{bucket}/k", b"0123456789")
    answer = signer.send("GET", f"/{bucket}/k", headers={"range": asked})
    status, content_range, body = RANGES[asked]
    assert (answer.status, answer.headers.get("content-range")) == (status, content_range)
    assert answer.body == body


@pytest.mark.parametrize("asked", ["bytes=-0", "bytes=100-200", "bytes=10-"])
def test_ranges_beyond_the_object(s3, bucket, asked):
    s3.put_object(Bucket=bucket, Key="k", Body=b"0123456789")
    with refused("InvalidRange", 416, "The requested range is not satisfiable") as seen:
        s3.get_object(Bucket=bucket, Key="k", Range=asked)
    assert seen.error["ActualObjectSize"] == "10" and seen.error["RangeRequested"] == asked


def test_conditions_on_reading(s3, bucket):
    etag = s3.put_object(Bucket=bucket, Key="k", Body=b"x")["ETag"]
    past, future = datetime(2020, 1, 1), datetime.now(timezone.utc) + timedelta(days=1)
    for good in ({"IfMatch": etag}, {"IfNoneMatch": '"no"'}, {"IfModifiedSince": past}):
        assert s3.get_object(Bucket=bucket, Key="k", **good)["Body"].read() == b"x"
    assert s3.get_object(Bucket=bucket, Key="k", IfModifiedSince=future)["Body"].read() == b"x"
    with refused("PreconditionFailed", 412) as seen:
        s3.get_object(Bucket=bucket, Key="k", IfMatch='"no"')
    assert seen.error["Condition"] == "If-Match"
    with refused("PreconditionFailed", 412) as seen:
        s3.get_object(Bucket=bucket, Key="k", IfUnmodifiedSince=past)
    assert seen.error["Condition"] == "If-Unmodified-Since"
    for same in (etag, etag.strip('"')):
        with refused("304", 304):
            s3.get_object(Bucket=bucket, Key="k", IfNoneMatch=same)
    with refused("412", 412):
        s3.head_object(Bucket=bucket, Key="k", IfMatch='"no"')


def test_conditions_on_writing(s3, bucket):
    etag = s3.put_object(Bucket=bucket, Key="k", Body=b"1", IfNoneMatch="*")["ETag"]
    with refused("PreconditionFailed", 412) as seen:
        s3.put_object(Bucket=bucket, Key="k", Body=b"2", IfNoneMatch="*")
    assert seen.error["Condition"] == "If-None-Match"
    with refused("PreconditionFailed", 412):
        s3.put_object(Bucket=bucket, Key="k", Body=b"2", IfMatch='"00"')
    s3.put_object(Bucket=bucket, Key="k", Body=b"2", IfMatch=etag)
    with refused("NoSuchKey", 404):
        s3.put_object(Bucket=bucket, Key="absent", Body=b"2", IfMatch=etag)
    with refused("NotImplemented", 501) as seen:
        s3.put_object(Bucket=bucket, Key="k", Body=b"3", IfNoneMatch=etag)
    assert seen.error["Header"] == "If-None-Match"
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"2"


def test_delete(s3, signer, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    answer = signer.send("DELETE", f"/{bucket}/k")
    assert answer.status == 204 and "content-type" not in answer.headers
    assert signer.send("DELETE", f"/{bucket}/k").status == 204, "twice is well too"
    with refused("NoSuchKey", 404, "The specified key does not exist.") as seen:
        s3.get_object(Bucket=bucket, Key="k")
    assert seen.error["Key"] == "k"


def test_delete_many(s3, bucket):
    keys = ["a", "a%2Fb", "ü/😀", "<&>"]
    for key in keys:
        s3.put_object(Bucket=bucket, Key=key, Body=b"x")
    objects = [{"Key": key} for key in [*keys, "absent"]]
    answer = s3.delete_objects(Bucket=bucket, Delete={"Objects": objects})
    assert sorted(item["Key"] for item in answer["Deleted"]) == sorted([*keys, "absent"])
    assert "Contents" not in s3.list_objects_v2(Bucket=bucket)
    quiet = s3.delete_objects(Bucket=bucket, Delete={"Objects": objects, "Quiet": True})
    assert "Deleted" not in quiet and "Errors" not in quiet


def test_copy(s3, bucket, name):
    other = f"{name}-other"
    s3.create_bucket(Bucket=other)
    s3.put_object(
        Bucket=bucket, Key="ü +/a", Body=b"x", ContentType="text/csv", Metadata={"m": "1"}
    )
    source = {"Bucket": bucket, "Key": "ü +/a"}
    answer = s3.copy_object(Bucket=other, Key="copy", CopySource=source)
    assert answer["CopyObjectResult"]["ETag"] == f'"{hashlib.md5(b"x").hexdigest()}"'
    copy = s3.get_object(Bucket=other, Key="copy")
    assert (copy["ContentType"], copy["Metadata"]) == ("text/csv", {"m": "1"})
    s3.copy_object(
        Bucket=other, Key="copy2", CopySource=source, MetadataDirective="REPLACE", Metadata={}
    )
    replaced = s3.head_object(Bucket=other, Key="copy2")
    assert (replaced["ContentType"], replaced["Metadata"]) == ("binary/octet-stream", {})
    with refused("InvalidRequest", 400, "copy an object to itself"):
        s3.copy_object(Bucket=bucket, Key="ü +/a", CopySource=source)
    with refused("NoSuchKey", 404):
        s3.copy_object(Bucket=other, Key="c", CopySource={"Bucket": bucket, "Key": "absent"})
    with refused("PreconditionFailed", 412) as seen:
        s3.copy_object(Bucket=other, Key="c", CopySource=source, CopySourceIfMatch='"0"')
    assert seen.error["Condition"] == "x-amz-copy-source-If-Match"


def test_virtual_host_style(server, signer, bucket):
    signer.send("PUT", f"/{bucket}/dir/k", b"by path")
    port = server.endpoint.rsplit(":", 1)[1]
    host = {"host": f"{bucket}.localhost:{port}"}
    assert signer.send("GET", "/dir/k", headers=host).body == b"by path"
    assert signer.send("PUT", "/other", b"by host", host).status == 200
    assert signer.send("GET", f"/{bucket}/other").body == b"by host"
    listed = signer.send("GET", "/", headers=host, query="list-type=2")
    assert "<Key>dir/k</Key>" in listed.text


def test_x_id_in_the_query_is_ignored(signer, bucket):
    assert signer.send("PUT", f"/{bucket}/k", b"x", query="x-id=PutObject").status == 200
    assert signer.send("GET", f"/{bucket}/k", query="x-id=GetObject").body == b"x"


def test_overwriting_while_reading_gives_one_or_the_other(s3, bucket):
    bodies = [bytes([65 + n]) * 300_000 for n in range(4)]
    s3.put_object(Bucket=bucket, Key="k", Body=bodies[0])

    def put(number):
        s3.put_object(Bucket=bucket, Key="k", Body=bodies[number % 4])

    def get(_):
        return s3.get_object(Bucket=bucket, Key="k")["Body"].read()

    with ThreadPoolExecutor(8) as pool:
        writes = [pool.submit(put, n) for n in range(24)]
        reads = [pool.submit(get, n) for n in range(24)]
        assert all(read.result() in bodies for read in reads)
        for write in writes:
            write.result()


def test_head_answers_without_a_body_and_keeps_the_connection(server, signer, bucket):
    place = urlsplit(server.endpoint)
    connection = http.client.HTTPConnection(place.hostname, place.port, timeout=20)
    absent = signer.headers("HEAD", f"/{bucket}/no", "UNSIGNED-PAYLOAD")
    answer = exchange(server.endpoint, "HEAD", f"/{bucket}/no", absent, connection=connection)
    assert (answer.status, answer.body) == (404, b"")
    listing = signer.headers("GET", "/", "UNSIGNED-PAYLOAD")
    assert exchange(server.endpoint, "GET", "/", listing, connection=connection).status == 200
    connection.close()
