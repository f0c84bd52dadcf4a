"""Checksums: checked on the way in, kept, and given back."""

import base64
import hashlib
import zlib

import pytest
from support.errors import refused

BODY = b"order_id,quantity\n1,2\n"
# Of BODY; the two that Python doesn't have are computed below.
KNOWN = {
    "CRC32": base64.b64encode(zlib.crc32(BODY).to_bytes(4, "big")).decode(),
    "SHA1": base64.b64encode(hashlib.sha1(BODY).digest()).decode(),
    "SHA256": base64.b64encode(hashlib.sha256(BODY).digest()).decode(),
}
WRONG = {
    "CRC32": "AAAAAA==",
    "CRC32C": "AAAAAA==",
    "CRC64NVME": "AAAAAAAAAAA=",
    "SHA1": base64.b64encode(bytes(20)).decode(),
    "SHA256": base64.b64encode(bytes(32)).decode(),
}


def crc(data, polynomial, bits):
    """A reflected CRC, bit by bit: slow, short, and independent of the server's."""
    mask = (1 << bits) - 1
    value = mask
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ (polynomial if value & 1 else 0)
    return base64.b64encode((value ^ mask).to_bytes(bits // 8, "big")).decode()


KNOWN["CRC32C"] = crc(BODY, 0x82F63B78, 32)
KNOWN["CRC64NVME"] = crc(BODY, 0x9A6C9329AC4BC9B5, 64)


def header(algorithm):
    return f"x-amz-checksum-{algorithm.lower()}"


@pytest.mark.parametrize("algorithm", KNOWN)
def test_given_checksum_is_checked_and_given_back(signer, bucket, algorithm):
    name, value = header(algorithm), KNOWN[algorithm]
    put = signer.send("PUT", f"/{bucket}/k", BODY, {name: value})
    assert (put.status, put.headers.get(name)) == (200, value), put.text
    assert put.headers["x-amz-checksum-type"] == "FULL_OBJECT"
    got = signer.send("GET", f"/{bucket}/k", headers={"x-amz-checksum-mode": "ENABLED"})
    assert got.headers.get(name) == value and got.body == BODY
    assert name not in signer.send("GET", f"/{bucket}/k").headers
    asked = {"x-amz-checksum-mode": "ENABLED", "range": "bytes=0-3"}
    assert name not in signer.send("GET", f"/{bucket}/k", headers=asked).headers


@pytest.mark.parametrize("algorithm", KNOWN)
def test_wrong_checksum_stores_nothing(signer, bucket, algorithm):
    put = signer.send("PUT", f"/{bucket}/k", BODY, {header(algorithm): WRONG[algorithm]})
    assert (put.status, put.code()) == (400, "BadDigest")
    assert f"The {algorithm} you specified did not match" in put.text
    assert signer.send("GET", f"/{bucket}/k").status == 404


def test_no_checksum_gets_awss_default(signer, bucket):
    put = signer.send("PUT", f"/{bucket}/k", BODY)
    assert put.headers[header("CRC64NVME")] == KNOWN["CRC64NVME"]
    assert signer.send("PUT", f"/{bucket}/empty").headers[header("CRC64NVME")] == "AAAAAAAAAAA="


@pytest.mark.parametrize("algorithm", ["CRC32", "SHA1", "SHA256"])
def test_clients_compute_and_check_them(s3, bucket, algorithm):
    put = s3.put_object(Bucket=bucket, Key="k", Body=BODY, ChecksumAlgorithm=algorithm)
    assert put[f"Checksum{algorithm}"] == KNOWN[algorithm]
    got = s3.get_object(Bucket=bucket, Key="k", ChecksumMode="ENABLED")
    assert got[f"Checksum{algorithm}"] == KNOWN[algorithm] and got["Body"].read() == BODY


@pytest.mark.parametrize("value", ["!!", "AAAA", ""])
def test_checksum_that_is_none(signer, bucket, value):
    put = signer.send("PUT", f"/{bucket}/k", BODY, {header("CRC32"): value})
    assert (put.status, put.code()) == (400, "InvalidRequest")
    assert "Value for x-amz-checksum-crc32 header is invalid." in put.text


def test_content_md5(signer, bucket):
    right = base64.b64encode(hashlib.md5(BODY).digest()).decode()
    assert signer.send("PUT", f"/{bucket}/k", BODY, {"content-md5": right}).status == 200
    wrong = base64.b64encode(bytes(16)).decode()
    put = signer.send("PUT", f"/{bucket}/other", BODY, {"content-md5": wrong})
    assert (put.status, put.code()) == (400, "BadDigest")
    put = signer.send("PUT", f"/{bucket}/other", BODY, {"content-md5": "short"})
    assert (put.status, put.code()) == (400, "InvalidDigest")
    assert signer.send("GET", f"/{bucket}/other").status == 404


def test_multipart_checksums(s3, bucket):
    made = s3.create_multipart_upload(Bucket=bucket, Key="k", ChecksumAlgorithm="SHA256")
    assert made["ChecksumAlgorithm"] == "SHA256" and made["ChecksumType"] == "COMPOSITE"
    part = s3.upload_part(
        Bucket=bucket, Key="k", UploadId=made["UploadId"], PartNumber=1, Body=BODY,
        ChecksumAlgorithm="SHA256",
    )
    assert part["ChecksumSHA256"] == KNOWN["SHA256"]
    entry = {"PartNumber": 1, "ETag": part["ETag"], "ChecksumSHA256": part["ChecksumSHA256"]}
    done = s3.complete_multipart_upload(
        Bucket=bucket, Key="k", UploadId=made["UploadId"], MultipartUpload={"Parts": [entry]}
    )
    composite = hashlib.sha256(base64.b64decode(KNOWN["SHA256"])).digest()
    assert done["ChecksumSHA256"] == base64.b64encode(composite).decode() + "-1"
    assert done["ChecksumType"] == "COMPOSITE"


def test_wrong_checksum_through_boto(s3, bucket):
    with refused("BadDigest", 400):
        s3.put_object(Bucket=bucket, Key="k", Body=BODY, ChecksumSHA256=WRONG["SHA256"])
