"""The provider block that people write for servers of their own: no account is asked for, each
service has an endpoint, and that is on localhost."""

import pytest
from support import platform, terraform

pytestmark = pytest.mark.timeout(300)

SERVICES = ["s3", "iam", "glue", "events", "scheduler", "logs", "sts"]
TEXT = """
provider "aws" {
  region                      = "us-east-1"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
  s3_use_path_style           = true
  endpoints {
    ENDPOINTS
  }
}
resource "aws_s3_bucket" "lake" {
  bucket        = "NAME"
  force_destroy = true
}
resource "aws_s3_bucket_notification" "lake" {
  bucket      = aws_s3_bucket.lake.id
  eventbridge = true
}
resource "aws_s3_object" "script" {
  bucket  = aws_s3_bucket.lake.id
  key     = "job.py"
  content = "print('done')"
}
resource "aws_iam_role" "all" {
  for_each           = toset(["glue", "events"])
  name               = "NAME-${each.key}"
  assume_role_policy = jsonencode({ Version = "2012-10-17", Statement = [{
    Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "${each.key}.amazonaws.com" }
  }] })
}
resource "aws_iam_role_policy" "glue" {
  role   = aws_iam_role.all["glue"].id
  policy = jsonencode({ Version = "2012-10-17", Statement = [{
    Effect = "Allow", Action = "s3:GetObject", Resource = "${aws_s3_bucket.lake.arn}/*"
  }] })
}
resource "aws_iam_role_policy" "events" {
  role   = aws_iam_role.all["events"].id
  policy = jsonencode({ Version = "2012-10-17", Statement = [{
    Effect   = "Allow"
    Action   = ["glue:StartJobRun", "glue:NotifyEvent"]
    Resource = [aws_glue_job.etl.arn, aws_glue_workflow.nightly.arn]
  }] })
}
resource "aws_glue_job" "etl" {
  name     = "NAME"
  role_arn = aws_iam_role.all["glue"].arn
  command { script_location = "s3://NAME/job.py" }
  tags = { Team = "data" }
}
resource "aws_glue_workflow" "nightly" {
  name = "NAME"
  tags = { Team = "data" }
}
resource "aws_glue_trigger" "first" {
  name          = "NAME"
  type          = "SCHEDULED"
  schedule      = "cron(15 2 * * ? *)"
  workflow_name = aws_glue_workflow.nightly.name
  actions { job_name = aws_glue_job.etl.name }
}
resource "aws_glue_catalog_database" "silver" { name = "NAME" }
resource "aws_glue_catalog_table" "sales" {
  name          = "sales"
  database_name = aws_glue_catalog_database.silver.name
}
resource "aws_cloudwatch_event_rule" "files" {
  name          = "NAME"
  event_pattern = jsonencode({
    source      = ["aws.s3"]
    detail-type = ["Object Created"]
    detail      = { bucket = { name = [aws_s3_bucket.lake.id] }, object = { key = [{ prefix = "in/" }] } }
  })
  tags          = { Team = "data" }
}
resource "aws_cloudwatch_event_target" "etl" {
  rule     = aws_cloudwatch_event_rule.files.name
  arn      = aws_glue_job.etl.arn
  role_arn = aws_iam_role.all["events"].arn
}
"""


def test_a_tree_without_an_account_on_localhost(program, server, name, tmp_path):
    endpoint = f"http://localhost:{server.port}"
    endpoints = "\n    ".join(f'{service} = "{endpoint}"' for service in SERVICES)
    text = TEXT.replace("ENDPOINTS", endpoints).replace("NAME", name)
    root = terraform.Terraform(program, tmp_path / "root", server, text)
    del root.environment["AWS_ENDPOINT_URL"]
    root.apply()
    assert root.changes() == ""
    target = server.client("events").list_targets_by_rule(Rule=name)["Targets"][0]
    assert target["Arn"] == f"arn:aws:glue:us-east-1::job/{name}"

    server.client("s3").put_object(Bucket=name, Key="in/file", Body=b"x")
    runs = platform.wait_for_runs(server, name)
    assert [run["JobRunState"] for run in runs] == ["SUCCEEDED"], runs

    root.destroy()
    assert root.state() == []
    assert name not in server.client("glue").list_jobs()["JobNames"]
