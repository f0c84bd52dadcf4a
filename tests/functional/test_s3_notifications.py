"""Buckets' own notifications: S3's records in queues and topics."""

import json

import pytest
from support import platform
from support.errors import refused
from support.platform import ACCOUNT, let, queue_arn
from support.waiting import wait_until

UNABLE = "Unable to validate the following destination configurations"


@pytest.fixture
def sqs(server):
    return server.client("sqs")


def make_queue(sqs, name, *statements):
    """A queue that takes from S3, unless other statements are given; its URL."""
    statements = statements or (let("s3", "sqs:SendMessage", queue_arn(name)),)
    policy = {"Policy": platform.policy(*statements)}
    return sqs.create_queue(QueueName=name, Attributes=policy)["QueueUrl"]


def bodies(sqs, url):
    """Every message's body, taken out of the queue."""
    got = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
    for message in got:
        sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return [json.loads(message["Body"]) for message in got]


def records(sqs, url):
    return [record for body in bodies(sqs, url) for record in body["Records"]]


def notify(s3, bucket, *configurations, **more):
    wanted = {"QueueConfigurations": list(configurations)}
    s3.put_bucket_notification_configuration(
        Bucket=bucket, NotificationConfiguration=wanted, **more
    )


def to_queue(name, *events, **rules):
    """A configuration with filter rules."""
    made = {"Id": f"to-{name}", "QueueArn": queue_arn(name), "Events": list(events)}
    if rules:
        listed = [{"Name": rule, "Value": value} for rule, value in rules.items()]
        made["Filter"] = {"Key": {"FilterRules": listed}}
    return made


def test_a_queue_gets_a_test_event_and_then_records(s3, sqs, bucket, name):
    url = make_queue(sqs, name)
    wanted = to_queue(name, "s3:ObjectCreated:*", prefix="in/", suffix=".csv")
    notify(s3, bucket, wanted)
    (test,) = bodies(sqs, url)
    assert (test["Event"], test["Bucket"], test["Service"]) == ("s3:TestEvent", bucket, "Amazon S3")
    shown = s3.get_bucket_notification_configuration(Bucket=bucket)["QueueConfigurations"]
    rules = [{"Name": "Prefix", "Value": "in/"}, {"Name": "Suffix", "Value": ".csv"}]
    assert shown == [wanted | {"Filter": {"Key": {"FilterRules": rules}}}]

    put = s3.put_object(Bucket=bucket, Key="in/a b.csv", Body=b"123")
    for other in ("in/x.json", "out/x.csv"):
        s3.put_object(Bucket=bucket, Key=other, Body=b"x")
    s3.delete_object(Bucket=bucket, Key="in/a b.csv")
    (record,) = records(sqs, url)
    assert (record["eventSource"], record["eventName"]) == ("aws:s3", "ObjectCreated:Put")
    assert (record["eventVersion"], record["awsRegion"]) == ("2.1", "us-east-1")
    assert record["s3"]["configurationId"] == f"to-{name}"
    assert record["s3"]["bucket"]["arn"] == f"arn:aws:s3:::{bucket}"
    stored = record["s3"]["object"]
    assert (stored["key"], stored["size"]) == ("in/a+b.csv", 3)
    assert f'"{stored["eTag"]}"' == put["ETag"] and stored["sequencer"]


def test_copies_uploads_and_deletes_are_told_apart(s3, sqs, bucket, name):
    url = make_queue(sqs, name)
    notify(s3, bucket, to_queue(name, "s3:ObjectCreated:*", "s3:ObjectRemoved:*"))
    bodies(sqs, url)
    s3.put_object(Bucket=bucket, Key="a", Body=b"1")
    s3.copy_object(Bucket=bucket, Key="b", CopySource=f"{bucket}/a")
    upload = s3.create_multipart_upload(Bucket=bucket, Key="c")["UploadId"]
    part = s3.upload_part(Bucket=bucket, Key="c", UploadId=upload, PartNumber=1, Body=b"1")
    parts = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
    s3.complete_multipart_upload(Bucket=bucket, Key="c", UploadId=upload, MultipartUpload=parts)
    s3.delete_object(Bucket=bucket, Key="a")
    versioned = {"Status": "Enabled"}
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration=versioned)
    s3.delete_object(Bucket=bucket, Key="b")
    seen = records(sqs, url)
    assert [record["eventName"] for record in seen] == [
        "ObjectCreated:Put", "ObjectCreated:Copy", "ObjectCreated:CompleteMultipartUpload",
        "ObjectRemoved:Delete", "ObjectRemoved:DeleteMarkerCreated",
    ]
    assert "versionId" in seen[-1]["s3"]["object"]


def test_a_topic_gets_them_with_aws_subject(server, s3, sqs, bucket, name):
    sns = server.client("sns")
    arn = sns.create_topic(Name=name)["TopicArn"]
    wanted = {"TopicConfigurations": [{"TopicArn": arn, "Events": ["s3:ObjectCreated:*"]}]}
    with refused("InvalidArgument", 400, UNABLE) as seen:
        s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration=wanted)
    assert seen.error["ArgumentValue1"] == (
        "Permissions on the destination topic do not allow S3 to publish notifications from this "
        "bucket"
    )
    only = let("s3", "SNS:Publish", arn) | {
        "Condition": {"ArnLike": {"aws:SourceArn": f"arn:aws:s3:::{bucket}"},
                      "StringEquals": {"aws:SourceAccount": ACCOUNT}}}
    sns.set_topic_attributes(
        TopicArn=arn, AttributeName="Policy", AttributeValue=platform.policy(only)
    )
    url = make_queue(sqs, name, let("sns", "sqs:SendMessage", queue_arn(name)))
    sns.subscribe(TopicArn=arn, Protocol="sqs", Endpoint=queue_arn(name))
    s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration=wanted)
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    told = bodies(sqs, url)
    assert [one["Subject"] for one in told] == ["Amazon S3 Notification"] * 2
    (record,) = json.loads(told[1]["Message"])["Records"]
    assert record["s3"]["object"]["key"] == "k"


def test_destinations_are_validated(s3, sqs, bucket, name):
    with refused("InvalidArgument", 400, UNABLE) as seen:
        notify(s3, bucket, to_queue(f"{name}-not", "s3:ObjectCreated:*"))
    assert seen.error["ArgumentName1"] == queue_arn(f"{name}-not")
    assert seen.error["ArgumentValue1"] == "The destination queue does not exist"
    make_queue(sqs, name, let("sns", "sqs:SendMessage", queue_arn(name)))
    with refused("InvalidArgument", 400, UNABLE) as seen:
        notify(s3, bucket, to_queue(name, "s3:ObjectCreated:*"))
    assert "Permissions on the destination queue do not allow S3" in seen.error["ArgumentValue1"]
    bad = to_queue(name, "s3:ObjectCreated:*") | {"QueueArn": "nonsense"}
    with refused("InvalidArgument", 400, "The ARN could not be parsed") as seen:
        notify(s3, bucket, bad, SkipDestinationValidation=True)
    assert (seen.error["ArgumentName"], seen.error["ArgumentValue"]) == ("Queue", "nonsense")
    both = [to_queue(name, "s3:ObjectCreated:*"), to_queue(name, "s3:ObjectCreated:Put")]
    with refused("InvalidArgument", 400, "Configurations overlap."):
        notify(s3, bucket, *both, SkipDestinationValidation=True)
    assert "QueueConfigurations" not in s3.get_bucket_notification_configuration(Bucket=bucket)
    notify(s3, bucket, both[0], SkipDestinationValidation=True)
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")  # Nobody may be told; it is written all the same.
    s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration={})
    assert "QueueConfigurations" not in s3.get_bucket_notification_configuration(Bucket=bucket)


def test_what_expires_is_told_too(test_mode_server):
    server = test_mode_server
    server.set_clock("2030-01-01T10:00:00Z")
    s3, sqs = server.client("s3"), server.client("sqs")
    s3.create_bucket(Bucket="old")
    url = make_queue(sqs, "expired")
    notify(s3, "old", to_queue("expired", "s3:LifecycleExpiration:*"))
    bodies(sqs, url)
    gone = {"ID": "r", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 1}}
    s3.put_bucket_lifecycle_configuration(
        Bucket="old", LifecycleConfiguration={"Rules": [gone]}
    )
    s3.put_object(Bucket="old", Key="k", Body=b"x")
    server.set_clock("2030-01-03T00:00:00Z")
    (record,) = wait_until(lambda: records(sqs, url))
    assert record["eventName"] == "LifecycleExpiration:Delete"
    assert record["requestParameters"]["sourceIPAddress"] == "s3.amazonaws.com"


def test_they_stand_beside_eventbridge_and_outlive_a_restart(make_server):
    server = make_server().start()
    s3, sqs = server.client("s3"), server.client("sqs")
    url = make_queue(sqs, "own")
    rule_url = make_queue(sqs, "rule", let("events", "sqs:SendMessage", queue_arn("rule")))
    platform.put_rule(server, "r", {"Id": "q", "Arn": queue_arn("rule")},
                      pattern={"source": ["aws.s3"]})
    s3.create_bucket(Bucket="both")
    wanted = {"QueueConfigurations": [to_queue("own", "s3:ObjectCreated:Put")]}
    s3.put_bucket_notification_configuration(
        Bucket="both", NotificationConfiguration=wanted | platform.EVENTS_ON
    )
    server.kill()
    server.start()
    s3.put_object(Bucket="both", Key="k", Body=b"x")
    assert [body.get("Event", "record") for body in bodies(sqs, url)] == ["s3:TestEvent", "record"]
    assert [event["detail"]["object"]["key"] for event in bodies(sqs, rule_url)] == ["k"]
    shown = s3.get_bucket_notification_configuration(Bucket="both")
    assert shown["EventBridgeConfiguration"] == {}
    assert shown["QueueConfigurations"] == wanted["QueueConfigurations"]
