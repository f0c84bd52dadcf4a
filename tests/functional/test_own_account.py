"""ARNs that leave the account out, as Terraform with skip_requesting_account_id makes them."""

import pytest
from support import platform
from support.errors import refused
from support.waiting import wait_until

WAITS = """
import os, time
while not os.path.exists({gate!r}): time.sleep(0.01)
"""


def bare(arn):
    return arn.replace(platform.ACCOUNT, "")


@pytest.fixture
def job(server, name, tmp_path):
    """A job that runs once at a time, each until the gate is there."""
    script = WAITS.format(gate=str(tmp_path / "gate"))
    return platform.make_job(server, name, script, ExecutionProperty={"MaxConcurrentRuns": 1})


def test_tags_are_those_of_the_callers_resource(server, job):
    glue = server.client("glue")
    arn = bare(platform.job_arn(job))
    glue.tag_resource(ResourceArn=arn, TagsToAdd={"Team": "data"})
    assert glue.get_tags(ResourceArn=platform.job_arn(job))["Tags"] == {"Team": "data"}
    glue.untag_resource(ResourceArn=arn, TagsToRemove=["Team"])
    assert glue.get_tags(ResourceArn=arn)["Tags"] == {}
    with refused("EntityNotFoundException", 400):
        glue.get_tags(ResourceArn=platform.job_arn(job).replace(platform.ACCOUNT, "1" * 12))


def test_tags_of_rules_alarms_groups_and_topics(server, name):
    client = server.client
    tags = {"Tags": [{"Key": "a", "Value": "b"}]}
    rule = client("events").put_rule(Name=name, ScheduleExpression="rate(1 day)", **tags)["RuleArn"]
    assert client("events").list_tags_for_resource(ResourceARN=bare(rule))["Tags"] == tags["Tags"]
    topic = client("sns").create_topic(Name=name, **tags)["TopicArn"]
    assert client("sns").list_tags_for_resource(ResourceArn=bare(topic))["Tags"] == tags["Tags"]
    group = client("scheduler").create_schedule_group(Name=name, **tags)["ScheduleGroupArn"]
    told = client("scheduler").list_tags_for_resource(ResourceArn=bare(group))
    assert told["Tags"] == tags["Tags"]
    client("logs").create_log_group(logGroupName=name, tags={"a": "b"})
    arn = f"arn:aws:logs:us-east-1::log-group:{name}"
    assert client("logs").list_tags_for_resource(resourceArn=arn)["tags"] == {"a": "b"}


def test_an_empty_catalog_id_is_the_callers(server, name):
    glue = server.client("glue", parameter_validation=False)
    glue.create_database(CatalogId="", DatabaseInput={"Name": name})
    assert glue.get_database(CatalogId="", Name=name)["Database"]["CatalogId"] == platform.ACCOUNT
    glue.delete_database(CatalogId="", Name=name)


def test_a_rule_starts_its_job_and_waits_for_room_there(server, job, name, tmp_path):
    """The target's ARN and that in its role's policy leave the account out."""
    arn = bare(platform.job_arn(job))
    role = platform.make_role(
        server, f"{name}-events", "events.amazonaws.com", platform.START | {"Resource": arn}
    )
    dead = f"arn:aws:sqs:us-east-1::{name}-dead"
    target = {"Id": "job", "Arn": arn, "RoleArn": role, "DeadLetterConfig": {"Arn": dead}}
    platform.put_rule(server, name, target, pattern={"source": [name]})
    events = server.client("events")
    assert events.list_targets_by_rule(Rule=name)["Targets"] == [target], "as it was said"
    for said in (arn, platform.job_arn(job)):
        assert events.list_rule_names_by_target(TargetArn=said)["RuleNames"] == [name]
    entry = {"Source": name, "DetailType": "t", "Detail": "{}"}
    events.put_events(Entries=[entry, entry])
    wait_until(lambda: len(platform.runs_of(server, job)) == 1, 20, "the first run")
    (tmp_path / "gate").write_text("")

    def ended():
        states = [run["JobRunState"] for run in platform.runs_of(server, job)]
        return states == ["SUCCEEDED"] * 2

    wait_until(ended, 30, "the second run, once the first has ended")


def test_a_schedule_starts_its_job(server, job, name, tmp_path):
    (tmp_path / "gate").write_text("")
    arn = bare(platform.job_arn(job))
    role = platform.make_role(
        server, f"{name}-scheduler", "scheduler.amazonaws.com", platform.START | {"Resource": arn}
    )
    scheduler = server.client("scheduler")
    scheduler.create_schedule(
        Name=name,
        ScheduleExpression="rate(1 hour)",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={"Arn": arn, "RoleArn": role},
    )
    assert scheduler.get_schedule(Name=name)["Target"]["Arn"] == arn
    server.command("schedule", "run-now", f"default/{name}")
    wait_until(lambda: platform.runs_of(server, job), 20, "the schedule's run")
