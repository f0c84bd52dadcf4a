"""The commands that the platform's documentation gives, word for word, with both aws programs."""

import json

import pytest
from support import platform
from support.platform import BRONZE, JOB

GET_RUNS = """aws glue get-job-runs \\
  --job-name sales-etl-dev \\
  --query 'JobRuns[?JobRunState==`RUNNING` || JobRunState==`SUCCEEDED`][Id,JobRunState,StartedOn]'"""

FILTER_EVENTS = """aws logs filter-log-events \\
  --log-group-name /aws/events/rule/dev-sales-file-trigger \\
  --start-time $(date -d '1 hour ago' +%s)000"""


@pytest.fixture
def uploaded(aws, tmp_path, name):
    """`aws s3 cp` of the sales file; its key, once the run has ended."""
    key = f"sales/{name}.csv"
    before = len(platform.runs_of(aws.server, JOB))
    aws.run("s3", "cp", str(platform.SALES_FILE), f"s3://{BRONZE}/{key}")
    platform.wait_for_runs(aws.server, JOB, before + 1)
    return key


def test_get_job_runs_query(aws, uploaded):
    rows = json.loads(aws.shell(GET_RUNS + " --output json"))
    assert rows and all(len(row) == 3 for row in rows)
    assert {row[1] for row in rows} <= {"RUNNING", "SUCCEEDED"}


def test_filter_log_events_on_the_dashed_group(aws, uploaded):
    found = json.loads(aws.shell(FILTER_EVENTS + " --output json"))
    assert any(uploaded in event["message"] for event in found["events"])


def test_s3_commands(aws, tmp_path, name):
    bucket = f"{name}-cli"
    aws.run("s3", "mb", f"s3://{bucket}")
    source = tmp_path / "a file+ü.bin"
    source.write_bytes(bytes(range(256)) * 64)
    aws.run("s3", "cp", str(source), f"s3://{bucket}/dir/{source.name}")
    assert source.name in aws.run("s3", "ls", f"s3://{bucket}/dir/").stdout
    back = tmp_path / "back"
    aws.run("s3", "sync", f"s3://{bucket}", str(back))
    assert (back / "dir" / source.name).read_bytes() == source.read_bytes()
    aws.run("s3", "mv", f"s3://{bucket}/dir/{source.name}", f"s3://{bucket}/moved")
    head = aws.json("s3api", "head-object", "--bucket", bucket, "--key", "moved")
    assert head["ContentLength"] == 256 * 64
    aws.run("s3", "rb", "--force", f"s3://{bucket}")
    assert aws.run("s3", "ls", f"s3://{bucket}", check=False).returncode != 0


def test_large_file_goes_in_parts(aws, tmp_path, name):
    bucket = f"{name}-big"
    aws.run("s3", "mb", f"s3://{bucket}")
    source, back = tmp_path / "big", tmp_path / "back"
    source.write_bytes(b"0123456789abcdef" * (20 * 65536))
    aws.run("s3", "cp", "--no-progress", str(source), f"s3://{bucket}/big")
    assert "-" in aws.json("s3api", "head-object", "--bucket", bucket, "--key", "big")["ETag"]
    aws.run("s3", "cp", "--no-progress", f"s3://{bucket}/big", str(back))
    assert back.read_bytes() == source.read_bytes()


def test_presigned_url_works(aws, uploaded):
    url = aws.run("s3", "presign", f"s3://{BRONZE}/{uploaded}").stdout.strip()
    status, text = aws.server.get(url.removeprefix(aws.server.endpoint))
    assert (status, text.encode()) == (200, platform.SALES_FILE.read_bytes())


def test_an_alarm_tells_a_topic(aws, name):
    topic = aws.run("sns", "create-topic", "--name", name, "--output", "text").stdout.strip()
    queue = platform.queue_arn(name)
    sqs = aws.server.client("sqs")
    policy = platform.policy(platform.let("sns", "sqs:SendMessage", queue))
    url = sqs.create_queue(QueueName=name, Attributes={"Policy": policy})["QueueUrl"]
    aws.run("sns", "subscribe", "--topic-arn", topic, "--protocol", "sqs",
            "--notification-endpoint", queue, "--attributes", "RawMessageDelivery=true")
    aws.run("cloudwatch", "put-metric-alarm", "--alarm-name", name, "--namespace", "n",
            "--metric-name", "m", "--statistic", "Sum", "--period", "300",
            "--evaluation-periods", "1", "--threshold", "0", "--comparison-operator",
            "GreaterThanThreshold", "--alarm-actions", topic)
    aws.run("cloudwatch", "set-alarm-state", "--alarm-name", name, "--state-value", "ALARM",
            "--state-reason", "drill")
    (message,) = sqs.receive_message(QueueUrl=url)["Messages"]
    assert json.loads(message["Body"])["NewStateReason"] == "drill"
    aws.run("cloudwatch", "delete-alarms", "--alarm-names", name)


def test_other_services_answer(aws):
    assert aws.json("sts", "get-caller-identity")["Account"] == platform.ACCOUNT
    assert "dev-glue-role" in aws.run("iam", "list-roles", "--output", "text").stdout
    rules = aws.json("events", "list-rules")["Rules"]
    assert platform.RULE in [rule["Name"] for rule in rules]
    groups = aws.json("logs", "describe-log-groups")["logGroups"]
    assert platform.DASHED_LOG_GROUP in [group["logGroupName"] for group in groups]


def test_refusal_is_shown_as_awss(aws):
    told = aws.run("events", "describe-rule", "--name", "no-such-rule", check=False)
    assert told.returncode in (254, 255)
    assert "ResourceNotFoundException" in told.stderr and "no-such-rule" in told.stderr
