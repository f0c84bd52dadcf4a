"""tidemill doctor names each cause of the platform's troubleshooting list, with its mend."""

import json

import pytest
from support import platform
from support.platform import BRONZE, JOB, RULE
from support.waiting import wait_until


@pytest.fixture
def sick(fresh_server):
    """The dev platform on a server of its own."""
    platform.make_platform(fresh_server)
    return fresh_server


def checks(server):
    """The findings by check, as {"name": [(level, kind), …]}, and the exit code."""
    done = server.command("doctor", "--json", check=False)
    answer = json.loads(done.stdout)
    found = {
        check["name"]: [(f["level"], f["kind"]) for f in check["findings"]]
        for check in answer["checks"]
    }
    return found, done.returncode


def shown_by(server):
    return server.command("doctor", check=False).stdout


def grave(server):
    found, code = checks(server)
    kinds = [kind for of_check in found.values() for level, kind in of_check if level != "note"]
    assert code == (1 if kinds else 0)
    return kinds


def script_of(server):
    """Bucket and key of the job's script."""
    script = server.client("glue").get_job(JobName=JOB)["Job"]["Command"]["ScriptLocation"]
    return script.removeprefix("s3://").split("/", 1)


def run_one_at_a_time(server):
    glue = server.client("glue")
    job = glue.get_job(JobName=JOB)["Job"]
    update = {name: job[name] for name in ("Role", "Command")}
    glue.update_job(
        JobName=JOB, JobUpdate=update | {"ExecutionProperty": {"MaxConcurrentRuns": 1}}
    )


def test_a_sound_platform_has_nothing_to_mend(sick):
    assert grave(sick) == []
    shown = shown_by(sick)
    assert len(shown.splitlines()) >= 10
    assert shown.count("ok ") >= 8


def test_disabled_rule(sick):
    sick.client("events").disable_rule(Name=RULE)
    assert grave(sick) == ["disabled"]


def test_rule_that_no_event_has_matched_is_a_note(sick):
    assert ("note", "not-matched-yet") in checks(sick)[0]["patterns"]
    sick.client("s3").put_object(Bucket=BRONZE, Key="sales/a.csv", Body=b"x")
    assert checks(sick)[0]["patterns"] == []


def test_bucket_that_sends_no_events(sick):
    sick.client("s3").put_bucket_notification_configuration(
        Bucket=BRONZE, NotificationConfiguration={}
    )
    assert grave(sick) == ["silent-bucket"]
    assert f"put-bucket-notification-configuration --bucket {BRONZE}" in shown_by(sick)


def test_bucket_that_is_not_there(sick, name):
    sick.client("events").put_rule(
        Name=name,
        EventPattern=json.dumps({"source": ["aws.s3"], "detail": {"bucket": {"name": ["nowhere"]}}}),
    )
    assert grave(sick) == ["no-target", "no-bucket"]


def test_role_without_permission(sick):
    iam = sick.client("iam")
    role = "dev-eventbridge-role"
    for policy in iam.list_role_policies(RoleName=role)["PolicyNames"]:
        iam.delete_role_policy(RoleName=role, PolicyName=policy)
    assert grave(sick) == ["no-permission"]


def test_overlapping_rules(sick):
    events = sick.client("events")
    rule = events.describe_rule(Name=RULE)
    events.put_rule(Name="another", EventPattern=rule["EventPattern"])
    (target,) = events.list_targets_by_rule(Rule=RULE)["Targets"]
    events.put_targets(Rule="another", Targets=[target])
    assert grave(sick) == ["overlap"]


def test_job_that_is_not_there(sick):
    sick.client("glue").delete_job(JobName=JOB)
    assert grave(sick) == ["missing-target"]


def test_script_that_is_not_there(sick):
    bucket, key = script_of(sick)
    sick.client("s3").delete_object(Bucket=bucket, Key=key)
    assert grave(sick) == ["job-cant-run"]


def test_failed_start_and_what_to_do_about_it(sick):
    sick.client("glue").delete_job(JobName=JOB)
    sick.client("s3").put_object(Bucket=BRONZE, Key="sales/a.csv", Body=b"x")
    assert "failed-starts" in grave(sick)
    assert f"tidemill deliveries redrive --rule {RULE}" in shown_by(sick)


def test_job_at_its_limit(sick, tmp_path):
    leash = tmp_path / "go on"
    script = f"import os, time\nwhile not os.path.exists({str(leash)!r}): time.sleep(0.05)\n"
    bucket, key = script_of(sick)
    sick.client("s3").put_object(Bucket=bucket, Key=key, Body=script.encode())
    run_one_at_a_time(sick)
    for key in ("sales/a.csv", "sales/b.csv"):
        sick.client("s3").put_object(Bucket=BRONZE, Key=key, Body=b"x")
    assert grave(sick) == ["waiting"]
    leash.touch()
    wait_until(lambda: grave(sick) == [], 60, "both runs over")


def test_dead_letter_queue_that_lets_nobody_in(sick):
    sick.client("sqs").create_queue(QueueName="dead")
    events = sick.client("events")
    (target,) = events.list_targets_by_rule(Rule=RULE)["Targets"]
    arn = "arn:aws:sqs:us-east-1:000000000000:dead"
    events.put_targets(Rule=RULE, Targets=[target | {"DeadLetterConfig": {"Arn": arn}}])
    assert grave(sick) == ["dead-letter-queue"]


def test_schedules_that_collide(sick):
    """Two rules at the same minute, a job that runs once at a time."""
    events = sick.client("events")
    run_one_at_a_time(sick)
    (target,) = events.list_targets_by_rule(Rule=RULE)["Targets"]
    for rule in ("nightly-a", "nightly-b"):
        events.put_rule(Name=rule, ScheduleExpression="cron(0 3 * * ? *)")
        events.put_targets(Rule=rule, Targets=[target])
    assert grave(sick) == ["collision"]


def test_schedule_whose_job_is_gone(sick):
    role = platform.make_role(sick, "clock", "scheduler.amazonaws.com", platform.START)
    sick.client("scheduler").create_schedule(
        Name="orphan",
        ScheduleExpression="cron(0 3 * * ? *)",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={
            "Arn": "arn:aws:scheduler:::aws-sdk:glue:startJobRun",
            "RoleArn": role,
            "Input": json.dumps({"JobName": "gone"}),
        },
    )
    assert grave(sick) == ["schedule-cant-start"]
