"""AWS/S3 in CloudWatch: what buckets hold, measured daily, and the requests that are counted where a
bucket has a metrics configuration."""

import json
from datetime import timedelta

import pytest
from support.days import BEGIN, days
from support.errors import refused
from support.waiting import wait_until

PART = 5 << 20


@pytest.fixture
def s3(lab):
    return lab.client("s3")


def points(server, metric, **dimensions):
    """[(time, sum, samples)] by the minute, of three days."""
    found = server.client("cloudwatch").get_metric_statistics(
        Namespace="AWS/S3", MetricName=metric, StartTime=days(0), EndTime=days(3), Period=300,
        Statistics=["Sum", "SampleCount"],
        Dimensions=[{"Name": n, "Value": v} for n, v in dimensions.items()],
    )["Datapoints"]
    return [(p["Timestamp"], p["Sum"], p["SampleCount"])
            for p in sorted(found, key=lambda p: p["Timestamp"])]


def objects(server, bucket):
    return points(server, "NumberOfObjects", BucketName=bucket, StorageType="AllStorageTypes")


def size(server, bucket):
    return points(server, "BucketSizeBytes", BucketName=bucket, StorageType="StandardStorage")


def held(server, bucket):
    """What the program says now; `check` counts again."""
    text = server.get("/_tidemill/metrics")[1]
    values = dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
    checked = json.loads(server.get("/_tidemill/api/check")[1])
    assert checked["findings"] == []
    label = f'{{bucket="{bucket}"}}'
    return (float(values[f"tidemill_bucket_objects{label}"]),
            float(values[f"tidemill_bucket_bytes{label}"]))


def test_a_new_bucket_is_measured_when_it_is_first_asked_for(lab, s3, name):
    cloudwatch = lab.client("cloudwatch")
    assert cloudwatch.list_metrics(Namespace="AWS/S3")["Metrics"] == []  # It is empty.
    s3.put_object(Bucket=name, Key="a", Body=b"12345")
    s3.put_object(Bucket=name, Key="b", Body=b"123")
    listed = cloudwatch.list_metrics(Namespace="AWS/S3")["Metrics"]
    assert {(m["MetricName"], json.dumps(m["Dimensions"])) for m in listed} == {
        ("NumberOfObjects", json.dumps([{"Name": "BucketName", "Value": name},
                                        {"Name": "StorageType", "Value": "AllStorageTypes"}])),
        ("BucketSizeBytes", json.dumps([{"Name": "BucketName", "Value": name},
                                        {"Name": "StorageType", "Value": "StandardStorage"}])),
    }
    assert objects(lab, name) == [(BEGIN, 2, 1)]
    assert size(lab, name) == [(BEGIN, 8, 1)]


def test_every_bucket_is_measured_once_a_day_at_midnight(lab, s3, name):
    s3.put_object(Bucket=name, Key="a", Body=b"12345")
    assert objects(lab, name) == [(BEGIN, 1, 1)]
    s3.put_object(Bucket=name, Key="b", Body=b"123")
    assert objects(lab, name) == [(BEGIN, 1, 1)]  # Once a day.
    lab.set_clock(days(1))
    wait_until(lambda: len(objects(lab, name)) == 2, 20, "midnight's datapoint")
    lab.set_clock(days(1) + timedelta(hours=9))
    s3.delete_object(Bucket=name, Key="a")
    s3.delete_object(Bucket=name, Key="b")
    lab.set_clock(days(2))
    assert objects(lab, name) == [(BEGIN, 1, 1), (days(1), 2, 1), (days(2), 0, 1)]
    assert size(lab, name) == [(BEGIN, 5, 1), (days(1), 8, 1), (days(2), 0, 1)]


def test_versions_markers_and_parts_count(lab, s3, name):
    assert held(lab, name) == (0, 0)
    s3.put_object(Bucket=name, Key="a", Body=b"12345")
    s3.put_object(Bucket=name, Key="a", Body=b"123")
    assert held(lab, name) == (1, 3)
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    second = s3.put_object(Bucket=name, Key="a", Body=b"1234567")["VersionId"]
    assert held(lab, name) == (2, 10)
    marker = s3.delete_object(Bucket=name, Key="a")["VersionId"]
    assert held(lab, name) == (3, 10)
    s3.delete_object(Bucket=name, Key="a", VersionId=marker)
    s3.delete_object(Bucket=name, Key="a", VersionId=second)
    assert held(lab, name) == (1, 3)
    s3.copy_object(Bucket=name, Key="b", CopySource=f"{name}/a")
    assert held(lab, name) == (2, 6)


def test_parts_of_an_unfinished_upload_count_until_it_ends(lab, s3, name):
    def begin(key):
        upload = s3.create_multipart_upload(Bucket=name, Key=key)["UploadId"]
        return {"Bucket": name, "Key": key, "UploadId": upload}

    kept, dropped = begin("kept"), begin("dropped")
    etag = s3.upload_part(**kept, PartNumber=1, Body=bytes(PART))["ETag"]
    s3.upload_part(**kept, PartNumber=2, Body=b"to be replaced")
    last = s3.upload_part(**kept, PartNumber=2, Body=b"end")["ETag"]
    s3.upload_part(**kept, PartNumber=3, Body=b"isn't named at the end")
    s3.upload_part(**dropped, PartNumber=1, Body=b"123")
    assert held(lab, name) == (4, PART + 3 + 22 + 3)
    s3.complete_multipart_upload(**kept, MultipartUpload={"Parts": [
        {"PartNumber": 1, "ETag": etag}, {"PartNumber": 2, "ETag": last}]})
    assert held(lab, name) == (2, PART + 3 + 3)
    s3.abort_multipart_upload(**dropped)
    assert held(lab, name) == (1, PART + 3)


def put_configuration(s3, bucket, id_, **filter_):
    configuration = {"Id": id_} | ({"Filter": filter_} if filter_ else {})
    s3.put_bucket_metrics_configuration(
        Bucket=bucket, Id=id_, MetricsConfiguration=configuration)


def test_configurations_are_kept_changed_listed_and_deleted(s3, name):
    with refused("NoSuchConfiguration", 404):
        s3.get_bucket_metrics_configuration(Bucket=name, Id="all")
    put_configuration(s3, name, "all")
    both = {"And": {"Prefix": "in/", "Tags": [{"Key": "a", "Value": "b"}]}}
    put_configuration(s3, name, "in", **both)
    put_configuration(s3, name, "all", Prefix="x/")
    shown = s3.get_bucket_metrics_configuration(Bucket=name, Id="in")["MetricsConfiguration"]
    assert shown == {"Id": "in", "Filter": both}
    listed = s3.list_bucket_metrics_configurations(Bucket=name)
    assert not listed["IsTruncated"]
    assert listed["MetricsConfigurationList"] == [
        {"Id": "all", "Filter": {"Prefix": "x/"}}, {"Id": "in", "Filter": both}]
    s3.delete_bucket_metrics_configuration(Bucket=name, Id="in")
    with refused("NoSuchConfiguration", 404):
        s3.delete_bucket_metrics_configuration(Bucket=name, Id="in")


def test_configurations_are_listed_in_pages(s3, name):
    ids = [f"filter-{n:03}" for n in range(150)]
    for id_ in ids:
        put_configuration(s3, name, id_, Prefix=id_)
    first = s3.list_bucket_metrics_configurations(Bucket=name)
    assert first["IsTruncated"]
    second = s3.list_bucket_metrics_configurations(
        Bucket=name, ContinuationToken=first["NextContinuationToken"])
    assert not second["IsTruncated"]
    seen = first["MetricsConfigurationList"] + second["MetricsConfigurationList"]
    assert [one["Id"] for one in seen] == ids


def test_bad_configurations_are_refused(s3, name):
    with refused("InvalidArgument", 400):
        put_configuration(s3, name, "not an id")
    with refused("InvalidArgument", 400):
        s3.put_bucket_metrics_configuration(
            Bucket=name, Id="a", MetricsConfiguration={"Id": "b"})
    with refused("MalformedXML", 400):
        put_configuration(s3, name, "a", Prefix="a", Tag={"Key": "a", "Value": "b"})
    with refused("MalformedXML", 400):
        put_configuration(s3, name, "a", And={"Prefix": "a"})
    with refused("InvalidArgument", 400, "access points"):
        put_configuration(
            s3, name, "a", AccessPointArn="arn:aws:s3:us-east-1:000000000000:accesspoint/x")


def count(server, metric, bucket, filter_):
    found = points(server, metric, BucketName=bucket, FilterId=filter_)
    return sum(p[1] for p in found), sum(p[2] for p in found)


def test_requests_are_counted_by_kind_status_and_bytes(lab, s3, name):
    s3.put_object(Bucket=name, Key="before", Body=b"x")
    put_configuration(s3, name, "all")
    asked = count(lab, "AllRequests", name, "all")[0]  # The configuration's own request.
    s3.put_object(Bucket=name, Key="a", Body=b"12345")
    s3.get_object(Bucket=name, Key="a")["Body"].read()
    s3.head_object(Bucket=name, Key="a")
    s3.list_objects_v2(Bucket=name)
    with refused("NoSuchKey", 404):
        s3.get_object(Bucket=name, Key="absent")
    s3.delete_object(Bucket=name, Key="a")
    s3.delete_objects(Bucket=name, Delete={"Objects": [{"Key": "before"}]})
    wait_until(lambda: count(lab, "AllRequests", name, "all")[0] == asked + 7, 20, "all of them")
    sums = {m: count(lab, m, name, "all")[0] for m in (
        "PutRequests", "GetRequests", "HeadRequests", "ListRequests", "DeleteRequests",
        "4xxErrors", "5xxErrors")}
    assert sums == {"PutRequests": 1, "GetRequests": 2, "HeadRequests": 1, "ListRequests": 1,
                    "DeleteRequests": 2, "4xxErrors": 1, "5xxErrors": 0}
    assert count(lab, "4xxErrors", name, "all")[1] == asked + 7  # The average is a rate.
    assert count(lab, "BytesUploaded", name, "all")[0] >= 5
    assert count(lab, "BytesDownloaded", name, "all")[0] >= 5
    first = count(lab, "FirstByteLatency", name, "all")
    total = count(lab, "TotalRequestLatency", name, "all")
    assert first[1] == total[1] == asked + 7 and 0 < first[0] <= total[0]
    s3.delete_bucket_metrics_configuration(Bucket=name, Id="all")
    s3.list_objects_v2(Bucket=name)
    assert count(lab, "ListRequests", name, "all")[0] == 1


def test_filters_take_requests_by_prefix_and_by_tag(lab, s3, name):
    put_configuration(s3, name, "in", Prefix="in/")
    put_configuration(s3, name, "hot", Tag={"Key": "heat", "Value": "hot"})
    s3.put_object(Bucket=name, Key="in/a", Body=b"x")
    s3.put_object(Bucket=name, Key="out/a", Body=b"x", Tagging="heat=hot")
    s3.put_object(Bucket=name, Key="out/b", Body=b"x", Tagging="heat=cold")
    s3.get_object(Bucket=name, Key="out/a")["Body"].read()
    s3.list_objects_v2(Bucket=name, Prefix="in/")  # Is about the bucket.
    wait_until(lambda: count(lab, "AllRequests", name, "in")[0] == 1, 20, "in")
    wait_until(lambda: count(lab, "AllRequests", name, "hot")[0] == 2, 20, "hot")
    assert count(lab, "GetRequests", name, "hot")[0] == 1
    assert count(lab, "PutRequests", name, "in")[0] == 1
    assert count(lab, "ListRequests", name, "in")[0] == 0


def test_configurations_outlive_a_restart_and_go_with_their_bucket(make_server, name):
    server = make_server("--test-mode").start()
    server.set_clock(BEGIN)
    s3 = server.client("s3")
    s3.create_bucket(Bucket=name)
    put_configuration(s3, name, "all")
    server.stop()
    server.start()
    server.set_clock(BEGIN)
    s3 = server.client("s3")
    s3.list_objects_v2(Bucket=name)
    wait_until(lambda: count(server, "ListRequests", name, "all")[0] == 1, 20, "the request")
    s3.delete_bucket(Bucket=name)
    s3.create_bucket(Bucket=name)
    assert s3.list_bucket_metrics_configurations(Bucket=name).get(
        "MetricsConfigurationList", []) == []
