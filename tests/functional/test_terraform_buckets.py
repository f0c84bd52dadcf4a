"""Terraform's buckets, as they go: with and without force_destroy."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from support import terraform
from support.errors import refused

pytestmark = pytest.mark.timeout(300)

VERSIONS = 2500
TEXT = """
variable "force" { default = false }
resource "aws_s3_bucket" "lake" {
  bucket        = "BUCKET"
  force_destroy = var.force
}
resource "aws_s3_bucket_versioning" "lake" {
  bucket = aws_s3_bucket.lake.id
  versioning_configuration { status = "Enabled" }
}
"""


@pytest.fixture
def lake(program, server, name, tmp_path):
    root = terraform.Terraform(program, tmp_path / "root", server, TEXT.replace("BUCKET", name))
    root.apply()
    return root


def fill(s3, bucket):
    """2,500 versions of 50 keys, delete markers and uploads that were never completed."""

    def put(number):
        s3.put_object(Bucket=bucket, Key=f"in/{number % 50}", Body=b"%d" % number)

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(put, range(VERSIONS)))
    for number in range(20):
        s3.delete_object(Bucket=bucket, Key=f"in/{number}")
        upload = s3.create_multipart_upload(Bucket=bucket, Key=f"open/{number}")["UploadId"]
        s3.upload_part(
            Bucket=bucket, Key=f"open/{number}", UploadId=upload, PartNumber=1, Body=b"x"
        )


def test_a_bucket_with_content_stays_until_it_is_forced(lake, s3, name):
    fill(s3, name)
    with pytest.raises(terraform.Failed, match="BucketNotEmpty") as kept:
        lake.destroy()
    assert "You must delete all versions in the bucket" in str(kept.value)
    found = s3.get_paginator("list_object_versions").paginate(Bucket=name)
    assert sum(len(page.get("Versions", [])) for page in found) == VERSIONS
    lake.apply(force="true")
    lake.destroy(force="true")
    assert lake.state() == []
    with refused("404", 404):
        s3.head_bucket(Bucket=name)
    # A bucket of that name begins anew, without the uploads of the former.
    s3.create_bucket(Bucket=name)
    assert "Uploads" not in s3.list_multipart_uploads(Bucket=name)
    assert "Versions" not in s3.list_object_versions(Bucket=name)
