"""Versions: chains, delete markers, what is asked for by id, and how a bucket is emptied of them."""

import json
import re

import pytest
from support import platform
from support.errors import refused
from support.waiting import wait_until

FORM = re.compile(r"[A-Za-z0-9._]{32}")


def versioning(s3, bucket, status="Enabled"):
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": status})


@pytest.fixture
def versioned(s3, bucket):
    versioning(s3, bucket)
    return bucket


def put(s3, bucket, key, body):
    return s3.put_object(Bucket=bucket, Key=key, Body=body).get("VersionId")


def body_of(s3, bucket, key, **more):
    return s3.get_object(Bucket=bucket, Key=key, **more)["Body"].read()


def chain(s3, bucket, **more):
    """(key, version, is marker, is latest), as listed: markers and versions merged by time."""
    answer = s3.list_object_versions(Bucket=bucket, **more)
    found = [(v["Key"], v["VersionId"], False, v["IsLatest"]) for v in answer.get("Versions", [])]
    marks = answer.get("DeleteMarkers", [])
    return found + [(m["Key"], m["VersionId"], True, m["IsLatest"]) for m in marks]


def test_configuration(s3, bucket):
    assert "Status" not in s3.get_bucket_versioning(Bucket=bucket)
    for status in ("Suspended", "Enabled", "Suspended"):
        versioning(s3, bucket, status)
        assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == status
    for wrong in ("enabled", "Disabled"):
        with refused("MalformedXML", 400):
            versioning(s3, bucket, wrong)
    with refused("IllegalVersioningConfigurationException", 400):
        s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={})


def test_every_put_is_a_version(s3, versioned):
    ids = [put(s3, versioned, "k", body) for body in (b"one", b"two", b"three")]
    assert all(FORM.fullmatch(id) for id in ids) and len(set(ids)) == 3
    answer = s3.get_object(Bucket=versioned, Key="k")
    assert (answer["Body"].read(), answer["VersionId"]) == (b"three", ids[2])
    for id, body in zip(ids, (b"one", b"two", b"three")):
        assert body_of(s3, versioned, "k", VersionId=id) == body
        head = s3.head_object(Bucket=versioned, Key="k", VersionId=id)
        assert (head["VersionId"], head["ContentLength"]) == (id, len(body))
    assert chain(s3, versioned) == [
        ("k", ids[2], False, True),
        ("k", ids[1], False, False),
        ("k", ids[0], False, False),
    ]
    assert len(s3.list_objects_v2(Bucket=versioned)["Contents"]) == 1


def test_large_versions_keep_their_bytes(s3, versioned):
    bodies = [bytes([n]) * 200_000 for n in range(3)]
    ids = [put(s3, versioned, "large", body) for body in bodies]
    for id, body in zip(ids, bodies):
        assert body_of(s3, versioned, "large", VersionId=id) == body
    s3.delete_object(Bucket=versioned, Key="large", VersionId=ids[1])
    assert body_of(s3, versioned, "large", VersionId=ids[0]) == bodies[0]
    assert body_of(s3, versioned, "large") == bodies[2]


def test_delete_leaves_a_marker(s3, versioned):
    first = put(s3, versioned, "k", b"one")
    answer = s3.delete_object(Bucket=versioned, Key="k")
    marker = answer["VersionId"]
    assert answer["DeleteMarker"] is True and FORM.fullmatch(marker)
    with refused("NoSuchKey", 404) as seen:
        s3.get_object(Bucket=versioned, Key="k")
    assert seen.headers["x-amz-delete-marker"] == "true"
    assert seen.headers["x-amz-version-id"] == marker
    with refused("404", 404) as seen:
        s3.head_object(Bucket=versioned, Key="k")
    assert seen.headers["x-amz-delete-marker"] == "true"
    with refused("MethodNotAllowed", 405) as seen:
        s3.get_object(Bucket=versioned, Key="k", VersionId=marker)
    assert seen.headers["allow"] == "DELETE"
    assert seen.headers["x-amz-delete-marker"] == "true"
    assert (seen.error["Method"], seen.error["ResourceType"]) == ("GET", "DeleteMarker")
    with refused("405", 405):
        s3.head_object(Bucket=versioned, Key="k", VersionId=marker)
    with refused("MethodNotAllowed", 405):
        s3.get_object_tagging(Bucket=versioned, Key="k", VersionId=marker)
    assert "Contents" not in s3.list_objects_v2(Bucket=versioned)
    assert body_of(s3, versioned, "k", VersionId=first) == b"one"
    assert chain(s3, versioned) == [("k", first, False, False), ("k", marker, True, True)]
    answer = s3.delete_object(Bucket=versioned, Key="k", VersionId=marker)
    assert (answer["DeleteMarker"], answer["VersionId"]) == (True, marker)
    assert body_of(s3, versioned, "k") == b"one"


def test_a_marker_comes_for_a_key_that_was_never_there(s3, versioned):
    marker = s3.delete_object(Bucket=versioned, Key="never")["VersionId"]
    assert chain(s3, versioned) == [("never", marker, True, True)]


def test_deleting_the_latest_version_uncovers_the_one_before(s3, versioned):
    ids = [put(s3, versioned, "k", body) for body in (b"one", b"two", b"three")]
    answer = s3.delete_object(Bucket=versioned, Key="k", VersionId=ids[2])
    assert answer["VersionId"] == ids[2] and "DeleteMarker" not in answer
    assert body_of(s3, versioned, "k") == b"two"
    s3.delete_object(Bucket=versioned, Key="k", VersionId=ids[0])
    assert chain(s3, versioned) == [("k", ids[1], False, True)]
    s3.delete_object(Bucket=versioned, Key="k", VersionId=ids[1])
    assert chain(s3, versioned) == []
    with refused("NoSuchKey", 404):
        s3.get_object(Bucket=versioned, Key="k")


def test_ids_that_are_none(s3, versioned, name):
    id = put(s3, versioned, "k", b"one")
    other = put(s3, versioned, "other", b"two")
    with refused("NoSuchVersion", 404) as seen:
        s3.get_object(Bucket=versioned, Key="k", VersionId=other)
    assert (seen.error["Key"], seen.error["VersionId"]) == ("k", other)
    with refused("NoSuchVersion", 404):
        s3.get_object(Bucket=versioned, Key="k", VersionId="null")
    with refused("InvalidArgument", 400, "Invalid version id specified"):
        s3.get_object(Bucket=versioned, Key="k", VersionId="short")
    s3.delete_object(Bucket=versioned, Key="k", VersionId=other)
    assert body_of(s3, versioned, "k", VersionId=id) == b"one"
    plain = name + "-plain"
    s3.create_bucket(Bucket=plain)
    assert put(s3, plain, "k", b"x") is None
    answer = s3.get_object(Bucket=plain, Key="k", VersionId="null")
    assert "VersionId" not in answer
    with refused("InvalidArgument", 400, "Invalid version id specified"):
        s3.get_object(Bucket=plain, Key="k", VersionId=id)
    listed = s3.list_object_versions(Bucket=plain)["Versions"]
    assert [(v["Key"], v["VersionId"], v["IsLatest"]) for v in listed] == [("k", "null", True)]
    s3.delete_object(Bucket=plain, Key="k", VersionId="null")
    assert chain(s3, plain) == []


def test_what_was_there_before_is_the_null_version(s3, bucket):
    put(s3, bucket, "k", b"before")
    assert "VersionId" not in s3.get_object(Bucket=bucket, Key="k")
    versioning(s3, bucket)
    assert s3.get_object(Bucket=bucket, Key="k")["VersionId"] == "null"
    id = put(s3, bucket, "k", b"after")
    assert body_of(s3, bucket, "k", VersionId="null") == b"before"
    assert chain(s3, bucket) == [("k", id, False, True), ("k", "null", False, False)]


def test_suspended(s3, versioned):
    id = put(s3, versioned, "k", b"kept")
    versioning(s3, versioned, "Suspended")
    assert put(s3, versioned, "k", b"null 1") is None
    assert put(s3, versioned, "k", b"null 2") is None
    assert chain(s3, versioned) == [("k", "null", False, True), ("k", id, False, False)]
    assert body_of(s3, versioned, "k", VersionId="null") == b"null 2"
    answer = s3.delete_object(Bucket=versioned, Key="k")
    assert (answer["DeleteMarker"], answer["VersionId"]) == (True, "null")
    assert chain(s3, versioned) == [("k", id, False, False), ("k", "null", True, True)]
    s3.delete_object(Bucket=versioned, Key="k")
    assert len(chain(s3, versioned)) == 2
    put(s3, versioned, "k", b"null 3")
    assert chain(s3, versioned) == [("k", "null", False, True), ("k", id, False, False)]
    versioning(s3, versioned)
    newest = put(s3, versioned, "k", b"new")
    assert [entry[1] for entry in chain(s3, versioned)] == [newest, "null", id]
    assert body_of(s3, versioned, "k", VersionId=id) == b"kept"


def test_copies(s3, versioned):
    first = put(s3, versioned, "k", b"one")
    put(s3, versioned, "k", b"two")
    source = {"Bucket": versioned, "Key": "k", "VersionId": first}
    answer = s3.copy_object(Bucket=versioned, Key="k", CopySource=source)
    assert answer["CopySourceVersionId"] == first
    assert s3.get_object(Bucket=versioned, Key="k")["VersionId"] == answer["VersionId"]
    assert body_of(s3, versioned, "k") == b"one"
    assert len(chain(s3, versioned)) == 3
    marker = s3.delete_object(Bucket=versioned, Key="k")["VersionId"]
    with refused("NoSuchKey", 404):
        s3.copy_object(Bucket=versioned, Key="c", CopySource=f"{versioned}/k")
    with refused("InvalidRequest", 400):
        s3.copy_object(
            Bucket=versioned, Key="c", CopySource=f"{versioned}/k?versionId={marker}"
        )


def test_tags_of_versions(s3, versioned):
    first, second = put(s3, versioned, "k", b"one"), put(s3, versioned, "k", b"two")
    for id in (first, second):
        answer = s3.put_object_tagging(
            Bucket=versioned,
            Key="k",
            VersionId=id,
            Tagging={"TagSet": [{"Key": "id", "Value": id[:8]}]},
        )
        assert answer["VersionId"] == id
    s3.delete_object_tagging(Bucket=versioned, Key="k", VersionId=second)
    answer = s3.get_object_tagging(Bucket=versioned, Key="k", VersionId=first)
    assert (answer["TagSet"], answer["VersionId"]) == ([{"Key": "id", "Value": first[:8]}], first)
    answer = s3.get_object_tagging(Bucket=versioned, Key="k")
    assert (answer["TagSet"], answer["VersionId"]) == ([], second)


def test_multipart_uploads_become_versions(s3, versioned):
    old = put(s3, versioned, "k", b"old")
    upload = s3.create_multipart_upload(Bucket=versioned, Key="k")["UploadId"]
    named = {"Bucket": versioned, "Key": "k", "UploadId": upload}
    first = s3.upload_part(**named, PartNumber=1, Body=b"a" * (5 << 20))["ETag"]
    source = {"Bucket": versioned, "Key": "k", "VersionId": old}
    copied = s3.upload_part_copy(**named, PartNumber=2, CopySource=source)
    assert copied["CopySourceVersionId"] == old
    parts = [
        {"PartNumber": 1, "ETag": first},
        {"PartNumber": 2, "ETag": copied["CopyPartResult"]["ETag"]},
    ]
    answer = s3.complete_multipart_upload(**named, MultipartUpload={"Parts": parts})
    assert FORM.fullmatch(answer["VersionId"])
    put(s3, versioned, "k", b"newer")
    whole = body_of(s3, versioned, "k", VersionId=answer["VersionId"])
    assert whole == b"a" * (5 << 20) + b"old"


def test_delete_objects(s3, versioned):
    first = put(s3, versioned, "a", b"1")
    put(s3, versioned, "b", b"2")
    objects = [
        {"Key": "a", "VersionId": first},
        {"Key": "b"},
        {"Key": "c", "VersionId": "nonsense"},
    ]
    answer = s3.delete_objects(Bucket=versioned, Delete={"Objects": objects})
    assert answer["Deleted"][0] == {"Key": "a", "VersionId": first}
    gone = answer["Deleted"][1]
    assert gone["DeleteMarker"] is True and "VersionId" not in gone
    error = answer["Errors"][0]
    assert (error["Code"], error["VersionId"]) == ("NoSuchVersion", "nonsense")
    objects = [{"Key": "b", "VersionId": gone["DeleteMarkerVersionId"]}]
    answer = s3.delete_objects(Bucket=versioned, Delete={"Objects": objects})
    assert answer["Deleted"][0]["DeleteMarkerVersionId"] == objects[0]["VersionId"]
    assert body_of(s3, versioned, "b") == b"2"


def test_a_bucket_is_empty_without_versions_only(s3, versioned):
    put(s3, versioned, "k", b"1")
    s3.delete_object(Bucket=versioned, Key="k")
    with refused("BucketNotEmpty", 409, "You must delete all versions in the bucket."):
        s3.delete_bucket(Bucket=versioned)
    objects = [{"Key": key, "VersionId": id} for key, id, _, _ in chain(s3, versioned)]
    s3.delete_objects(Bucket=versioned, Delete={"Objects": objects, "Quiet": True})
    s3.delete_bucket(Bucket=versioned)


def test_conditions_look_at_the_current_version(s3, versioned):
    put(s3, versioned, "k", b"1")
    with refused("PreconditionFailed", 412):
        s3.put_object(Bucket=versioned, Key="k", Body=b"2", IfNoneMatch="*")
    s3.delete_object(Bucket=versioned, Key="k")
    s3.put_object(Bucket=versioned, Key="k", Body=b"2", IfNoneMatch="*")
    assert body_of(s3, versioned, "k") == b"2"


@pytest.mark.parametrize("page", [1, 2, 3, 1000])
def test_listing_in_pages(s3, versioned, page):
    expected = []
    for key in ("a", "a/b", "b+ü", "c"):
        ids = [put(s3, versioned, key, b"x") for _ in range(3)]
        if key == "b+ü":
            ids.append(s3.delete_object(Bucket=versioned, Key=key)["VersionId"])
        expected += [(key, id) for id in reversed(ids)]
    pages = s3.get_paginator("list_object_versions").paginate(
        Bucket=versioned, PaginationConfig={"PageSize": page}
    )
    found, latest = [], []
    for answer in pages:
        entries = answer.get("Versions", []) + answer.get("DeleteMarkers", [])
        assert len(entries) <= page
        found += [(entry["Key"], entry["VersionId"]) for entry in entries]
        latest += [entry["Key"] for entry in entries if entry["IsLatest"]]
    assert sorted(found) == sorted(expected)
    assert sorted(latest) == sorted({key for key, _ in expected})
    if page == 1:
        assert found == expected


def test_listing_with_prefix_delimiter_and_markers(s3, versioned):
    for key in ("a/1", "a/2", "b", "c/1"):
        put(s3, versioned, key, b"1"), put(s3, versioned, key, b"2")
    answer = s3.list_object_versions(Bucket=versioned, Delimiter="/")
    assert [p["Prefix"] for p in answer["CommonPrefixes"]] == ["a/", "c/"]
    assert [v["Key"] for v in answer["Versions"]] == ["b", "b"]
    answer = s3.list_object_versions(Bucket=versioned, Delimiter="/", MaxKeys=1)
    assert (answer["IsTruncated"], answer["NextKeyMarker"]) == (True, "a/")
    assert "NextVersionIdMarker" not in answer
    answer = s3.list_object_versions(Bucket=versioned, Prefix="a/")
    assert {v["Key"] for v in answer["Versions"]} == {"a/1", "a/2"}
    answer = s3.list_object_versions(Bucket=versioned, KeyMarker="a/2")
    assert {v["Key"] for v in answer["Versions"]} == {"b", "c/1"}
    newest = s3.list_object_versions(Bucket=versioned, Prefix="b")["Versions"][0]["VersionId"]
    s3.delete_object(Bucket=versioned, Key="b", VersionId=newest)
    # The marker's version is gone, its place isn't.
    answer = s3.list_object_versions(Bucket=versioned, KeyMarker="b", VersionIdMarker=newest)
    assert [v["Key"] for v in answer["Versions"]] == ["b", "c/1", "c/1"]
    assert (answer["KeyMarker"], answer["VersionIdMarker"]) == ("b", newest)
    with refused("InvalidArgument", 400, "cannot be specified without a key marker"):
        s3.list_object_versions(Bucket=versioned, VersionIdMarker=newest)


def test_events_tell_versions(server, s3, versioned, name):
    queues = server.client("sqs")
    url = queues.create_queue(QueueName=name)["QueueUrl"]
    attributes = queues.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    arn = attributes["Attributes"]["QueueArn"]
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": arn,
    }
    queues.set_queue_attributes(QueueUrl=url, Attributes={"Policy": platform.policy(statement)})
    pattern = {"source": ["aws.s3"], "detail": {"bucket": {"name": [versioned]}}}
    platform.put_rule(server, name, {"Id": "q", "Arn": arn}, pattern=pattern)
    on = {"EventBridgeConfiguration": {}}
    s3.put_bucket_notification_configuration(Bucket=versioned, NotificationConfiguration=on)
    id = put(s3, versioned, "k", b"1")
    marker = s3.delete_object(Bucket=versioned, Key="k")["VersionId"]
    s3.delete_object(Bucket=versioned, Key="k", VersionId=id)
    versioning(s3, versioned, "Suspended")
    put(s3, versioned, "k", b"2")
    seen = []

    def all_seen():
        for message in queues.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get(
            "Messages", []
        ):
            seen.append(json.loads(message["Body"]))
        return len(seen) >= 4

    wait_until(all_seen)
    seen.sort(key=lambda event: event["detail"]["object"]["sequencer"])
    told = [
        (
            event["detail-type"],
            event["detail"]["object"].get("version-id"),
            event["detail"].get("deletion-type"),
        )
        for event in seen
    ]
    assert told == [
        ("Object Created", id, None),
        ("Object Deleted", marker, "Delete Marker Created"),
        ("Object Deleted", id, "Permanently Deleted"),
        ("Object Created", None, None),
    ]


def test_a_run_is_told_the_version(server, s3, versioned, name):
    job = platform.make_job(server, name + "-job", "print('ran')")
    platform.connect(server, versioned, job)
    on = {"EventBridgeConfiguration": {}}
    s3.put_bucket_notification_configuration(Bucket=versioned, NotificationConfiguration=on)
    id = put(s3, versioned, "k", b"1")
    run = platform.wait_for_runs(server, job)[0]
    assert run["Arguments"]["--object_version_id"] == id


def test_versions_outlive_a_restart(fresh_server):
    s3 = fresh_server.client("s3")
    s3.create_bucket(Bucket="kept")
    put(s3, "kept", "k", b"null")
    versioning(s3, "kept")
    ids = [put(s3, "kept", "k", body * 20_000) for body in (b"1", b"2")]
    s3.delete_object(Bucket="kept", Key="k")
    gone = put(s3, "kept", "gone", b"3" * 20_000)
    s3.delete_object(Bucket="kept", Key="gone", VersionId=gone)
    s3.copy_object(Bucket="kept", Key="c", CopySource=f"kept/k?versionId={ids[0]}")
    s3.delete_object(Bucket="kept", Key="c")
    fresh_server.restart()
    s3 = fresh_server.client("s3")
    assert body_of(s3, "kept", "k", VersionId="null") == b"null"
    assert body_of(s3, "kept", "k", VersionId=ids[0]) == b"1" * 20_000
    assert len(chain(s3, "kept", Prefix="k")) == 4
    assert json.loads(fresh_server.command("check", "--json").stdout)["findings"] == []
