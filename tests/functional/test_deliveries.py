"""Every match starts its job once; what can't start waits or says why."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from support import platform
from support.platform import START
from support.waiting import wait_until

QUICK = "import sys\nprint(sys.argv)\n"
DENY_START = {"Effect": "Deny", "Action": "glue:StartJobRun", "Resource": "*"}


def burst(server, name, count):
    """`count` uploads at once into a bucket that starts a job, then silence; asserts one good run for
    each key, and that nothing is left to be done."""
    bucket = platform.make_bucket(server, f"{name}-in")
    job = platform.make_job(
        server, f"{name}-job", "pass\n", ExecutionProperty={"MaxConcurrentRuns": count}
    )
    platform.connect(server, bucket, job)
    s3 = server.client("s3")
    keys = [f"in/{number:05}.csv" for number in range(count)]
    with ThreadPoolExecutor(20) as pool:
        list(pool.map(lambda key: s3.put_object(Bucket=bucket, Key=key, Body=b"1\n"), keys))
    glue = server.client("glue")

    def newest_ended():
        newest = glue.get_job_runs(JobName=job, MaxResults=20)["JobRuns"]
        return newest and all(run["JobRunState"] in platform.FINAL for run in newest)

    wait_until(newest_ended, 60 + count, "the last of the runs")
    runs = platform.wait_for_runs(server, job, count, 60 + count)
    assert sorted(run["Arguments"]["--object_key"] for run in runs) == keys
    assert {run["JobRunState"] for run in runs} == {"SUCCEEDED"}
    deliveries = json.loads(
        server.command("deliveries", "list", "--rule", f"{job}-rule", "--state", "pending", "--json").stdout
    )
    assert deliveries["deliveries"] == []
    print(f"{count} uploads at once: {len(runs)} runs, every key in one")


def test_twenty_uploads_at_once_are_twenty_runs(server, name):
    burst(server, name, 20)


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("count", [1000, pytest.param(10_000, marks=pytest.mark.long)])
def test_many_uploads_at_once(fresh_server, name, count):
    burst(fresh_server, name, count)


def denied(server, name, *statements, service="events.amazonaws.com"):
    """A rule whose role isn't enough, and an upload that matches; what the rule's log says."""
    bucket = platform.make_bucket(server, f"{name}-in")
    job = platform.make_job(server, f"{name}-job", QUICK)
    role = platform.make_role(server, f"{name}-weak", service, *statements)
    rule = platform.connect(server, bucket, job, role=role)
    server.client("s3").put_object(Bucket=bucket, Key="a.csv", Body=b"x")
    text = wait_until(
        lambda: "\n".join(
            line
            for line in platform.messages_of(server, f"/aws/events/rule/{rule}")
            if "a.csv" in line and "AccessDenied" in line
        ),
        20,
        lambda: platform.messages_of(server, f"/aws/events/rule/{rule}"),
    )
    assert platform.runs_of(server, job) == []
    return bucket, role, job, text


@pytest.mark.parametrize("statements", [[], [START, DENY_START]], ids=["nothing", "denied"])
def test_role_without_start_job_run_starts_nothing_and_the_log_says_so(server, name, statements):
    bucket, role, job, text = denied(server, name, *statements)
    assert role in text and "glue:StartJobRun" in text and f"job/{job}" in text
    story = server.explain(f"s3://{bucket}/a.csv")
    (rule,) = [rule for rule in story["events"][0]["rules"] if rule["matched"]]
    assert rule["deliveries"][0]["code"] == "NO_PERMISSIONS"


def test_role_that_events_may_not_assume_starts_nothing(server, name):
    _, role, _, text = denied(server, name, START, service="glue.amazonaws.com")
    assert role in text and "sts:AssumeRole" in text


def test_permission_is_asked_when_the_delivery_happens(server, name):
    bucket = platform.make_bucket(server, f"{name}-in")
    job = platform.make_job(server, f"{name}-job", QUICK)
    platform.connect(server, bucket, job)
    iam = server.client("iam")
    iam.put_role_policy(
        RoleName=f"{job}-rule-role", PolicyName="own", PolicyDocument=platform.policy(DENY_START)
    )
    s3 = server.client("s3")
    s3.put_object(Bucket=bucket, Key="refused.csv", Body=b"x")
    iam.put_role_policy(
        RoleName=f"{job}-rule-role", PolicyName="own", PolicyDocument=platform.policy(START)
    )
    s3.put_object(Bucket=bucket, Key="allowed.csv", Body=b"x")
    platform.wait_for_runs(server, job, 1)
    keys = [run["Arguments"]["--object_key"] for run in platform.runs_of(server, job)]
    assert "allowed.csv" in keys


def test_runs_above_the_limit_wait_their_turn(server, name):
    bucket = platform.make_bucket(server, f"{name}-in")
    job = platform.make_job(
        server, f"{name}-job", QUICK, ExecutionProperty={"MaxConcurrentRuns": 1}
    )
    platform.connect(server, bucket, job)
    for number in range(5):
        server.client("s3").put_object(Bucket=bucket, Key=f"{number}.csv", Body=b"x")
    runs = platform.wait_for_runs(server, job, 5)
    assert [run["JobRunState"] for run in runs] == ["SUCCEEDED"] * 5
    keys = [run["Arguments"]["--object_key"] for run in reversed(runs)]
    assert keys == [f"{number}.csv" for number in range(5)], "oldest first"


def test_larger_limit_lets_in_what_waits_for_a_job_without_account(server, name, tmp_path):
    gate = tmp_path / "gate"
    held = f"import os, time\nwhile not os.path.exists({str(gate)!r}): time.sleep(0.02)\n"
    bucket = platform.make_bucket(server, f"{name}-in")
    job = platform.make_job(server, f"{name}-job", held,
                            ExecutionProperty={"MaxConcurrentRuns": 1})
    platform.connect(server, bucket, job, Arn=f"arn:aws:glue:us-east-1::job/{job}")
    for number in range(2):
        server.client("s3").put_object(Bucket=bucket, Key=f"{number}.csv", Body=b"x")
    assert len(platform.runs_of(server, job)) == 1
    glue = server.client("glue")
    known = glue.get_job(JobName=job)["Job"]
    update = {key: known[key] for key in ("Role", "Command")}
    glue.update_job(JobName=job,
                    JobUpdate=update | {"ExecutionProperty": {"MaxConcurrentRuns": 2}})
    assert len(platform.runs_of(server, job)) == 2
    gate.touch()
    platform.wait_for_runs(server, job, 2)


def test_two_rules_on_one_key_are_two_runs(server, name):
    bucket = platform.make_bucket(server, f"{name}-in")
    jobs = [platform.make_job(server, f"{name}-job{n}", QUICK) for n in (1, 2)]
    for job in jobs:
        platform.connect(server, bucket, job)
    server.client("s3").put_object(Bucket=bucket, Key="a.csv", Body=b"x")
    for job in jobs:
        assert len(platform.wait_for_runs(server, job, 1)) == 1


def test_bucket_without_the_switch_sends_nothing(server, name):
    bucket = platform.make_bucket(server, f"{name}-in", events=False)
    job = platform.make_job(server, f"{name}-job", QUICK)
    platform.connect(server, bucket, job)
    server.client("s3").put_object(Bucket=bucket, Key="a.csv", Body=b"x")
    story = server.explain(f"s3://{bucket}/a.csv")
    assert story["events"] == [] and story["object"]["eventbridge"] is False
    assert "doesn't send events" in story["conclusion"]


def test_deleting_sends_object_deleted(server, name):
    bucket = platform.make_bucket(server, f"{name}-in")
    job = platform.make_job(server, f"{name}-job", QUICK)
    pattern = {"detail-type": ["Object Deleted"], "detail": {"bucket": {"name": [bucket]}}}
    platform.connect(server, bucket, job, pattern=pattern)
    s3 = server.client("s3")
    s3.put_object(Bucket=bucket, Key="a", Body=b"x")
    s3.delete_object(Bucket=bucket, Key="a")
    assert len(platform.wait_for_runs(server, job, 1)) == 1
    detail = server.explain(f"s3://{bucket}/a")["events"][0]["envelope"]["detail"]
    assert detail["deletion-type"] == "Permanently Deleted"
    assert "size" not in detail["object"]


def test_event_has_every_field_of_awss(server, name):
    bucket = platform.make_bucket(server, f"{name}-in")
    body = b"12345"
    put = server.client("s3").put_object(Bucket=bucket, Key="a b+ü.csv", Body=body)
    event = server.explain(f"s3://{bucket}/a b+ü.csv")["events"][0]["envelope"]
    assert event["version"] == "0" and event["source"] == "aws.s3"
    assert (event["account"], event["region"]) == (platform.ACCOUNT, "us-east-1")
    assert event["resources"] == [f"arn:aws:s3:::{bucket}"]
    assert event["time"].endswith("Z") and len(event["time"]) == 20
    detail = event["detail"]
    assert detail["version"] == "0" and detail["bucket"] == {"name": bucket}
    assert detail["object"]["key"] == "a b+ü.csv" and detail["object"]["size"] == 5
    assert f'"{detail["object"]["etag"]}"' == put["ETag"]
    assert "sequencer" in detail["object"] and "version-id" not in detail["object"]
    assert detail["request-id"] == put["ResponseMetadata"]["RequestId"]
    assert detail["source-ip-address"] == "127.0.0.1"
    assert detail["reason"] == "PutObject" and detail["requester"]


INPUTS = {
    "map": ({"Input": json.dumps({"--bucket": "b2", "--mode": "full"})}, {"--mode": "full"}),
    "arguments": ({"Input": json.dumps({"Arguments": {"--mode": "full"}})}, {"--mode": "full"}),
    "transformer": (
        {
            "InputTransformer": {
                "InputPathsMap": {"key": "$.detail.object.key", "size": "$.detail.object.size"},
                "InputTemplate": '{"--object_key": "<key>", "--mode": "of <size> bytes"}',
            }
        },
        {"--object_key": "in/a.csv", "--mode": "of 1 bytes"},
    ),
    "path": ({"InputPath": "$.detail"}, {"--object_key": "in/a.csv"}),
}


@pytest.mark.parametrize("case", INPUTS)
def test_target_input_becomes_arguments(server, name, case):
    given, expected = INPUTS[case]
    bucket = platform.make_bucket(server, f"{name}-in")
    job = platform.make_job(server, f"{name}-job", QUICK, DefaultArguments={"--mode": "default"})
    platform.connect(server, bucket, job, **given)
    server.client("s3").put_object(Bucket=bucket, Key="in/a.csv", Body=b"x")
    (run,) = platform.wait_for_runs(server, job, 1)
    assert expected.items() <= run["Arguments"].items(), run["Arguments"]
    if case == "map":
        assert run["Arguments"]["--bucket"] == "b2", "the user's own input wins"
    output = wait_until(
        lambda: "".join(platform.messages_of(server, "/aws-glue/jobs/output", run["Id"])), 20
    )
    for argument in expected.items():
        assert f"'{argument[0]}', '{argument[1]}'" in output, output


def test_put_events_starts_a_job_too(server, name):
    job = platform.make_job(server, f"{name}-job", QUICK)
    pattern = {"source": [name], "detail": {"level": ["high"]}}
    platform.connect(server, None, job, pattern=pattern)
    events = server.client("events")
    entries = [
        {"Source": name, "DetailType": "Order", "Detail": json.dumps({"level": level})}
        for level in ("low", "high")
    ]
    answer = events.put_events(Entries=entries)
    assert answer["FailedEntryCount"] == 0
    (run,) = platform.wait_for_runs(server, job, 1)
    assert run["Arguments"]["--trigger_source"] == "event"
    assert run["Arguments"]["--event_id"] == answer["Entries"][1]["EventId"]


def test_final_states_are_events(server, name):
    watched = platform.make_job(server, f"{name}-a", "raise ValueError('no')\n")
    watcher = platform.make_job(server, f"{name}-b", QUICK)
    pattern = {
        "source": ["aws.glue"],
        "detail-type": ["Glue Job State Change"],
        "detail": {"jobName": [watched], "state": ["FAILED", "TIMEOUT"]},
    }
    platform.connect(server, None, watcher, pattern=pattern)
    server.client("glue").start_job_run(JobName=watched)
    assert len(platform.wait_for_runs(server, watcher, 1)) == 1
