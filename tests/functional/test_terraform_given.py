"""Terraform and resources that are there already: made by aws and boto3 and imported, moved in the
text, or fought over by two that apply at once."""

import json
import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from support import awscli, platform, terraform

pytestmark = pytest.mark.timeout(600)

GIVEN = """
locals {
  name  = "NAME"
  trust = { for service in ["glue", "events", "scheduler"] : service => jsonencode({
    Version   = "2012-10-17"
    Statement = [{
      Effect = "Allow", Principal = { Service = "${service}.amazonaws.com" }, Action = "sts:AssumeRole"
    }]
  }) }
}

resource "aws_s3_bucket" "lake" {
  bucket = local.name
  tags   = { Layer = "bronze" }
}
resource "aws_s3_bucket_versioning" "lake" {
  bucket = aws_s3_bucket.lake.id
  versioning_configuration { status = "Enabled" }
}
resource "aws_s3_bucket_notification" "lake" {
  bucket      = aws_s3_bucket.lake.id
  eventbridge = true
}
resource "aws_iam_role" "all" {
  for_each           = local.trust
  name               = "${local.name}-${each.key}"
  assume_role_policy = each.value
}
resource "aws_iam_role_policy" "events" {
  name   = "start"
  role   = aws_iam_role.all["events"].id
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "glue:StartJobRun", Resource = aws_glue_job.etl.arn }]
  })
}
resource "aws_glue_job" "etl" {
  name              = "${local.name}-etl"
  role_arn          = aws_iam_role.all["glue"].arn
  glue_version      = "4.0"
  worker_type       = "G.1X"
  number_of_workers = 2
  timeout           = 10
  default_arguments = { "--env" = "test" }
  command {
    script_location = "s3://${local.name}/jobs/etl.py"
    python_version  = "3"
  }
  execution_property { max_concurrent_runs = 3 }
  tags = { Team = "data" }
}
resource "aws_cloudwatch_event_rule" "files" {
  name          = "${local.name}-files"
  description   = "Files of sales"
  event_pattern = jsonencode({
    source = ["aws.s3"], detail = { object = { key = [{ prefix = "sales/", suffix = ".csv" }] } }
  })
  tags = { Team = "data" }
}
resource "aws_cloudwatch_event_target" "etl" {
  rule      = aws_cloudwatch_event_rule.files.name
  target_id = "etl"
  arn       = aws_glue_job.etl.arn
  role_arn  = aws_iam_role.all["events"].arn
  retry_policy {
    maximum_retry_attempts       = 4
    maximum_event_age_in_seconds = 600
  }
}
resource "aws_sqs_queue" "dead" {
  name                       = "${local.name}-dead"
  message_retention_seconds  = 1209600
  visibility_timeout_seconds = 45
}
resource "aws_cloudwatch_log_group" "rule" {
  name              = "/aws/events/rule/${local.name}-files"
  retention_in_days = 14
}
resource "aws_cloudwatch_metric_alarm" "failed" {
  alarm_name          = "${local.name}-failed"
  namespace           = "AWS/Events"
  metric_name         = "FailedInvocations"
  dimensions          = { RuleName = aws_cloudwatch_event_rule.files.name }
  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 1
  threshold           = 0
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data  = "notBreaching"
}
resource "aws_scheduler_schedule" "nightly" {
  name                         = "${local.name}-nightly"
  schedule_expression          = "cron(0 2 * * ? *)"
  schedule_expression_timezone = "Europe/Berlin"
  flexible_time_window { mode = "OFF" }
  target {
    arn      = "arn:aws:scheduler:::aws-sdk:glue:startJobRun"
    role_arn = aws_iam_role.all["scheduler"].arn
    input    = jsonencode({ JobName = aws_glue_job.etl.name })
  }
}
"""

IMPORTED = {
    "aws_s3_bucket.lake": "{name}",
    "aws_s3_bucket_versioning.lake": "{name}",
    "aws_s3_bucket_notification.lake": "{name}",
    'aws_iam_role.all["glue"]': "{name}-glue",
    'aws_iam_role.all["events"]': "{name}-events",
    'aws_iam_role.all["scheduler"]': "{name}-scheduler",
    "aws_iam_role_policy.events": "{name}-events:start",
    "aws_glue_job.etl": "{name}-etl",
    "aws_cloudwatch_event_rule.files": "default/{name}-files",
    "aws_cloudwatch_event_target.etl": "default/{name}-files/etl",
    "aws_sqs_queue.dead": "{endpoint}/000000000000/{name}-dead",
    "aws_cloudwatch_log_group.rule": "/aws/events/rule/{name}-files",
    "aws_cloudwatch_metric_alarm.failed": "{name}-failed",
    "aws_scheduler_schedule.nightly": "default/{name}-nightly",
}


def make_by_aws(aws, name):
    """Bucket, roles, job, as one types them."""

    def do(line, **documents):
        arguments = [documents.get(word, word) for word in line.format(name=name).split()]
        aws.run(*arguments)

    do("s3 mb s3://{name}")
    tags = json.dumps({"TagSet": [{"Key": "Layer", "Value": "bronze"}]})
    do("s3api put-bucket-tagging --bucket {name} --tagging TAGS", TAGS=tags)
    do("s3api put-bucket-versioning --bucket {name} --versioning-configuration Status=Enabled")
    do(
        "s3api put-bucket-notification-configuration --bucket {name}"
        " --notification-configuration ON",
        ON=json.dumps(platform.EVENTS_ON),
    )
    for service in ("glue", "events", "scheduler"):
        trust = platform.trust(f"{service}.amazonaws.com")
        do(
            f"iam create-role --role-name {{name}}-{service} --assume-role-policy-document TRUST",
            TRUST=trust,
        )
    statement = platform.START | {"Resource": platform.job_arn(f"{name}-etl")}
    do(
        "iam put-role-policy --role-name {name}-events --policy-name start"
        " --policy-document POLICY",
        POLICY=platform.policy(statement),
    )
    do(
        "glue create-job --name {name}-etl --role arn:aws:iam::000000000000:role/{name}-glue"
        " --glue-version 4.0 --worker-type G.1X --number-of-workers 2 --timeout 10"
        " --command Name=glueetl,ScriptLocation=s3://{name}/jobs/etl.py,PythonVersion=3"
        " --default-arguments ARGUMENTS --execution-property MaxConcurrentRuns=3"
        " --tags Team=data",
        ARGUMENTS='{"--env": "test"}',
    )


def make_by_boto3(client, name):
    """Queue, rule, target, log group, alarm, schedule."""
    attributes = {"MessageRetentionPeriod": "1209600", "VisibilityTimeout": "45"}
    # The provider's default is older than AWS's.
    attributes["MaximumMessageSize"] = "262144"
    client("sqs").create_queue(QueueName=f"{name}-dead", Attributes=attributes)
    pattern = {
        "source": ["aws.s3"],
        "detail": {"object": {"key": [{"suffix": ".csv", "prefix": "sales/"}]}},
    }
    client("events").put_rule(
        Name=f"{name}-files",
        Description="Files of sales",
        EventPattern=json.dumps(pattern, indent=2),
        Tags=[{"Key": "Team", "Value": "data"}],
    )
    target = {
        "Id": "etl",
        "Arn": platform.job_arn(f"{name}-etl"),
        "RoleArn": f"arn:aws:iam::{platform.ACCOUNT}:role/{name}-events",
        "RetryPolicy": {"MaximumRetryAttempts": 4, "MaximumEventAgeInSeconds": 600},
    }
    client("events").put_targets(Rule=f"{name}-files", Targets=[target])
    group = f"/aws/events/rule/{name}-files"
    client("logs").create_log_group(logGroupName=group)
    client("logs").put_retention_policy(logGroupName=group, retentionInDays=14)
    client("cloudwatch").put_metric_alarm(
        AlarmName=f"{name}-failed",
        Namespace="AWS/Events",
        MetricName="FailedInvocations",
        Dimensions=[{"Name": "RuleName", "Value": f"{name}-files"}],
        Statistic="Sum",
        Period=300,
        EvaluationPeriods=1,
        Threshold=0,
        ComparisonOperator="GreaterThanThreshold",
        TreatMissingData="notBreaching",
    )
    client("scheduler").create_schedule(
        Name=f"{name}-nightly",
        ScheduleExpression="cron(0 2 * * ? *)",
        ScheduleExpressionTimezone="Europe/Berlin",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={
            "Arn": "arn:aws:scheduler:::aws-sdk:glue:startJobRun",
            "RoleArn": f"arn:aws:iam::{platform.ACCOUNT}:role/{name}-scheduler",
            "Input": json.dumps({"JobName": f"{name}-etl"}, separators=(",", ":")),
        },
    )


def counts(said):
    """(to import, to add, to change, to destroy) of a plan."""
    found = re.search(r"Plan: (?:(\d+) to import, )?(\d+) to add, (\d+) to change, (\d+)", said)
    return tuple(int(number or 0) for number in found.groups())


def test_what_aws_and_boto3_made_is_imported_moved_and_destroyed(program, server, name, tmp_path):
    make_by_aws(awscli.AwsCli(awscli.PYPI, server), name)
    make_by_boto3(server.client, name)
    text = GIVEN.replace("NAME", name)
    imports = "".join(
        f'import {{\n to = {address}\n id = "{id.format(name=name, endpoint=server.endpoint)}"\n}}\n'
        for address, id in IMPORTED.items()
    )
    root = terraform.Terraform(program, tmp_path / "root", server, text + imports)
    applied = root.apply()
    assert counts(applied) == (len(IMPORTED), 0, 0, 0), applied

    moved = text.replace('"aws_glue_job" "etl"', '"aws_glue_job" "sales"')
    moved = moved.replace("aws_glue_job.etl.", "aws_glue_job.sales.")
    root.write(moved + "moved {\n from = aws_glue_job.etl\n to = aws_glue_job.sales\n}\n")
    planned = root.changes()
    assert "aws_glue_job.etl has moved to aws_glue_job.sales" in planned
    assert counts(planned) == (0, 0, 0, 0), planned
    root.apply()
    root.write(moved)
    assert root.changes() == "", "the job is known by its new name"

    root.destroy()
    assert root.state() == []
    assert server.client("glue").list_jobs()["JobNames"].count(f"{name}-etl") == 0


SHARED = """
resource "aws_glue_job" "both" {
  name     = "NAME-both"
  role_arn = "arn:aws:iam::000000000000:role/NAME"
  command { script_location = "s3://NAME/x.py" }
}
resource "aws_iam_role" "both" {
  name               = "NAME"
  assume_role_policy = jsonencode({ Version = "2012-10-17", Statement = [{
    Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "events.amazonaws.com" }
  }] })
}
resource "aws_s3_bucket" "both" { bucket = "NAME" }
resource "aws_cloudwatch_log_group" "both" { name = "/NAME" }
resource "aws_scheduler_schedule_group" "both" { name = "NAME" }
resource "aws_cloudwatch_event_rule" "both" {
  name                = "NAME"
  schedule_expression = "rate(1 day)"
  state               = "DISABLED"
}
resource "aws_ssm_parameter" "own" {
  name  = "/NAME/OWN"
  type  = "String"
  value = "OWN"
}
"""


def test_two_states_that_want_the_same_resources_fail_cleanly(program, server, name, tmp_path):
    roots = [
        terraform.Terraform(
            program, tmp_path / own, server, SHARED.replace("NAME", name).replace("OWN", own)
        )
        for own in ("one", "two")
    ]

    def apply(root):
        try:
            root.apply()
        except terraform.Failed as error:
            return str(error)
        return ""

    with ThreadPoolExecutor() as pool:
        said = list(pool.map(apply, roots))
    states = [root.state() for root in roots]
    for kind in ("glue_job", "iam_role", "s3_bucket", "cloudwatch_log_group", "scheduler"):
        assert any(kind in address for state in states for address in state), (kind, said)
    assert all("aws_ssm_parameter.own" in state for state in states), said
    statuses = set(re.findall(r"StatusCode: (\d+)", "".join(said)))
    assert statuses and statuses <= {"400", "409"}, said
    for root in roots:
        root.destroy()
    client = server.client
    assert client("ssm").get_parameters_by_path(Path=f"/{name}")["Parameters"] == []
    assert f"{name}-both" not in client("glue").list_jobs()["JobNames"]
    assert client("logs").describe_log_groups(logGroupNamePrefix=f"/{name}")["logGroups"] == []
    server.command("check")
