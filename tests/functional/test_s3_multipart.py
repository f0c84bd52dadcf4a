"""Multipart uploads."""

import hashlib

import pytest
from support.errors import refused

MIB = 1 << 20
A, B, C = b"a" * (5 * MIB), b"b" * (5 * MIB), b"c" * 100


@pytest.fixture
def upload(s3, bucket):
    return s3.create_multipart_upload(Bucket=bucket, Key="k", ContentType="text/csv")["UploadId"]


def put_parts(s3, bucket, upload, numbered):
    parts = []
    for number, body in numbered.items():
        answer = s3.upload_part(
            Bucket=bucket, Key="k", UploadId=upload, PartNumber=number, Body=body
        )
        assert answer["ETag"] == f'"{hashlib.md5(body).hexdigest()}"'
        parts.append({"PartNumber": number, "ETag": answer["ETag"]})
    return parts


def complete(s3, bucket, upload, parts):
    return s3.complete_multipart_upload(
        Bucket=bucket, Key="k", UploadId=upload, MultipartUpload={"Parts": parts}
    )


def etag_of(*bodies):
    joined = b"".join(hashlib.md5(body).digest() for body in bodies)
    return f'"{hashlib.md5(joined).hexdigest()}-{len(bodies)}"'


def test_parts_become_an_object(s3, bucket, upload):
    parts = put_parts(s3, bucket, upload, {1: A, 7: B, 100: C})
    assert "Contents" not in s3.list_objects_v2(Bucket=bucket), "not there before it is complete"
    answer = complete(s3, bucket, upload, parts)
    assert answer["ETag"] == etag_of(A, B, C) and answer["Key"] == "k"
    assert answer["Location"].endswith(f"{bucket}/k")
    got = s3.get_object(Bucket=bucket, Key="k")
    assert got["Body"].read() == A + B + C and got["ContentType"] == "text/csv"
    middle = s3.get_object(Bucket=bucket, Key="k", Range=f"bytes={5 * MIB - 2}-{5 * MIB + 1}")
    assert middle["Body"].read() == b"aabb"


def test_part_of_an_object(s3, bucket, upload):
    complete(s3, bucket, upload, put_parts(s3, bucket, upload, {1: A, 2: C}))
    part = s3.get_object(Bucket=bucket, Key="k", PartNumber=2)
    assert part["Body"].read() == C and part["PartsCount"] == 2
    assert part["ResponseMetadata"]["HTTPStatusCode"] == 206
    with refused("InvalidPartNumber", 416):
        s3.get_object(Bucket=bucket, Key="k", PartNumber=3)


def test_a_part_may_be_sent_again(s3, bucket, upload):
    put_parts(s3, bucket, upload, {1: A})
    parts = put_parts(s3, bucket, upload, {1: C})
    complete(s3, bucket, upload, parts)
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == C


def test_listing_parts_and_uploads(s3, bucket, upload):
    put_parts(s3, bucket, upload, {1: A, 2: C})
    listed = s3.list_parts(Bucket=bucket, Key="k", UploadId=upload)
    assert [(part["PartNumber"], part["Size"]) for part in listed["Parts"]] == [
        (1, 5 * MIB),
        (2, 100),
    ]
    first = s3.list_parts(Bucket=bucket, Key="k", UploadId=upload, MaxParts=1)
    assert first["IsTruncated"] and first["NextPartNumberMarker"] == 1
    uploads = s3.list_multipart_uploads(Bucket=bucket)["Uploads"]
    assert [(item["Key"], item["UploadId"]) for item in uploads] == [("k", upload)]
    s3.abort_multipart_upload(Bucket=bucket, Key="k", UploadId=upload)
    assert "Uploads" not in s3.list_multipart_uploads(Bucket=bucket)


def test_copied_parts(s3, bucket, upload):
    s3.put_object(Bucket=bucket, Key="source", Body=A + C)
    source = {"Bucket": bucket, "Key": "source"}
    whole = s3.upload_part_copy(
        Bucket=bucket, Key="k", UploadId=upload, PartNumber=1, CopySource=source
    )
    piece = s3.upload_part_copy(
        Bucket=bucket, Key="k", UploadId=upload, PartNumber=2, CopySource=source,
        CopySourceRange="bytes=0-9",
    )
    parts = [
        {"PartNumber": number, "ETag": answer["CopyPartResult"]["ETag"]}
        for number, answer in ((1, whole), (2, piece))
    ]
    complete(s3, bucket, upload, parts)
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == A + C + b"a" * 10
    for bad in ("bytes=-2", "bytes=1-", "0-1", "bytes=1-0"):
        with refused("InvalidArgument", 400, "bytes=first-last"):
            s3.upload_part_copy(
                Bucket=bucket, Key="k2", PartNumber=1, CopySource=source, CopySourceRange=bad,
                UploadId=s3.create_multipart_upload(Bucket=bucket, Key="k2")["UploadId"],
            )


def test_completing_twice_and_aborting_after(s3, bucket, upload):
    parts = put_parts(s3, bucket, upload, {1: C})
    complete(s3, bucket, upload, parts)
    with refused("NoSuchUpload", 404):
        s3.abort_multipart_upload(Bucket=bucket, Key="k", UploadId=upload)
    with refused("NoSuchUpload", 404) as seen:
        s3.upload_part(Bucket=bucket, Key="k", UploadId=upload, PartNumber=1, Body=b"x")
    assert seen.error["UploadId"] == upload


def test_refusals_of_complete(s3, bucket, upload):
    parts = put_parts(s3, bucket, upload, {1: C, 2: C})
    with refused("InvalidPartOrder", 400, "ascending order"):
        complete(s3, bucket, upload, parts[::-1])
    with refused("InvalidPart", 400, "could not be found.  The part") as seen:
        complete(s3, bucket, upload, [{"PartNumber": 1, "ETag": '"0123"'}])
    assert seen.error["PartNumber"] == "1" and seen.error["UploadId"] == upload
    with refused("InvalidPart", 400):
        complete(s3, bucket, upload, [{"PartNumber": 9, "ETag": parts[0]["ETag"]}])
    with refused("EntityTooSmall", 400, "smaller than the minimum") as seen:
        complete(s3, bucket, upload, parts)
    assert (seen.error["MinSizeAllowed"], seen.error["ProposedSize"]) == ("5242880", "100")
    complete(s3, bucket, upload, parts[:1])


def test_part_numbers(s3, bucket, upload):
    for number in (0, 10001):
        with refused("InvalidArgument", 400, "between 1 and 10000"):
            s3.upload_part(Bucket=bucket, Key="k", UploadId=upload, PartNumber=number, Body=b"x")


def test_unknown_upload(s3, bucket):
    with refused("NoSuchUpload", 404, "The upload ID may be invalid"):
        s3.list_parts(Bucket=bucket, Key="k", UploadId="nope")
