"""Buckets and their settings."""

import pytest
from support.errors import refused


def test_life_of_a_bucket(s3, name):
    assert s3.create_bucket(Bucket=name)["Location"] == f"/{name}"
    assert name in [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]
    head = s3.head_bucket(Bucket=name)
    assert head["BucketRegion"] == "us-east-1"
    assert s3.get_bucket_location(Bucket=name)["LocationConstraint"] is None
    s3.create_bucket(Bucket=name)  # one's own again, in us-east-1: no error
    s3.delete_bucket(Bucket=name)
    with refused("404", 404):
        s3.head_bucket(Bucket=name)
    with refused("NoSuchBucket", 404, "The specified bucket does not exist") as seen:
        s3.delete_bucket(Bucket=name)
    assert seen.error["BucketName"] == name


def test_bucket_of_another_region(server, name):
    s3 = server.client("s3", region="eu-central-1")
    where = {"LocationConstraint": "eu-central-1"}
    s3.create_bucket(Bucket=name, CreateBucketConfiguration=where)
    assert s3.get_bucket_location(Bucket=name)["LocationConstraint"] == "eu-central-1"
    with refused("BucketAlreadyOwnedByYou", 409):
        s3.create_bucket(Bucket=name, CreateBucketConfiguration=where)


def test_bucket_with_objects_is_not_deleted(s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    with refused("BucketNotEmpty", 409, "The bucket you tried to delete is not empty"):
        s3.delete_bucket(Bucket=bucket)
    s3.delete_object(Bucket=bucket, Key="k")
    s3.delete_bucket(Bucket=bucket)


def test_uploads_that_were_never_completed_go_with_their_bucket(s3, bucket):
    for number in range(40):
        s3.create_multipart_upload(Bucket=bucket, Key=f"open/{number}")
    upload = s3.create_multipart_upload(Bucket=bucket, Key="open")["UploadId"]
    part = {"Bucket": bucket, "Key": "open", "UploadId": upload, "PartNumber": 1, "Body": b"x"}
    s3.upload_part(**part)
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    with refused("BucketNotEmpty", 409):
        s3.delete_bucket(Bucket=bucket)
    assert len(s3.list_multipart_uploads(Bucket=bucket)["Uploads"]) == 41
    s3.delete_object(Bucket=bucket, Key="k")
    s3.delete_bucket(Bucket=bucket)
    with refused("NoSuchBucket", 404):
        s3.upload_part(**part)
    s3.create_bucket(Bucket=bucket)
    assert "Uploads" not in s3.list_multipart_uploads(Bucket=bucket)
    with refused("NoSuchUpload", 404):
        s3.upload_part(**part)


@pytest.mark.parametrize(
    "bad", ["ab", "UPPER", "under_score", "-dash", "dots..twice", "a" * 64, "192.168.5.4"]
)
def test_names_that_aws_refuses(signer, bad):
    answer = signer.send("PUT", f"/{bad}")
    assert (answer.status, answer.code()) == (400, "InvalidBucketName")


def test_reserved_path_is_no_bucket(signer):
    assert signer.send("PUT", "/_tidemill").status != 200


def test_notification_configuration(s3, bucket):
    assert "EventBridgeConfiguration" not in s3.get_bucket_notification_configuration(Bucket=bucket)
    on = {"EventBridgeConfiguration": {}}
    s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration=on)
    answer = s3.get_bucket_notification_configuration(Bucket=bucket)
    assert answer["EventBridgeConfiguration"] == {}
    s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration={})
    assert "EventBridgeConfiguration" not in s3.get_bucket_notification_configuration(Bucket=bucket)


@pytest.mark.parametrize(
    "call",
    ["list_objects_v2", "get_bucket_location", "get_bucket_notification_configuration"],
)
def test_unknown_bucket(s3, name, call):
    with refused("NoSuchBucket", 404, "The specified bucket does not exist") as seen:
        getattr(s3, call)(Bucket=name)
    assert seen.error["BucketName"] == name


def test_objects_of_an_unknown_bucket(s3, name):
    with refused("NoSuchBucket", 404):
        s3.put_object(Bucket=name, Key="k", Body=b"x")
    with refused("NoSuchBucket", 404):
        s3.get_object(Bucket=name, Key="k")
