"""Schedules: rules with a ScheduleExpression and EventBridge Scheduler, by boto3 and aws."""

import json
import subprocess
from datetime import datetime, timedelta, timezone

import pytest
from support import platform
from support.errors import refused
from support.server import PROGRAM
from support.waiting import wait_until

START_RUN = "arn:aws:scheduler:::aws-sdk:glue:startJobRun"
OFF = {"Mode": "OFF"}


def scheduler_role(server, name):
    return platform.make_role(
        server, f"{name}-scheduler", "scheduler.amazonaws.com", platform.START
    )


def in_seconds(seconds):
    return (datetime.now(timezone.utc) + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%S")


def arguments_of(run):
    return run["Arguments"]


@pytest.fixture
def scheduler(server):
    return server.client("scheduler")


def create(server, name, expression, **more):
    """A schedule that would start a job, were there one."""
    given = {
        "Name": name,
        "ScheduleExpression": expression,
        "FlexibleTimeWindow": OFF,
        "Target": {
            "Arn": START_RUN,
            "RoleArn": "arn:aws:iam::000000000000:role/none",
            "Input": json.dumps({"JobName": "none"}),
        },
    }
    return server.client("scheduler").create_schedule(**(given | more))


def run_on(server, name, expression, job, **more):
    """A rule by which the job runs on a schedule; its ARN."""
    target = {"Id": "1", "Arn": platform.job_arn(job)}
    return platform.put_rule(server, name, target, ScheduleExpression=expression, **more)


def test_universal_target_starts_the_job(server, scheduler, name):
    job = platform.make_job(server, name, "import sys\nprint('\\n'.join(sys.argv))\n")
    when = in_seconds(4)
    scheduler.create_schedule(
        Name=name,
        ScheduleExpression=f"at({when})",
        FlexibleTimeWindow=OFF,
        Target={
            "Arn": START_RUN,
            "RoleArn": scheduler_role(server, name),
            "Input": json.dumps({
                "JobName": job,
                "Arguments": {
                    "--planned": "<aws.scheduler.scheduled-time>",
                    "--who": "<aws.scheduler.schedule-arn>",
                    "--attempt": "<aws.scheduler.attempt-number>",
                    "--execution": "<aws.scheduler.execution-id>",
                },
            }),
        },
    )
    run, = platform.wait_for_runs(server, job)
    given = arguments_of(run)
    assert run["JobRunState"] == "SUCCEEDED"
    assert given["--trigger_source"] == "schedule"
    assert given["--planned"] == given["--scheduled_time"] == f"{when}Z"
    assert given["--who"].endswith(f":schedule/default/{name}")
    assert given["--attempt"] == "1"
    assert len(given["--execution"]) == 16
    assert given["--schedule_name"] == name
    late = run["StartedOn"].timestamp() - datetime.fromisoformat(f"{when}+00:00").timestamp()
    assert 0 <= late < 5


def test_job_arn_is_a_target_too(server, scheduler, name):
    job = platform.make_job(server, name, "pass\n")
    scheduler.create_schedule(
        Name=name,
        ScheduleExpression=f"at({in_seconds(4)})",
        FlexibleTimeWindow=OFF,
        ActionAfterCompletion="DELETE",
        Target={
            "Arn": platform.job_arn(job),
            "RoleArn": scheduler_role(server, name),
        },
    )
    run, = platform.wait_for_runs(server, job)
    assert arguments_of(run)["--trigger_source"] == "schedule"
    with refused("ResourceNotFoundException", 404, f"Schedule {name} does not exist."):
        scheduler.get_schedule(Name=name)


def test_role_is_asked_when_it_fires(server, scheduler, name):
    job = platform.make_job(server, name, "pass\n")
    role = platform.make_role(server, f"{name}-wrong", "events.amazonaws.com", platform.ALLOW_ALL)
    scheduler.create_schedule(
        Name=name, ScheduleExpression=f"at({in_seconds(4)})", FlexibleTimeWindow=OFF,
        Target={"Arn": START_RUN, "RoleArn": role, "Input": json.dumps({"JobName": job})},
    )
    told = wait_until(lambda: next(
        (row for row in server.schedule_story(name)["history"] if row.get("deliveries")), None
    ))
    assert told["deliveries"][0]["state"] == "failed"
    assert "scheduler.amazonaws.com" in told["deliveries"][0]["message"]
    assert platform.runs_of(server, job) == []


def test_an_event_bus_is_a_target(server, scheduler, name):
    job = platform.make_job(server, name, "pass\n")
    platform.connect(server, None, job, pattern={"source": [f"my.{name}"]})
    put = {"Effect": "Allow", "Action": "events:PutEvents", "Resource": "*"}
    role = platform.make_role(server, f"{name}-put", "scheduler.amazonaws.com", put)
    scheduler.create_schedule(
        Name=f"{name}-templated", ScheduleExpression=f"at({in_seconds(4)})",
        FlexibleTimeWindow=OFF,
        Target={"Arn": platform.bus_arn(), "RoleArn": role, "Input": '{"a": 1}',
                "EventBridgeParameters": {"Source": f"my.{name}", "DetailType": "Tick"}},
    )
    entries = [{"Source": f"my.{name}", "DetailType": "Tick", "Detail": "{}"}]
    scheduler.create_schedule(
        Name=f"{name}-universal", ScheduleExpression=f"at({in_seconds(4)})",
        FlexibleTimeWindow=OFF,
        Target={"Arn": "arn:aws:scheduler:::aws-sdk:events:putEvents", "RoleArn": role,
                "Input": json.dumps({"Entries": entries})},
    )
    assert len(platform.wait_for_runs(server, job, 2)) == 2


def test_daily_rule_runs_once_a_day(test_mode_server, name):
    server = test_mode_server
    server.set_clock("2031-03-01T12:00:00Z")
    job = platform.make_job(server, name, "pass\n")
    arn = run_on(server, name, "cron(0 2 * * ? *)", job)
    for day in range(2, 6):
        server.set_clock(f"2031-03-0{day}T02:00:00Z")
        runs = platform.wait_for_runs(server, job, day - 1)
        server.set_clock(f"2031-03-0{day}T13:00:00Z")
        assert len(runs) == day - 1
        given = arguments_of(runs[0])
        assert given["--trigger_source"] == "schedule"
        assert given["--event_time"] == f"2031-03-0{day}T02:00:00Z"
        assert given["--rule_name"] == name
    assert [row["fate"] for row in server.schedule_story(arn)["history"]] == ["fired"] * 4


def test_clock_set_back_runs_nothing_again(test_mode_server, name):
    server = test_mode_server
    server.set_clock("2031-03-01T01:59:00Z")
    job = platform.make_job(server, name, "pass\n")
    run_on(server, name, "cron(0 * * * ? *)", job)
    for time in ("02:00:00", "01:30:00", "02:00:01", "02:59:59"):
        server.set_clock(f"2031-03-01T{time}Z")
    assert len(platform.wait_for_runs(server, job)) == 1


def test_missed_ones_are_made_into_one(test_mode_server, name):
    server = test_mode_server
    server.set_clock("2031-03-01T00:30:00Z")
    job = platform.make_job(server, name, "pass\n")
    run_on(server, name, "cron(0 * * * ? *)", job)
    server.set_clock("2031-03-01T12:30:00Z")
    run, = platform.wait_for_runs(server, job)
    assert arguments_of(run)["--event_time"] == "2031-03-01T12:00:00Z"
    fates = [row["fate"] for row in server.schedule_story(name)["history"]]
    assert sorted(fates) == ["coalesced"] * 11 + ["late"]


def test_missed_ones_can_all_run(test_mode_server, name):
    server = test_mode_server
    server.set_clock("2031-03-01T00:30:00Z")
    job = platform.make_job(server, name, "pass\n")
    run_on(server, name, "cron(0 * * * ? *)", job,
           Tags=[{"Key": "tidemill:catchup", "Value": "all:3"}])
    server.set_clock("2031-03-01T12:30:00Z")
    runs = platform.wait_for_runs(server, job, 3)
    assert sorted(arguments_of(run)["--event_time"][11:13] for run in runs) == ["10", "11", "12"]


def test_a_restart_catches_up_and_says_so(make_server, name):
    server = make_server("--test-mode").start()
    job = platform.make_job(server, name, "pass\n")
    # The restart releases the clock: what was planned that day is then past.
    server.set_clock("2026-01-01T00:30:00Z")
    run_on(server, name, "cron(0 * 1 1 ? 2026)", job)
    server.restart()
    run, = platform.wait_for_runs(server, job)
    assert arguments_of(run)["--event_time"] == "2026-01-01T23:00:00Z"
    assert "23 were due while down: 23 made into 1" in server.log()


def test_disabling_and_enabling_replays_nothing(test_mode_server, name):
    server = test_mode_server
    server.set_clock("2031-03-01T00:30:00Z")
    job = platform.make_job(server, name, "pass\n")
    events = server.client("events")
    run_on(server, name, "cron(0 * * * ? *)", job)
    events.disable_rule(Name=name)
    server.set_clock("2031-03-01T05:30:00Z")
    events.enable_rule(Name=name)
    server.set_clock("2031-03-01T06:00:00Z")
    run, = platform.wait_for_runs(server, job)
    assert arguments_of(run)["--event_time"] == "2031-03-01T06:00:00Z"
    history = server.schedule_story(name)["history"]
    assert [row["reason"] for row in history if row["fate"] == "skipped"] == [
        "it was disabled"
    ] * 5


def test_overlap_can_be_skipped_and_buffered(test_mode_server, name):
    server = test_mode_server
    server.set_clock("2031-03-01T00:30:00Z")
    jobs = {}
    for kind in ("skip", "buffer-all"):
        jobs[kind] = platform.make_job(
            server, f"{name}-{kind}",
            "import os, time\n"
            f"while not os.path.exists({str(server.data)!r} + '/go'): time.sleep(0.05)\n",
        )
        run_on(server, f"{name}-{kind}", "cron(0 * * * ? *)", jobs[kind],
               Tags=[{"Key": "tidemill:overlap", "Value": kind}])
    for hour in (1, 2, 3):
        server.set_clock(f"2031-03-01T0{hour}:00:00Z")
        wait_until(lambda: len(server.schedule_story(f"{name}-skip")["history"]) == hour)
    fates = [row["fate"] for row in server.schedule_story(f"{name}-skip")["history"]]
    assert fates == ["skipped", "skipped", "fired"]
    (server.data / "go").write_text("")
    assert len(platform.wait_for_runs(server, jobs["skip"], 1)) == 1
    assert len(platform.wait_for_runs(server, jobs["buffer-all"], 3)) == 3


def test_rule_shows_its_schedule(server, name):
    events = server.client("events")
    events.put_rule(Name=name, ScheduleExpression="rate(5 minutes)", Description="d")
    shown = events.describe_rule(Name=name)
    assert shown["ScheduleExpression"] == "rate(5 minutes)" and "EventPattern" not in shown
    listed, = events.list_rules(NamePrefix=name)["Rules"]
    assert listed["ScheduleExpression"] == "rate(5 minutes)"
    events.put_rule(Name=name, EventPattern='{"source":["a"]}')
    shown = events.describe_rule(Name=name)
    assert "ScheduleExpression" not in shown and shown["EventPattern"] == '{"source":["a"]}'
    events.put_rule(Name=name, EventPattern='{"source":["a"]}', ScheduleExpression="rate(1 day)")
    shown = events.describe_rule(Name=name)
    assert shown["ScheduleExpression"] == "rate(1 day)" and shown["EventPattern"]
    events.delete_rule(Name=name)


@pytest.mark.parametrize("expression", ["rate(1 minutes)", "rate(10 minute)", "cron(0 9 * * * *)"])
def test_rule_refuses_what_aws_refuses(server, name, expression):
    with refused("ValidationException", 400, "Parameter ScheduleExpression is not valid.") as seen:
        server.client("events").put_rule(Name=name, ScheduleExpression=expression)
    assert "column" in seen.headers["x-tidemill-hint"]


def test_schedules_are_for_the_default_bus_only(server, name):
    events = server.client("events")
    events.create_event_bus(Name=name)
    text = "ScheduleExpression is supported only on the default event bus."
    with refused("ValidationException", 400, text):
        events.put_rule(Name=name, EventBusName=name, ScheduleExpression="rate(1 minute)")


def test_bad_tags_are_refused(server, name):
    with refused("ValidationException", 400, "It takes once, skip or all:N"):
        server.client("events").put_rule(
            Name=name, ScheduleExpression="rate(1 day)",
            Tags=[{"Key": "tidemill:catchup", "Value": "never"}],
        )


def test_schedule_has_aws_defaults(server, scheduler, name):
    arn = create(server, name, "rate(2 minute)", State="DISABLED")["ScheduleArn"]
    assert arn == f"arn:aws:scheduler:us-east-1:000000000000:schedule/default/{name}"
    shown = scheduler.get_schedule(Name=name)
    assert shown["ScheduleExpression"] == "rate(2 minute)"
    assert shown["ScheduleExpressionTimezone"] == "UTC"
    assert shown["GroupName"] == "default"
    assert shown["State"] == "DISABLED"
    assert shown["ActionAfterCompletion"] == "NONE"
    assert shown["Target"]["RetryPolicy"] == {
        "MaximumEventAgeInSeconds": 86400, "MaximumRetryAttempts": 185,
    }
    assert shown["CreationDate"] == shown["LastModificationDate"]
    assert "Description" not in shown


def test_update_replaces_everything(server, scheduler, name):
    start = datetime(2040, 1, 1, tzinfo=timezone.utc)
    create(server, name, "cron(0 9 ? * MON-FRI *)", Description="d", StartDate=start,
           ScheduleExpressionTimezone="Europe/Berlin")
    assert scheduler.get_schedule(Name=name)["StartDate"] == start
    target = {"Arn": START_RUN, "RoleArn": "arn:aws:iam::000000000000:role/none",
              "Input": '{"JobName":"x"}'}
    scheduler.update_schedule(Name=name, ScheduleExpression="rate(1 hour)", Target=target,
                              FlexibleTimeWindow={"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 15})
    shown = scheduler.get_schedule(Name=name)
    assert "Description" not in shown and "StartDate" not in shown
    assert shown["ScheduleExpressionTimezone"] == "UTC"
    assert shown["FlexibleTimeWindow"]["MaximumWindowInMinutes"] == 15


def test_scheduler_names_its_errors(server, scheduler, name):
    with refused("ValidationException", 400, "Invalid Schedule Expression cron(0 1 * * * *)."):
        create(server, name, "cron(0 1 * * * *)")
    with refused("ValidationException", 400, "Mars/Base"):
        create(server, name, "rate(1 hour)", ScheduleExpressionTimezone="Mars/Base")
    with refused("ResourceNotFoundException", 404, f"Schedule group {name} does not exist."):
        create(server, name, "rate(1 hour)", GroupName=name)
    with refused("ResourceNotFoundException", 404, f"Schedule {name} does not exist."):
        scheduler.delete_schedule(Name=name)
    create(server, name, "rate(1 hour)", ClientToken="a")
    create(server, name, "rate(1 hour)", ClientToken="a")
    with refused("ConflictException", 409, f"Schedule {name} already exists."):
        create(server, name, "rate(1 hour)", ClientToken="b")
    target = {"Arn": "arn:aws:scheduler:::aws-sdk:glue:getJob",
              "RoleArn": "arn:aws:iam::000000000000:role/none"}
    with refused("ValidationException", 400, "glue:getJob") as seen:
        create(server, f"{name}-x", "rate(1 hour)", Target=target)
    assert "only read" in seen.headers["x-tidemill-hint"]


def test_past_expressions_are_accepted(server, name):
    create(server, f"{name}-at", "at(2020-01-01T00:00:00)")
    create(server, f"{name}-cron", "cron(15 10 ? * 6L 2002-2005)")


def test_groups_hold_schedules_and_tags(server, scheduler, name):
    arn = scheduler.create_schedule_group(
        Name=name, Tags=[{"Key": "team", "Value": "a"}, {"Key": "tidemill:spread", "Value": "5m"}]
    )["ScheduleGroupArn"]
    assert scheduler.get_schedule_group(Name=name)["State"] == "ACTIVE"
    assert len(scheduler.list_tags_for_resource(ResourceArn=arn)["Tags"]) == 2
    create(server, "one", "rate(1 hour)", GroupName=name)
    create(server, "two", "rate(1 hour)", GroupName=name, State="DISABLED")
    listed = scheduler.list_schedules(GroupName=name, MaxResults=1)
    assert [s["Name"] for s in listed["Schedules"]] == ["one"]
    rest = scheduler.list_schedules(GroupName=name, NextToken=listed["NextToken"])
    assert [s["Name"] for s in rest["Schedules"]] == ["two"] and "NextToken" not in rest
    off = scheduler.list_schedules(GroupName=name, State="DISABLED")["Schedules"]
    assert [s["Name"] for s in off] == ["two"]
    scheduler.untag_resource(ResourceArn=arn, TagKeys=["team"])
    scheduler.tag_resource(ResourceArn=arn, Tags=[{"Key": "x", "Value": "y"}])
    tags = {t["Key"] for t in scheduler.list_tags_for_resource(ResourceArn=arn)["Tags"]}
    assert tags == {"x", "tidemill:spread"}
    assert {"default", name} <= {
        g["Name"] for g in scheduler.list_schedule_groups()["ScheduleGroups"]
    }
    scheduler.delete_schedule_group(Name=name)
    with refused("ResourceNotFoundException", 404):
        scheduler.get_schedule(Name="one", GroupName=name)


def test_schedules_outlive_a_restart(fresh_server, name):
    create(fresh_server, name, "cron(0 9 ? * MON-FRI *)")
    before = fresh_server.client("scheduler").get_schedule(Name=name)
    fresh_server.restart()
    after = fresh_server.client("scheduler").get_schedule(Name=name)
    before.pop("ResponseMetadata"), after.pop("ResponseMetadata")
    assert after == before


def test_aws_command_makes_a_schedule(aws, platform_server, name):
    job = platform.make_job(platform_server, name, "pass\n")
    target = {"Arn": START_RUN, "RoleArn": scheduler_role(platform_server, name),
              "Input": json.dumps({"JobName": job})}
    aws.run("scheduler", "create-schedule", "--name", name,
        "--schedule-expression", "rate(1 hours)",  # It begins at once.
        "--flexible-time-window", '{"Mode":"OFF"}', "--target", json.dumps(target))
    assert len(platform.wait_for_runs(platform_server, job)) == 1


def test_commands_tell_and_do(test_mode_server, name):
    server = test_mode_server
    server.set_clock("2026-03-27T12:00:00Z")
    job = platform.make_job(server, name, "pass\n")
    create(server, name, "cron(30 2 * * ? *)", ScheduleExpressionTimezone="Europe/Berlin",
           Target={"Arn": START_RUN, "RoleArn": "arn:aws:iam::000000000000:role/any",
                   "Input": json.dumps({"JobName": job})})
    told = server.command("schedule", "preview", name).stdout
    assert "Sat 2026-03-28 02:30:00 +01:00" in told
    assert "Sun 2026-03-29 02:30:00: left out, the clock jumps over this time" in told
    server.set_clock("2026-03-30T00:30:05Z")
    platform.wait_for_runs(server, job)
    told = server.command("schedule", "explain", name, "--at", "2026-03-29T01:30:00Z").stdout
    assert "skipped: Sun 2026-03-29 02:30:00: left out" in told
    told = server.command("schedule", "explain", name).stdout
    assert "the clock jumped over it" in told and "fired" in told and "coalesced" in told
    told = server.command("schedule", "heatmap").stdout
    assert "1 schedules" in told and "DAY FROM" in told
    span = ("--from", "2026-03-25T00:00:00Z", "--to", "2026-03-31T00:00:00Z")
    told = server.command("schedule", "backfill", name, *span, "--dry-run").stdout
    assert "4 runs (dry run: none started)" in told
    server.command("schedule", "backfill", name, *span, "--overlap", "buffer-all")
    assert len(platform.wait_for_runs(server, job, 5)) == 5
    server.command("schedule", "run-now", f"default/{name}")
    assert len(platform.wait_for_runs(server, job, 6)) == 6
    assert "zone data" in server.command("schedule", "reload-zones").stdout
    assert "all is well" in server.command("check").stdout
    missing = server.command("schedule", "preview", "nobody", check=False)
    assert missing.returncode == 1 and "nobody" in missing.stderr


def test_next_needs_no_server():
    def ask(*arguments):
        return subprocess.run([PROGRAM, "schedule", "next", *arguments],
                              capture_output=True, text=True, timeout=20)

    told = ask("cron(0 9 ? * MON-FRI *)", "--tz", "Europe/Berlin",
               "--from", "2026-03-27T12:00:00Z", "--count", "1")
    assert "Mon 2026-03-30 09:00:00 +02:00  2026-03-30T07:00:00Z" in told.stdout
    refusal = ask("cron(0 9 * * MON-FRI *)")
    assert refusal.returncode == 1
    assert "Invalid Schedule Expression cron(0 9 * * MON-FRI *)." in refusal.stderr
    assert "Perhaps: cron(0 9 ? * MON-FRI *)" in refusal.stderr
    assert "never fires" in ask("cron(0 0 30 2 ? *)").stdout
    assert ask().returncode == 2


def test_glue_trigger_starts_its_jobs(test_mode_server, name):
    server = test_mode_server
    server.set_clock("2031-03-01T00:30:00Z")
    job = platform.make_job(server, name, "pass\n")
    glue = server.client("glue")
    glue.create_trigger(
        Name=name, Type="SCHEDULED", Schedule="cron(0 2 * * ? *)", Description="nightly",
        Actions=[{"JobName": job, "Arguments": {"--day": "d"}, "Timeout": 7}],
    )
    shown = glue.get_trigger(Name=name)["Trigger"]
    assert shown["State"] == "CREATED" and shown["Schedule"] == "cron(0 2 * * ? *)"
    server.set_clock("2031-03-01T02:00:00Z")
    glue.start_trigger(Name=name)
    assert glue.get_trigger(Name=name)["Trigger"]["State"] == "ACTIVATED"
    server.set_clock("2031-03-02T02:00:00Z")
    run, = platform.wait_for_runs(server, job)
    assert run["TriggerName"] == name and run["Timeout"] == 7
    given = arguments_of(run)
    assert given["--trigger_source"] == "schedule" and given["--day"] == "d"
    assert given["--scheduled_time"] == "2031-03-02T02:00:00Z"
    glue.stop_trigger(Name=name)
    server.set_clock("2031-03-03T02:00:00Z")
    assert glue.get_trigger(Name=name)["Trigger"]["State"] == "DEACTIVATED"
    update = {"Schedule": "cron(0/5 * * * ? *)", "Actions": [{"JobName": job}]}
    assert glue.update_trigger(Name=name, TriggerUpdate=update)["Trigger"]["Name"] == name
    assert glue.list_triggers(DependentJobName=job)["TriggerNames"] == [name]
    assert len(platform.runs_of(server, job)) == 1
    glue.delete_trigger(Name=name)
    with refused("EntityNotFoundException", 400):
        glue.get_trigger(Name=name)


def test_heatmap_knows_what_triggers_start(test_mode_server, name):
    server = test_mode_server
    server.set_clock("2031-03-01T00:30:00Z")
    job = platform.make_job(server, name, "pass\n")
    for n in range(2):
        server.client("glue").create_trigger(
            Name=f"{name}-{n}", Type="SCHEDULED", Schedule="cron(0 2 * * ? *)",
            Actions=[{"JobName": job}], StartOnCreation=True,
        )
    told = server.command("schedule", "heatmap").stdout
    assert told.startswith("2 schedules;") and f"job/{job}" in told


def test_glue_trigger_on_demand(server, name):
    job = platform.make_job(server, name, "pass\n")
    glue = server.client("glue")
    glue.create_trigger(Name=name, Type="ON_DEMAND", Actions=[{"JobName": job}])
    glue.start_trigger(Name=name)
    run, = platform.wait_for_runs(server, job)
    assert run["TriggerName"] == name and arguments_of(run)["--trigger_source"] == "manual"
    with refused("AlreadyExistsException", 400):
        glue.create_trigger(Name=name, Type="ON_DEMAND", Actions=[{"JobName": job}])


@pytest.mark.parametrize("schedule", ["rate(1 hour)", "cron(0/4 * * * ? *)", "cron(0 1 * * * *)"])
def test_glue_trigger_refuses_bad_schedules(server, name, schedule):
    with refused("InvalidInputException", 400) as seen:
        server.client("glue").create_trigger(
            Name=name, Type="SCHEDULED", Schedule=schedule, Actions=[{"JobName": "j"}]
        )
    assert "column" in seen.headers["x-tidemill-hint"]
