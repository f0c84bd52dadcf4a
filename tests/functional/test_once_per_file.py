"""The tag tidemill:once of a rule: each file starts its targets once."""

import json

import pytest

from support import platform
from support.errors import refused


@pytest.fixture
def pipe(server, name):
    """(bucket, job, rule, the rule's ARN)"""
    bucket = platform.make_bucket(server, name)
    job = platform.make_job(server, f"{name}-job", "pass")
    rule = platform.connect(server, bucket, job)
    return bucket, job, rule, platform.rule_arn(rule)


def ask_once(server, arn, value):
    tags = [{"Key": "tidemill:once", "Value": value}]
    server.client("events").tag_resource(ResourceARN=arn, Tags=tags)


def put(server, bucket, key, body):
    server.client("s3").put_object(Bucket=bucket, Key=key, Body=body)


def deliveries(server, rule):
    shown = server.command("deliveries", "list", "--rule", rule, "--json").stdout
    return json.loads(shown)["deliveries"][::-1]


def test_every_write_is_a_run_unless_asked_otherwise(server, pipe):
    bucket, job, _, _ = pipe
    for _ in range(2):
        put(server, bucket, "a", b"same")
    assert len(platform.wait_for_runs(server, job, 2)) == 2


def test_same_content_is_skipped_and_names_the_run_that_had_it(server, pipe):
    bucket, job, rule, arn = pipe
    ask_once(server, arn, "content")
    put(server, bucket, "a", b"same")
    (run,) = platform.wait_for_runs(server, job, 1)
    put(server, bucket, "a", b"same")
    put(server, bucket, "b", b"same")
    put(server, bucket, "a", b"other")
    platform.wait_for_runs(server, job, 3)
    kept = deliveries(server, rule)
    assert [d["state"] for d in kept] == ["done", "skipped", "done", "done"]
    assert run["Id"] in kept[1]["message"]
    assert run["Id"] in server.command("explain", f"s3://{bucket}/a").stdout
    log = [json.loads(m) for m in platform.messages_of(server, f"/aws/events/rule/{rule}")]
    assert "SKIPPED" in [line["decision"] for line in log]


def test_versions_are_writes_where_there_are_no_versions_and_replays_are_skipped(server, pipe):
    bucket, job, rule, arn = pipe
    ask_once(server, arn, "version")
    for _ in range(2):
        put(server, bucket, "a", b"same")
    platform.wait_for_runs(server, job, 2)
    server.command("deliveries", "replay", "--rule", rule, "--since", "1h")
    assert [d["state"] for d in deliveries(server, rule)] == ["done", "done", "skipped", "skipped"]
    assert len(platform.runs_of(server, job)) == 2


def test_file_whose_delivery_failed_may_come_again(server, name):
    bucket = platform.make_bucket(server, name)
    job = platform.make_job(server, f"{name}-job", "pass")
    role = platform.make_role(server, f"{name}-role", "events.amazonaws.com")
    rule = platform.connect(server, bucket, job, role=role)
    ask_once(server, platform.rule_arn(rule), "content")
    put(server, bucket, "a", b"same")
    server.client("iam").put_role_policy(
        RoleName=f"{name}-role", PolicyName="own", PolicyDocument=platform.policy(platform.START)
    )
    put(server, bucket, "a", b"same")
    platform.wait_for_runs(server, job, 1)
    assert [d["state"] for d in deliveries(server, rule)] == ["failed", "done"]


def test_it_holds_across_a_restart_and_ends_with_the_tag(fresh_server, name):
    bucket = platform.make_bucket(fresh_server, name)
    job = platform.make_job(fresh_server, f"{name}-job", "pass")
    rule = platform.connect(fresh_server, bucket, job)
    arn = platform.rule_arn(rule)
    ask_once(fresh_server, arn, "content")
    put(fresh_server, bucket, "a", b"same")
    platform.wait_for_runs(fresh_server, job, 1)
    fresh_server.restart()
    put(fresh_server, bucket, "a", b"same")
    fresh_server.client("events").untag_resource(ResourceARN=arn, TagKeys=["tidemill:once"])
    put(fresh_server, bucket, "a", b"same")
    platform.wait_for_runs(fresh_server, job, 2)
    assert [d["state"] for d in deliveries(fresh_server, rule)] == ["done", "skipped", "done"]


def test_what_it_is_not_is_refused(server, pipe):
    with refused("ValidationException", text="must be every, version or content"):
        ask_once(server, pipe[3], "sometimes")
