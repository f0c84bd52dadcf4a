"""The audit trail: CloudTrail's LookupEvents on who changed what."""

import json
from datetime import datetime, timedelta, timezone

import pytest
from support import platform
from support.errors import refused
from support.platform import ACCOUNT
from support.waiting import wait_until


@pytest.fixture
def trail(server):
    return server.client("cloudtrail")


def lookup(trail, key=None, value=None, **more):
    if key:
        more["LookupAttributes"] = [{"AttributeKey": key, "AttributeValue": value}]
    return trail.lookup_events(**more)["Events"]


def wait_for(trail, key, value, count=1):
    """The trail is written after the answer."""
    found = wait_until(lambda: (seen := lookup(trail, key, value)) and len(seen) >= count and seen,
                       20, f"{count} calls with {key} {value}")
    assert len(found) == count
    return found


def record(event):
    return json.loads(event["CloudTrailEvent"])


def test_change_is_told_with_who_and_what(server, trail, name):
    user, key = platform.make_user(server, name, platform.ALLOW_ALL)
    server.client("sqs", key).create_queue(QueueName=name, Attributes={"DelaySeconds": "3"})
    [event] = wait_for(trail, "Username", name)
    assert event["EventName"] == "CreateQueue" and event["EventSource"] == "sqs.amazonaws.com"
    assert event["ReadOnly"] == "false" and event["AccessKeyId"] == key[0]
    assert {"ResourceType": "AWS::SQS::Queue", "ResourceName": name} in event["Resources"]
    told = record(event)
    assert told["userIdentity"]["type"] == "IAMUser" and told["userIdentity"]["arn"] == user
    assert told["requestParameters"] == {"queueName": name, "attributes": {"DelaySeconds": "3"}}
    assert told["sourceIPAddress"] == "127.0.0.1" and "Boto3" in told["userAgent"]
    assert told["awsRegion"] == "us-east-1" and told["recipientAccountId"] == ACCOUNT
    assert told["eventID"] == event["EventId"] and told["requestID"]
    assert "errorCode" not in told
    for attribute, value in (("EventId", event["EventId"]), ("ResourceName", name),
                             ("AccessKeyId", key[0])):
        assert event["EventId"] in [one["EventId"] for one in lookup(trail, attribute, value)]
    queues = lookup(trail, "ResourceType", "AWS::SQS::Queue")
    assert event["EventId"] in [one["EventId"] for one in queues]


def test_what_was_refused_is_told_with_its_error(server, trail, name):
    _, key = platform.make_user(server, name)
    with refused("AccessDeniedException"):
        server.client("glue", key).delete_job(JobName=f"{name}-job")
    with refused("AlreadyExistsException"):
        for _ in range(2):
            server.client("glue").create_job(
                Name=f"{name}-twice", Role="r", Command={"Name": "glueetl", "ScriptLocation": "s"})
    denied = record(wait_for(trail, "Username", name)[0])
    assert denied["eventName"] == "DeleteJob" and denied["errorCode"] == "AccessDeniedException"
    assert "glue:DeleteJob" in denied["errorMessage"]
    assert denied["requestParameters"] == {"jobName": f"{name}-job"}
    twice = [record(one) for one in wait_for(trail, "ResourceName", f"{name}-twice", 2)]
    assert [one.get("errorCode") for one in twice] == ["AlreadyExistsException", None]


def test_session_of_a_role_is_told_with_its_role(server, trail, name):
    user, key = platform.make_user(server, name, platform.ALLOW_ALL)
    document = {"Effect": "Allow", "Principal": {"AWS": user}, "Action": "sts:AssumeRole"}
    iam = server.client("iam")
    role = iam.create_role(
        RoleName=f"{name}-r", AssumeRolePolicyDocument=platform.policy(document))["Role"]["Arn"]
    iam.put_role_policy(RoleName=f"{name}-r", PolicyName="p",
                        PolicyDocument=platform.policy(platform.ALLOW_ALL))
    keys = server.client("sts", key).assume_role(
        RoleArn=role, RoleSessionName=f"{name}-s")["Credentials"]
    session = (keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"])
    server.client("sqs", session).create_queue(QueueName=name)
    told = record(wait_for(trail, "Username", f"{name}-s")[0])
    assert told["userIdentity"]["type"] == "AssumedRole"
    assert told["userIdentity"]["sessionContext"]["sessionIssuer"]["arn"] == role


def test_reading_and_data_leave_no_trace(server, s3, trail, bucket, name):
    queue = server.client("sqs").create_queue(QueueName=f"{name}-q")["QueueUrl"]
    s3.put_object(Bucket=bucket, Key="a", Body=b"x")
    s3.get_object(Bucket=bucket, Key="a")
    s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": "a"}]})
    server.client("sqs").send_message(QueueUrl=queue, MessageBody="m")
    server.client("sqs").receive_message(QueueUrl=queue)
    server.client("events").put_events(
        Entries=[{"Source": name, "DetailType": "d", "Detail": "{}"}])
    topic = server.client("sns").create_topic(Name=f"{name}-t")["TopicArn"]
    server.client("sns").publish(TopicArn=topic, Message="m")
    server.client("glue").get_jobs()
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    wait_for(trail, "ResourceName", bucket, 2)
    assert [one["EventName"] for one in lookup(trail, "ResourceName", bucket)] == [
        "PutBucketVersioning", "CreateBucket"]
    assert lookup(trail, "ResourceName", queue) == []
    for quiet in ("PutObject", "GetObject", "DeleteObjects", "SendMessage", "ReceiveMessage",
                  "Publish", "PutEvents", "GetJobs", "LookupEvents"):
        assert lookup(trail, "EventName", quiet) == []
    assert lookup(trail, "ReadOnly", "true") == [] and lookup(trail, "ReadOnly", "false")


def test_secrets_are_hidden(fresh_server, name):
    fresh_server.client("secretsmanager").create_secret(Name=name, SecretString="hunter2-secret")
    fresh_server.client("ssm").put_parameter(
        Name=name, Value="hunter2-value", Type="SecureString", Description="said-aloud")
    fresh_server.client("glue").create_job(
        Name=name, Role="r", Command={"Name": "glueetl", "ScriptLocation": "s"},
        DefaultArguments={"--password": "hunter2-argument"})
    trail = fresh_server.client("cloudtrail")
    told = [record(one) for one in wait_for(trail, "ResourceName", name, 3)]
    shown = {one["eventName"]: one["requestParameters"] for one in told}
    hidden = "HIDDEN_DUE_TO_SECURITY_REASONS"
    assert shown["CreateSecret"]["secretString"] == hidden
    assert shown["PutParameter"]["value"] == hidden
    assert shown["PutParameter"]["description"] == "said-aloud"
    assert shown["CreateJob"]["defaultArguments"] == hidden
    fresh_server.stop()
    kept = (fresh_server.data / "audit.db").read_bytes()
    assert b"said-aloud" in kept and b"hunter2" not in kept


def test_pages_and_times(fresh_server, name):
    sqs, trail = fresh_server.client("sqs"), fresh_server.client("cloudtrail")
    for number in range(7):
        sqs.create_queue(QueueName=f"{name}-{number}")
    wait_for(trail, "EventName", "CreateQueue", 7)
    pages = trail.get_paginator("lookup_events").paginate(PaginationConfig={"PageSize": 3})
    sizes = [[one["Resources"][0]["ResourceName"][-1] for one in page["Events"]] for page in pages]
    assert sizes == [["6", "5", "4"], ["3", "2", "1"], ["0"]]
    now = datetime.now(timezone.utc)
    assert lookup(trail, StartTime=now + timedelta(minutes=1)) == []
    assert len(lookup(trail, StartTime=now - timedelta(minutes=5), EndTime=now + timedelta(1))) == 7
    with refused("InvalidTimeRangeException"):
        lookup(trail, StartTime=now, EndTime=now - timedelta(1))
    with refused("InvalidNextTokenException"):
        lookup(trail, NextToken="x")
    two = [{"AttributeKey": "EventName", "AttributeValue": value} for value in "ab"]
    with refused("InvalidLookupAttributesException"):
        trail.lookup_events(LookupAttributes=two)


def test_trail_outlives_the_server_and_ends_with_its_days(make_server, name):
    server = make_server("--audit-days", "1").start()
    server.client("sqs").create_queue(QueueName=name)
    server.restart()
    trail = server.client("cloudtrail")
    assert [one["EventName"] for one in lookup(trail)] == ["CreateQueue"], "the end writes all"


def test_old_calls_are_forgotten(make_server, name):
    server = make_server("--test-mode", "--audit-days", "1").start()
    trail = server.client("cloudtrail")
    begin = datetime(2030, 1, 1, tzinfo=timezone.utc)
    server.set_clock(begin)
    server.client("sqs").create_queue(QueueName=name)
    wait_for(trail, "EventName", "CreateQueue")
    server.set_clock(begin + timedelta(days=1, seconds=1))
    wait_until(lambda: lookup(trail) == [], 20, "the trail to be empty")
    server.get("/_tidemill/reset", "POST", {})


def test_only_who_may_look_sees_it(server, name):
    _, key = platform.make_user(server, name)
    with refused("AccessDeniedException", 400, "cloudtrail:LookupEvents"):
        lookup(server.client("cloudtrail", key))
