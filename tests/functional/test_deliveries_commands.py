"""`tidemill deliveries`, `rules try` and `backfill`: looking at what was delivered, and doing it
again."""

import json
from datetime import datetime, timedelta, timezone

import pytest

from support import platform
from support.waiting import wait_until


@pytest.fixture
def denied(server, name):
    """A bucket whose uploads match a rule with a role that may nothing; (bucket, job, rule, role)."""
    bucket = platform.make_bucket(server, name)
    job = platform.make_job(server, f"{name}-job", "pass")
    role = platform.make_role(server, f"{name}-role", "events.amazonaws.com")
    rule = platform.connect(server, bucket, job, role=role)
    return bucket, job, rule, f"{name}-role"


def put(server, bucket, *keys):
    for key in keys:
        server.client("s3").put_object(Bucket=bucket, Key=key, Body=b"x")


def allow(server, role):
    server.client("iam").put_role_policy(
        RoleName=role, PolicyName="own", PolicyDocument=platform.policy(platform.START)
    )


def deliveries(server, rule, *arguments):
    finished = server.command("deliveries", "list", "--rule", rule, "--json", *arguments)
    return json.loads(finished.stdout)["deliveries"]


def keys_of(server, job):
    return sorted(run["Arguments"]["--object_key"] for run in platform.runs_of(server, job))


def test_failed_deliveries_are_listed_and_shown_with_their_tries(server, denied):
    bucket, _, rule, role = denied
    put(server, bucket, "a.csv")
    failed = deliveries(server, rule, "--state", "failed")
    assert [d["subject"] for d in failed] == [f"s3://{bucket}/a.csv"]
    assert deliveries(server, rule, "--state", "done") == []
    shown = server.command("deliveries", "show", str(failed[0]["id"])).stdout
    assert "NO_PERMISSIONS" in shown and role in shown and "FAILED" in shown


def test_redrive_after_the_role_was_mended_starts_each_once(server, denied):
    bucket, job, rule, role = denied
    put(server, bucket, "a.csv", "b.csv", "c.csv")
    allow(server, role)
    one = deliveries(server, rule)[-1]["id"]
    server.command("deliveries", "redrive", str(one))
    platform.wait_for_runs(server, job, 1)
    assert keys_of(server, job) == ["a.csv"]
    answer = server.command("deliveries", "redrive", "--rule", rule, "--json").stdout
    assert json.loads(answer) == {"redriven": 2}
    platform.wait_for_runs(server, job, 3)
    assert keys_of(server, job) == ["a.csv", "b.csv", "c.csv"]
    again = server.command("deliveries", "redrive", "--rule", rule)
    assert "no failed delivery" in again.stdout


def test_redrive_takes_the_target_as_it_is_now(server, denied, name):
    bucket, _, rule, role = denied
    put(server, bucket, "a.csv")
    allow(server, role)
    other = platform.make_job(server, f"{name}-other", "pass")
    arn = platform.job_arn(other)
    role_arn = server.client("iam").get_role(RoleName=role)["Role"]["Arn"]
    target = {"Id": "job", "Arn": arn, "RoleArn": role_arn, "Input": '{"--day":"monday"}'}
    server.client("events").put_targets(Rule=rule, Targets=[target])
    server.command("deliveries", "redrive", "--rule", rule)
    (run,) = platform.wait_for_runs(server, other, 1)
    assert run["Arguments"]["--day"] == "monday"


def test_redrive_must_be_told_which(server):
    finished = server.command("deliveries", "redrive", check=False)
    assert finished.returncode == 2


@pytest.fixture
def running(server, name):
    """A bucket whose uploads under sales/ start a job; (bucket, job, rule)."""
    bucket = platform.make_bucket(server, name)
    job = platform.make_job(server, f"{name}-job", "pass")
    pattern = {
        "source": ["aws.s3"],
        "detail": {"bucket": {"name": [bucket]}, "object": {"key": [{"prefix": "sales/"}]}},
    }
    return bucket, job, platform.connect(server, bucket, job, pattern=pattern)


def test_replay_of_a_rule_reaches_it_alone(server, running, name):
    bucket, job, rule = running
    put(server, bucket, "sales/a", "other/b", "sales/c")
    platform.wait_for_runs(server, job, 2)
    second = platform.make_job(server, f"{name}-second", "pass")
    platform.connect(server, bucket, second)
    shown = server.command("deliveries", "replay", "--rule", rule, "--since", "1h", "--dry-run")
    assert "2 of " in shown.stdout
    assert keys_of(server, job) == ["sales/a", "sales/c"]
    done = server.command("deliveries", "replay", "--rule", rule, "--since", "1h")
    assert f"2 events sent to {rule} again" in done.stdout
    platform.wait_for_runs(server, job, 4)
    assert keys_of(server, job) == ["sales/a", "sales/a", "sales/c", "sales/c"]
    assert platform.runs_of(server, second) == []


def test_replay_does_not_send_what_it_sent_itself(server, running):
    bucket, job, rule = running
    put(server, bucket, "sales/a")
    platform.wait_for_runs(server, job, 1)
    ahead = f"{datetime.now(timezone.utc) + timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}"
    done = server.command("deliveries", "replay", "--rule", rule, "--since", "1h", "--until", ahead)
    assert f"1 events sent to {rule} again" in done.stdout
    assert len(platform.wait_for_runs(server, job, 2)) == 2


def test_try_compares_a_pattern_with_the_rules_own(server, running):
    bucket, _, rule = running
    put(server, bucket, "sales/a.csv", "sales/b.json", "stock/c.csv")
    pattern = {
        "source": ["aws.s3"],
        "detail": {"bucket": {"name": [bucket]}, "object": {"key": [{"suffix": ".csv"}]}},
    }
    finished = server.command(
        "rules", "try", json.dumps(pattern), "--rule", rule, "--since", "1h", "--json"
    )
    answer = json.loads(finished.stdout)
    assert (answer["matched"], answer["newly"], answer["no_longer"]) == (2, 1, 1)
    changes = {event["subject"].rsplit("/", 1)[1]: event["change"] for event in answer["events"]}
    assert changes == {"a.csv": "same", "b.json": "lost", "c.csv": "new"}


@pytest.mark.parametrize("since", ["yesterday", "-1h", "5x"])
def test_times_that_are_none_are_refused(server, running, since):
    finished = server.command("rules", "try", "{}", f"--since={since}", check=False)
    assert finished.returncode == 1
    assert "--since must be like 15m" in finished.stderr


def test_backfill_starts_what_the_rule_never_saw_once(server, name):
    bucket = platform.make_bucket(server, name, events=False)
    put(server, bucket, "sales/old.csv", "sales/old.json", "sales/older.csv")
    job = platform.make_job(server, f"{name}-job", "pass")
    server.client("s3").put_bucket_notification_configuration(
        Bucket=bucket, NotificationConfiguration=platform.EVENTS_ON
    )
    pattern = {
        "source": ["aws.s3"],
        "detail": {"bucket": {"name": [bucket]}, "object": {"key": [{"suffix": ".csv"}]}},
    }
    rule = platform.connect(server, bucket, job, pattern=pattern)
    put(server, bucket, "sales/new.csv")
    platform.wait_for_runs(server, job, 1)

    told = server.command("backfill", rule)
    assert "2 of " in told.stdout and f"s3://{bucket}/sales/old.csv" in told.stdout
    assert "Nothing was started" in told.stdout
    server.command("backfill", rule, "--yes")
    platform.wait_for_runs(server, job, 3)
    assert keys_of(server, job) == ["sales/new.csv", "sales/old.csv", "sales/older.csv"]
    again = json.loads(server.command("backfill", rule, "--yes", "--json").stdout)
    assert (again["missing"], again["started"]) == (0, 0)


def test_changing_commands_need_the_right_to(server, denied, name):
    bucket, _, rule, _ = denied
    put(server, bucket, "a.csv")
    read = {"Effect": "Allow", "Action": "tidemill:Read", "Resource": "*"}
    _, key = platform.make_user(server, name, read)
    variables = server.variables(key)
    listed = server.command("deliveries", "list", "--rule", rule, "--json", **variables)
    assert len(json.loads(listed.stdout)["deliveries"]) == 1
    refused = server.command("deliveries", "redrive", "--rule", rule, check=False, **variables)
    assert refused.returncode == 1 and "tidemill:Operate" in refused.stderr
    wait_until(lambda: deliveries(server, rule)[0]["state"] == "failed", 5, "still failed")
