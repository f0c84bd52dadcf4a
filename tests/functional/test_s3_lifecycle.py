"""Lifecycle rules carried out: what expires when, what stays, and who is told. The clock is set."""

import json
from datetime import timedelta

import pytest
from botocore.exceptions import ClientError
from support import platform
from support.days import BEGIN, days
from support.waiting import wait_until


@pytest.fixture
def s3(lab):
    return lab.client("s3")


def rule(**actions):
    filter_ = actions.pop("Filter", {"Prefix": ""})
    return {"ID": actions.pop("ID", "r"), "Status": "Enabled", "Filter": filter_} | actions


def put_rules(s3, bucket, *rules):
    s3.put_bucket_lifecycle_configuration(
        Bucket=bucket, LifecycleConfiguration={"Rules": list(rules)})


def keys(s3, bucket):
    return [one["Key"] for one in s3.list_objects_v2(Bucket=bucket).get("Contents", [])]


def versions(s3, bucket):
    listed = s3.list_object_versions(Bucket=bucket)
    return [one["VersionId"] for one in listed.get("Versions", [])], [
        one["VersionId"] for one in listed.get("DeleteMarkers", [])]


def gone(ask, wanted):
    wait_until(lambda: ask() == wanted, 20, f"{wanted} to be left, not {ask()}")


def test_objects_expire_at_the_midnight_after_their_days(lab, s3, name):
    put_rules(s3, name, rule(Expiration={"Days": 1}, Filter={"Prefix": "old/"}))
    put = s3.put_object(Bucket=name, Key="old/a", Body=b"x")
    told = 'expiry-date="Thu, 03 Jan 2030 00:00:00 GMT", rule-id="r"'
    assert put["Expiration"] == told
    assert s3.head_object(Bucket=name, Key="old/a")["Expiration"] == told
    assert s3.get_object(Bucket=name, Key="old/a")["Expiration"] == told
    assert "Expiration" not in s3.put_object(Bucket=name, Key="new/a", Body=b"x")
    lab.set_clock(days(2) - timedelta(seconds=1))
    s3.put_object(Bucket=name, Key="old/b", Body=b"x")
    assert keys(s3, name) == ["new/a", "old/a", "old/b"]
    lab.set_clock(days(2))
    gone(lambda: keys(s3, name), ["new/a", "old/b"])
    lab.set_clock(days(3))
    gone(lambda: keys(s3, name), ["new/a"])


def test_date_tags_and_sizes(lab, s3, name):
    tag = {"Key": "keep", "Value": "no"}
    put_rules(
        s3, name,
        rule(ID="date", Expiration={"Date": days(2)}, Filter={"Prefix": "date/"}),
        rule(ID="tag", Expiration={"Days": 1}, Filter={"Tag": tag}),
        rule(ID="and", Expiration={"Days": 1}, Filter={
            "And": {"Prefix": "size/", "ObjectSizeGreaterThan": 2, "ObjectSizeLessThan": 5}}),
        rule(ID="off", Expiration={"Days": 1}) | {"Status": "Disabled"},
    )
    s3.put_object(Bucket=name, Key="date/a", Body=b"x")
    s3.put_object(Bucket=name, Key="tagged", Body=b"x", Tagging="keep=no")
    s3.put_object(Bucket=name, Key="untagged", Body=b"x", Tagging="keep=yes")
    for size in (2, 3, 4, 5):
        s3.put_object(Bucket=name, Key=f"size/{size}", Body=b"x" * size)
    lab.set_clock(days(2))
    gone(lambda: keys(s3, name), ["size/2", "size/5", "untagged"])


def test_what_is_written_again_lives_on(lab, s3, name):
    put_rules(s3, name, rule(Expiration={"Days": 1}))
    for key in ("a", "b"):
        s3.put_object(Bucket=name, Key=key, Body=b"x")
    lab.set_clock(BEGIN + timedelta(hours=20))
    s3.put_object(Bucket=name, Key="a", Body=b"y")
    lab.set_clock(days(2))
    gone(lambda: keys(s3, name), ["a"])


def test_thousands_expire_in_steps(lab, s3, name):
    put_rules(s3, name, rule(Expiration={"Days": 1}, Filter={"Prefix": "p"}))
    for number in range(2500):
        s3.put_object(Bucket=name, Key=f"p{number:04}", Body=b"x")
    s3.put_object(Bucket=name, Key="q", Body=b"x")
    lab.set_clock(days(2))
    gone(lambda: keys(s3, name), ["q"])


def test_versions_and_their_markers_expire_by_rules_of_their_own(lab, s3, name):
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    put_rules(s3, name, rule(
        Expiration={"ExpiredObjectDeleteMarker": True},
        NoncurrentVersionExpiration={"NoncurrentDays": 2, "NewerNoncurrentVersions": 1}))
    made = [s3.put_object(Bucket=name, Key="a", Body=b"x")["VersionId"] for _ in range(4)]
    lab.set_clock(days(2))
    made.append(s3.put_object(Bucket=name, Key="b", Body=b"x")["VersionId"])
    assert len(versions(s3, name)[0]) == 5, "their days aren't over"
    lab.set_clock(days(3))
    gone(lambda: set(versions(s3, name)[0]), {made[3], made[2], made[4]})
    s3.delete_object(Bucket=name, Key="b", VersionId=made[4])
    marker = s3.delete_object(Bucket=name, Key="b")["VersionId"]
    assert versions(s3, name)[1] == [marker]
    lab.set_clock(days(4))
    gone(lambda: versions(s3, name)[1], [])


def test_expiry_leaves_a_marker_where_there_are_versions(lab, s3, name):
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    put_rules(s3, name, rule(Expiration={"Days": 1}))
    made = s3.put_object(Bucket=name, Key="a", Body=b"x")["VersionId"]
    lab.set_clock(days(2))
    gone(lambda: keys(s3, name), [])
    left, markers = versions(s3, name)
    assert left == [made] and len(markers) == 1


def test_uploads_that_were_never_completed_are_aborted(lab, s3, name):
    put_rules(s3, name, rule(
        AbortIncompleteMultipartUpload={"DaysAfterInitiation": 1}, Filter={"Prefix": "in/"}))
    for key in ("in/a", "out/a"):
        upload = s3.create_multipart_upload(Bucket=name, Key=key)["UploadId"]
        s3.upload_part(Bucket=name, Key=key, UploadId=upload, PartNumber=1, Body=b"x" * 100_000)

    def uploads():
        listed = s3.list_multipart_uploads(Bucket=name).get("Uploads", [])
        return [one["Key"] for one in listed]

    lab.set_clock(days(2) - timedelta(seconds=1))
    assert uploads() == ["in/a", "out/a"]
    lab.set_clock(days(2))
    gone(uploads, ["out/a"])
    assert json.loads(lab.command("check", "--json").stdout)["findings"] == []


def test_expiry_is_an_event_of_s3_itself(lab, s3, name):
    queue = lab.client("sqs").create_queue(QueueName=name)["QueueUrl"]
    s3.put_bucket_notification_configuration(
        Bucket=name, NotificationConfiguration=platform.EVENTS_ON)
    platform.put_rule(lab, name, {"Id": "q", "Arn": platform.queue_arn(name)},
                      pattern={"source": ["aws.s3"], "detail-type": ["Object Deleted"]})
    put_rules(s3, name, rule(Expiration={"Days": 1}))
    s3.put_object(Bucket=name, Key="a", Body=b"x")
    lab.set_clock(days(2))
    gone(lambda: keys(s3, name), [])
    told = lab.client("sqs").receive_message(QueueUrl=queue, WaitTimeSeconds=10)["Messages"]
    event = json.loads(told[0]["Body"])
    detail = event["detail"]
    assert event["detail-type"] == "Object Deleted"
    assert detail["reason"] == "Lifecycle Expiration"
    assert detail["requester"] == "s3.amazonaws.com" and "source-ip-address" not in detail
    assert detail["deletion-type"] == "Permanently Deleted"
    assert detail["object"]["key"] == "a"


def test_what_was_due_while_the_server_was_down_goes_at_its_start(make_server, name):
    server = make_server("--test-mode").start()
    server.set_clock(BEGIN - timedelta(days=365 * 20))  # 2010: long over by the machine's clock.
    s3 = server.client("s3")
    s3.create_bucket(Bucket=name)
    put_rules(s3, name, rule(Expiration={"Days": 1}))
    s3.put_object(Bucket=name, Key="a", Body=b"x")
    server.restart()
    s3 = server.client("s3")
    gone(lambda: keys(s3, name), [])


def test_deleted_rules_and_buckets_are_forgotten(lab, s3, name):
    put_rules(s3, name, rule(Expiration={"Days": 1}))
    s3.put_object(Bucket=name, Key="a", Body=b"x")
    s3.delete_bucket_lifecycle(Bucket=name)
    assert "Expiration" not in s3.head_object(Bucket=name, Key="a")
    put_rules(s3, name, rule(Expiration={"Days": 1}))
    s3.delete_object(Bucket=name, Key="a")
    s3.delete_bucket(Bucket=name)
    s3.create_bucket(Bucket=name)
    assert "Expiration" not in s3.put_object(Bucket=name, Key="a", Body=b"x")
    with pytest.raises(ClientError, match="NoSuchLifecycleConfiguration"):
        s3.get_bucket_lifecycle_configuration(Bucket=name)
