"""`tidemill explain` of runs, rules, deliveries and events; each cause of the platform's
troubleshooting list is named."""

import json

import pytest

from support import platform
from support.waiting import wait_until


@pytest.fixture
def pipe(server, name):
    """A bucket whose uploads under sales/ start a job; (bucket, job, rule)."""
    bucket = platform.make_bucket(server, name)
    job = platform.make_job(server, f"{name}-job", "pass")
    pattern = {
        "source": ["aws.s3"],
        "detail": {
            "bucket": {"name": [bucket]},
            "object": {"key": [{"prefix": "sales/", "suffix": ".csv"}]},
        },
    }
    return bucket, job, platform.connect(server, bucket, job, pattern=pattern)


def put(server, bucket, key="sales/a.csv"):
    server.client("s3").put_object(Bucket=bucket, Key=key, Body=b"x")


def conclusion(server, what, *arguments):
    shown = server.command("explain", str(what), *arguments)
    return shown.stdout.strip().splitlines()[-1]


def test_run_delivery_and_event_lead_to_each_other(server, pipe):
    bucket, job, rule = pipe
    put(server, bucket)
    (run,) = platform.wait_for_runs(server, job, 1)
    event_id = run["Arguments"]["--event_id"]

    of_run = json.loads(server.command("explain", run["Id"], "--json").stdout)
    assert of_run["run"]["id"] == run["Id"]
    assert of_run["events"][0]["id"] == event_id
    delivery = of_run["run"]["delivery"]
    of_delivery = json.loads(server.command("explain", str(delivery), "--json").stdout)
    assert of_delivery["delivery"]["result"] == run["Id"]
    assert [attempt["decision"] for attempt in of_delivery["delivery"]["attempts"]] == ["STARTED"]
    of_event = server.command("explain", event_id).stdout
    assert f"rule {rule}: matched" in of_event
    assert f"s3://{bucket}" in server.command("explain", str(delivery)).stdout


def test_rule_that_works_says_what_it_last_started(server, pipe):
    bucket, job, rule = pipe
    put(server, bucket)
    (run,) = platform.wait_for_runs(server, job, 1)
    assert conclusion(server, rule) == f"Rule {rule} works: it last started {run['Id']}."


def test_rule_that_never_matched_names_the_nearest_miss(server, pipe):
    bucket, _, rule = pipe
    put(server, bucket, "sales/a.CSV")
    said = conclusion(server, rule)
    assert said.startswith(f"No event has matched rule {rule} yet. Nearest: detail.object.key")
    assert ".CSV" in said


def test_rule_is_judged_as_it_was_when_the_event_came(server, pipe):
    bucket, _, rule = pipe
    events = server.client("events")
    uri = f"s3://{bucket}/sales/a.CSV"
    put(server, bucket, "sales/a.CSV")
    pattern = json.loads(events.describe_rule(Name=rule)["EventPattern"])
    pattern["detail"]["object"]["key"] = [{"suffix": ".CSV"}]
    events.put_rule(Name=rule, EventPattern=json.dumps(pattern))

    told = server.command("explain", uri).stdout
    assert f"rule {rule}: no match" in told
    assert 'suffix ".csv"' in told, "what it said then"
    assert told.strip().splitlines()[-1].startswith(
        f"Nothing started: no rule matched. Rule {rule}: changed at 2"
    )
    assert told.strip().endswith("; today it would match.")
    said = conclusion(server, rule)
    assert "Nearest: it would match event" in said and "but was changed after it, at 2" in said

    events.disable_rule(Name=rule)
    assert "today it is disabled" in server.command("explain", uri).stdout
    events.remove_targets(Rule=rule, Ids=["job"])
    events.delete_rule(Name=rule)
    told = server.command("explain", uri).stdout
    assert 'suffix ".csv"' in told and "deleted at 2" in told
    put(server, bucket, "sales/b.CSV")
    assert rule not in server.command("explain", f"s3://{bucket}/sales/b.CSV").stdout

    events.put_rule(Name=rule, EventPattern=json.dumps(pattern))
    story = server.explain(f"s3://{bucket}/sales/b.CSV")
    assert f"Rule {rule}: it didn't exist yet: made at 2" in story["conclusion"]
    assert server.explain(uri)["events"][0]["rules"][0]["why"].startswith("detail.object.key")
    assert json.loads(server.command("check", "--json").stdout)["findings"] == []


def test_history_of_rules_outlives_a_restart(make_server, name):
    server = make_server().start()
    bucket = platform.make_bucket(server, name)
    rule = platform.connect(server, bucket, "none", name=name)
    server.client("events").disable_rule(Name=rule)
    put(server, bucket)
    server.restart()
    server.client("events").enable_rule(Name=rule)
    uri = f"s3://{bucket}/sales/a.csv"
    assert "the rule was disabled\n      enabled at 2" in server.command("explain", uri).stdout
    assert conclusion(server, uri).endswith("; today it would match.")


def test_disabled_rule(server, pipe):
    rule = pipe[2]
    server.client("events").disable_rule(Name=rule)
    assert conclusion(server, rule) == f"Rule {rule} is disabled."


def test_rule_without_target(server, pipe):
    rule = pipe[2]
    server.client("events").remove_targets(Rule=rule, Ids=["job"])
    assert "has no target" in conclusion(server, rule)


def test_rule_whose_job_is_missing(server, pipe):
    bucket, job, rule = pipe
    server.client("glue").delete_job(JobName=job)
    assert f"does not exist: arn:aws:glue:us-east-1:{platform.ACCOUNT}:job/{job}" in conclusion(
        server, rule
    )
    put(server, bucket)
    assert "EntityNotFound" in conclusion(server, f"s3://{bucket}/sales/a.csv") or (
        job in conclusion(server, f"s3://{bucket}/sales/a.csv")
    )


def test_rule_whose_role_may_not(server, pipe):
    rule = pipe[2]
    server.client("iam").delete_role_policy(RoleName=f"{rule}-role", PolicyName="own")
    said = conclusion(server, rule)
    assert f"role/{rule}-role is not authorized to perform: glue:StartJobRun" in said


def test_bucket_that_sends_no_events(server, name):
    platform.make_bucket(server, name, events=False)
    put(server, name)
    assert conclusion(server, f"s3://{name}/sales/a.csv") == (
        "Nothing started: the bucket doesn't send events to EventBridge."
    )


def test_job_at_its_limit_of_runs(server, name):
    bucket = platform.make_bucket(server, name)
    script = "import time\ntime.sleep(60)"
    job = platform.make_job(
        server, f"{name}-job", script, ExecutionProperty={"MaxConcurrentRuns": 1}
    )
    rule = platform.connect(server, bucket, job)
    put(server, bucket, "first")
    put(server, bucket, "second")
    said = conclusion(server, f"s3://{bucket}/second")
    assert f"Concurrent runs exceeded for {job}" in said
    assert "waits for the target to have room" in server.command("explain", rule).stdout
    (run,) = platform.runs_of(server, job)
    server.client("glue").batch_stop_job_run(JobName=job, JobRunIds=[run["Id"]])
    wait_until(lambda: len(platform.runs_of(server, job)) == 2, 20, "the second to start")
    runs = [run["Id"] for run in platform.runs_of(server, job)]
    server.client("glue").batch_stop_job_run(JobName=job, JobRunIds=runs)


def test_overlapping_rules_are_both_told(server, pipe, name):
    bucket, job, rule = pipe
    second = platform.connect(server, bucket, job, name=f"{name}-second")
    put(server, bucket)
    shown = server.command("explain", f"s3://{bucket}/sales/a.csv").stdout
    assert f"rule {rule}: matched" in shown and f"rule {second}: matched" in shown
    platform.wait_for_runs(server, job, 2)


@pytest.mark.parametrize("what", ["no-such-rule", "jr_00", "999999999", "s3:/x"])
def test_what_is_unknown_is_refused_with_what_can_be_named(server, what):
    finished = server.command("explain", what, check=False)
    assert finished.returncode == 1
    assert "explain takes s3://" in finished.stderr or "no delivery" in finished.stderr


def test_schedule_is_explained_by_its_name(server, name):
    role = platform.make_role(server, f"{name}-role", "scheduler.amazonaws.com", platform.ALLOW_ALL)
    server.client("scheduler").create_schedule(
        Name=name,
        ScheduleExpression="cron(0 2 * * ? *)",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={"Arn": platform.job_arn("any"), "RoleArn": role},
    )
    shown = server.command("explain", name).stdout
    assert f"schedule/default/{name}" in shown and "cron(0 2 * * ? *)" in shown
