"""Archives keep the events of a bus; replays publish them again, once each."""

import datetime
import json

import pytest

from support import platform
from support.errors import refused
from support.waiting import wait_until

HOUR = datetime.timedelta(hours=1)


@pytest.fixture
def bus(events, name):
    return events.create_event_bus(Name=name)["EventBusArn"]


def now():
    return datetime.datetime.now(datetime.timezone.utc)


def put(events, bus, *numbers, source="shop"):
    entries = [
        {
            "EventBusName": bus,
            "Source": source,
            "DetailType": "Order",
            "Detail": json.dumps({"number": number}),
        }
        for number in numbers
    ]
    answer = events.put_events(Entries=entries)
    assert answer["FailedEntryCount"] == 0, answer
    return [entry["EventId"] for entry in answer["Entries"]]


def start_replay(events, name, archive, bus, **more):
    span = {"EventStartTime": now() - HOUR, "EventEndTime": now() + HOUR}
    span |= {key: more.pop(key) for key in list(more) if key in span}
    return events.start_replay(
        ReplayName=name, EventSourceArn=archive, Destination={"Arn": bus} | more, **span
    )


def wait_for_replay(events, name, state="COMPLETED"):
    def ended():
        replay = events.describe_replay(ReplayName=name)
        return replay if replay["State"] == state else None

    return wait_until(ended, 20, f"replay {name}")


def connect_job(server, bus, name, source="shop"):
    """A rule of the bus that starts a job; the job's name and the rule's ARN."""
    job = platform.make_job(server, f"{name}-job", "pass")
    role = platform.make_role(server, f"{name}-start", "events.amazonaws.com", platform.START)
    target = {"Id": "job", "Arn": platform.job_arn(job), "RoleArn": role}
    return job, platform.put_rule(server, name, target, pattern={"source": [source]}, bus=bus)


def test_life_of_an_archive(events, bus, name):
    created = events.create_archive(
        ArchiveName=name,
        EventSourceArn=bus,
        EventPattern='{"source":["shop"]}',
        Description="orders",
        RetentionDays=7,
    )
    assert created["State"] == "ENABLED"
    assert created["ArchiveArn"] == f"arn:aws:events:us-east-1:{platform.ACCOUNT}:archive/{name}"

    put(events, bus, 1, 2)
    put(events, bus, 3, source="other")
    described = events.describe_archive(ArchiveName=name)
    assert described["EventCount"] == 2 and described["SizeBytes"] > 100
    assert described["EventPattern"] == '{"source":["shop"]}'
    assert (described["Description"], described["RetentionDays"]) == ("orders", 7)

    events.update_archive(ArchiveName=name, RetentionDays=1)
    listed = events.list_archives(NamePrefix=name)["Archives"]
    assert [(a["ArchiveName"], a["RetentionDays"]) for a in listed] == [(name, 1)]
    assert "ArchiveArn" not in listed[0]

    events.delete_archive(ArchiveName=name)
    with refused("ResourceNotFoundException", text=f"Archive {name} does not exist."):
        events.describe_archive(ArchiveName=name)


def test_archives_that_aws_refuses(events, bus, name):
    events.create_archive(ArchiveName=name, EventSourceArn=bus)
    with refused("ResourceAlreadyExistsException", text=f"Archive {name} already exists."):
        events.create_archive(ArchiveName=name, EventSourceArn=bus)
    with refused("ResourceNotFoundException", text=f"Event bus {name}-no does not exist."):
        events.create_archive(ArchiveName=f"{name}-2", EventSourceArn=f"{bus}-no")
    with refused("InvalidEventPatternException", text="Event pattern is not valid. Reason: "):
        events.create_archive(ArchiveName=f"{name}-2", EventSourceArn=bus, EventPattern='{"a":1}')
    with refused("ValidationException", text="At most one filter is allowed"):
        events.list_archives(NamePrefix=name, State="ENABLED")


def test_replay_starts_the_rules_jobs_again_and_says_its_name(server, events, bus, name):
    archive = events.create_archive(ArchiveName=name, EventSourceArn=bus)["ArchiveArn"]
    ids = put(events, bus, 1, 2, 3)
    job, _ = connect_job(server, bus, name)
    assert start_replay(events, name, archive, bus)["State"] == "STARTING"
    runs = platform.wait_for_runs(server, job, 3)
    assert sorted(run["Arguments"]["--event_id"] for run in runs) == sorted(ids)
    replay = wait_for_replay(events, name)
    assert replay["Destination"] == {"Arn": bus} and "ReplayEndTime" in replay
    # What is replayed isn't archived once more.
    assert events.describe_archive(ArchiveName=name)["EventCount"] == 3


def test_replayed_event_is_the_original_with_the_replays_name(server, events, bus, name):
    archive = events.create_archive(ArchiveName=name, EventSourceArn=bus)["ArchiveArn"]
    job, _ = connect_job(server, bus, name)
    pattern = {"source": ["shop"], "replay-name": [name]}
    events.put_rule(Name=name, EventBusName=bus, EventPattern=json.dumps(pattern))
    put(events, bus, 1)
    start_replay(events, name, archive, bus)
    wait_for_replay(events, name)
    assert len(platform.wait_for_runs(server, job, 1)) == 1, "the original doesn't match"


def test_replay_reaches_only_the_rules_that_it_names(server, events, bus, name):
    archive = events.create_archive(ArchiveName=name, EventSourceArn=bus)["ArchiveArn"]
    put(events, bus, 1)
    wanted, rule = connect_job(server, bus, f"{name}-a")
    other, _ = connect_job(server, bus, f"{name}-b")
    start_replay(events, name, archive, bus, FilterArns=[rule])
    wait_for_replay(events, name)
    assert len(platform.wait_for_runs(server, wanted, 1)) == 1
    assert platform.runs_of(server, other) == []
    assert events.describe_replay(ReplayName=name)["Destination"]["FilterArns"] == [rule]


def test_replay_is_of_its_span_of_time(server, events, bus, name):
    archive = events.create_archive(ArchiveName=name, EventSourceArn=bus)["ArchiveArn"]
    old = now() - 2 * HOUR
    for at, number in ((old, 1), (now(), 2)):
        entry = {"Source": "shop", "DetailType": "Order", "Detail": json.dumps({"number": number})}
        events.put_events(Entries=[entry | {"EventBusName": bus, "Time": at}])
    job, _ = connect_job(server, bus, name)
    span = {"EventStartTime": old - HOUR, "EventEndTime": old + HOUR}
    start_replay(events, name, archive, bus, **span)
    replay = wait_for_replay(events, name)
    assert len(platform.wait_for_runs(server, job, 1)) == 1
    assert abs(replay["EventLastReplayedTime"] - old) < datetime.timedelta(seconds=1)


def test_many_events_are_replayed_once_each_across_a_kill(fresh_server, name):
    events = fresh_server.client("events")
    bus = events.create_event_bus(Name=name)["EventBusArn"]
    archive = events.create_archive(ArchiveName=name, EventSourceArn=bus)["ArchiveArn"]
    for first in range(0, 1000, 10):
        put(events, bus, *range(first, first + 10))
    target = {"Id": "none", "Arn": platform.job_arn("none")}
    pattern = {"replay-name": [{"exists": True}]}
    platform.put_rule(fresh_server, name, target, pattern=pattern, bus=bus)
    start_replay(events, name, archive, bus)
    fresh_server.kill()
    fresh_server.start()
    wait_for_replay(fresh_server.client("events"), name)
    messages = wait_until(
        lambda: len(found := platform.messages_of(fresh_server, f"/aws/events/rule/{name}")) >= 1000
        and found,
        20,
        "a decision for each event",
    )
    ids = [json.loads(message)["event-id"] for message in messages]
    assert len(ids) == len(set(ids)) == 1000


def test_replays_that_aws_refuses(events, bus, name):
    archive = events.create_archive(ArchiveName=name, EventSourceArn=bus)["ArchiveArn"]
    with refused("ValidationException", text="Cross event bus replay is not permitted."):
        start_replay(events, name, archive, platform.bus_arn())
    with refused("ResourceNotFoundException", text=f"Archive {name}-no does not exist."):
        start_replay(events, name, f"{archive}-no", bus)
    with refused("ValidationException", text="EventStartTime must be before EventEndTime."):
        start_replay(events, name, archive, bus, EventEndTime=now() - 2 * HOUR)
    start_replay(events, name, archive, bus)
    with refused("ResourceAlreadyExistsException", text=f"Replay {name} already exists."):
        start_replay(events, name, archive, bus)
    wait_for_replay(events, name)
    with refused("IllegalStatusException"):
        events.cancel_replay(ReplayName=name)
    with refused("ResourceNotFoundException", text="Replay none does not exist."):
        events.describe_replay(ReplayName="none")
    assert [r["State"] for r in events.list_replays(NamePrefix=name)["Replays"]] == ["COMPLETED"]


def test_archive_lets_go_of_what_is_older_than_its_retention(test_mode_server, name):
    events = test_mode_server.client("events")
    bus = events.create_event_bus(Name=name)["EventBusArn"]
    for archive, days in ((f"{name}-day", 1), (f"{name}-ever", 0)):
        events.create_archive(ArchiveName=archive, EventSourceArn=bus, RetentionDays=days)
    put(events, bus, 1)
    test_mode_server.set_clock(now() + 49 * HOUR)

    def counts():
        archives = events.list_archives(NamePrefix=name)["Archives"]
        return [archive["EventCount"] for archive in archives]

    wait_until(lambda: counts() == [0, 1], 20, counts)


def test_events_are_forgotten_after_the_audit_days_but_for_archived_ones(make_server, name):
    server = make_server("--test-mode", "--audit-days", "2").start()
    s3, events = server.client("s3"), server.client("events")
    platform.make_bucket(server, name)
    pattern = json.dumps({"detail": {"object": {"key": ["kept"]}}})
    events.create_archive(
        ArchiveName=name, EventSourceArn=platform.bus_arn(), EventPattern=pattern
    )
    for key in ("kept", "gone", "last"):
        s3.put_object(Bucket=name, Key=key, Body=b"x")
    server.set_clock(now() + 72 * HOUR)

    def remembered(key):
        return len(server.explain(f"s3://{name}/{key}")["events"])

    wait_until(lambda: remembered("gone") == 0, 20, "the event to be forgotten")
    assert remembered("kept") == 1


def test_numbers_go_on_after_everything_old_was_forgotten(make_server, name):
    """Else what rules decide after a restart would be taken for what is in their logs already."""
    server = make_server("--test-mode", "--audit-days", "1").start()
    bucket = platform.make_bucket(server, name)
    rule = platform.connect(server, bucket, "none")

    def decided(count):
        group = f"/aws/events/rule/{rule}"
        return wait_until(lambda: len(platform.messages_of(server, group)) >= count, 20, group)

    for key in ("a", "b"):
        server.client("s3").put_object(Bucket=bucket, Key=key, Body=b"x")
    decided(2)
    server.set_clock(now() + 72 * HOUR)
    wait_until(lambda: not server.explain(f"s3://{bucket}/a")["events"], 20, "a to be forgotten")
    server.restart()
    server.client("s3").put_object(Bucket=bucket, Key="c", Body=b"x")
    decided(3)
