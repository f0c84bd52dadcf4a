"""CloudWatch Logs."""

import time

import pytest
from support.errors import refused


@pytest.fixture
def logs(server):
    return server.client("logs")


@pytest.fixture
def group(logs, name):
    logs.create_log_group(logGroupName=f"/test/{name}")
    return f"/test/{name}"


def now_ms():
    return int(time.time() * 1000)


def write(logs, group, stream, *messages, start=None):
    start = start or now_ms() - len(messages)
    try:
        logs.create_log_stream(logGroupName=group, logStreamName=stream)
    except logs.exceptions.ResourceAlreadyExistsException:
        pass
    events = [{"timestamp": start + n, "message": text} for n, text in enumerate(messages)]
    return logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=events)


def test_life_of_a_group(logs, name):
    group = f"/test/{name}"
    logs.create_log_group(logGroupName=group, tags={"a": "1"})
    with refused("ResourceAlreadyExistsException", 400, "The specified log group already exists"):
        logs.create_log_group(logGroupName=group)
    logs.put_retention_policy(logGroupName=group, retentionInDays=14)
    (shown,) = logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]
    assert shown["retentionInDays"] == 14 and shown["metricFilterCount"] == 0
    assert shown["arn"].endswith(f":log-group:{group}:*")
    assert abs(shown["creationTime"] - now_ms()) < 60_000
    tags = logs.list_tags_for_resource(resourceArn=shown["arn"].removesuffix(":*"))["tags"]
    assert tags == {"a": "1"}
    logs.delete_log_group(logGroupName=group)
    with refused("ResourceNotFoundException", 400, "The specified log group does not exist."):
        logs.delete_log_group(logGroupName=group)


def test_events_come_back_in_order(logs, group):
    write(logs, group, "s", "one", "two", "three")
    answer = logs.get_log_events(logGroupName=group, logStreamName="s", startFromHead=True)
    assert [event["message"] for event in answer["events"]] == ["one", "two", "three"]
    assert answer["nextForwardToken"] and answer["nextBackwardToken"]
    more = logs.get_log_events(
        logGroupName=group, logStreamName="s", nextToken=answer["nextForwardToken"]
    )
    assert more["events"] == []
    assert more["nextForwardToken"] == answer["nextForwardToken"], "the same token: the end"


def test_streams(logs, group):
    logs.create_log_stream(logGroupName=group, logStreamName="empty")
    write(logs, group, "full", "x")
    streams = logs.describe_log_streams(logGroupName=group)["logStreams"]
    assert [stream["logStreamName"] for stream in streams] == ["empty", "full"]
    assert "lastEventTimestamp" not in streams[0] and streams[0]["storedBytes"] == 0
    assert streams[1]["lastEventTimestamp"]
    by_time = logs.describe_log_streams(
        logGroupName=group, orderBy="LastEventTime", descending=True
    )["logStreams"]
    assert by_time[0]["logStreamName"] == "full"


FILTERS = {
    "": {"ERROR one", "WARN two", "plain ERROR text", '{"level": "error", "n": 5}'},
    "ERROR": {"ERROR one", "plain ERROR text"},
    "ERROR one": {"ERROR one"},
    '"plain ERROR"': {"plain ERROR text"},
    "?ERROR ?WARN": {"ERROR one", "WARN two", "plain ERROR text"},
    "ERROR -plain": {"ERROR one"},
    '{ $.level = "error" }': {'{"level": "error", "n": 5}'},
    "{ $.n > 4 }": {'{"level": "error", "n": 5}'},
    "{ $.n > 5 }": set(),
}


@pytest.mark.parametrize("pattern", FILTERS)
def test_filter_patterns(logs, group, pattern):
    write(logs, group, "s", *sorted(FILTERS[""]))
    answer = logs.filter_log_events(logGroupName=group, filterPattern=pattern)
    assert {event["message"] for event in answer["events"]} == FILTERS[pattern]


def test_filter_by_time_and_stream(logs, group):
    start = now_ms() - 10_000
    write(logs, group, "a", "a1", "a2", start=start)
    write(logs, group, "b-1", "b1", start=start + 1)
    found = logs.filter_log_events(logGroupName=group, startTime=start + 1)["events"]
    assert {event["message"] for event in found} == {"a2", "b1"}
    found = logs.filter_log_events(logGroupName=group, endTime=start)["events"]
    assert [event["message"] for event in found] == ["a1"]
    found = logs.filter_log_events(logGroupName=group, logStreamNamePrefix="b")["events"]
    assert [(event["message"], event["logStreamName"]) for event in found] == [("b1", "b-1")]


def test_pages(logs, group):
    messages = [f"line {number}" for number in range(25)]
    write(logs, group, "s", *messages)
    pages = logs.get_paginator("filter_log_events").paginate(
        logGroupName=group, PaginationConfig={"PageSize": 10}
    )
    assert [event["message"] for page in pages for event in page["events"]] == messages


def test_refusals(logs, group, name):
    with refused("ResourceNotFoundException", 400, "The specified log group does not exist."):
        logs.create_log_stream(logGroupName=f"/none/{name}", logStreamName="s")
    with refused("ResourceNotFoundException", 400, "The specified log stream does not exist."):
        logs.get_log_events(logGroupName=group, logStreamName="none")
    logs.create_log_stream(logGroupName=group, logStreamName="s")
    events = [{"timestamp": now_ms(), "message": "b"}, {"timestamp": now_ms() - 9, "message": "a"}]
    with refused("InvalidParameterException", 400, "must be in chronological order"):
        logs.put_log_events(logGroupName=group, logStreamName="s", logEvents=events)
    with refused("InvalidParameterException", 400):
        logs.create_log_group(logGroupName="bad name!")
    with refused("InvalidParameterException", 400):
        logs.put_retention_policy(logGroupName=group, retentionInDays=2)


def test_events_that_are_too_old(logs, group):
    answer = write(logs, group, "s", "old", start=now_ms() - 15 * 86_400_000)
    assert answer["rejectedLogEventsInfo"]["tooOldLogEventEndIndex"] == 1
    assert logs.filter_log_events(logGroupName=group)["events"] == []
