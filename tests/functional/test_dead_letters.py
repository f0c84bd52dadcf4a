"""What doesn't reach its target goes to the dead-letter queue of target or schedule, as AWS tells
it, and starts once the cause is mended."""

import json

import pytest

from support import platform
from support.platform import queue_arn
from support.waiting import wait_until

REGION = "us-east-1"


def let_events_send(name):
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": queue_arn(name),
    }
    return platform.policy(statement)


def make_queue(server, name, policy=True):
    attributes = {"Policy": let_events_send(name)} if policy else {}
    return server.client("sqs").create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]


def receive(server, url, count=1):
    """The messages of the queue once there are `count`, deleted."""
    sqs, found = server.client("sqs"), []

    def more():
        answer = sqs.receive_message(
            QueueUrl=url,
            MaxNumberOfMessages=10,
            WaitTimeSeconds=1,
            MessageAttributeNames=["All"],
        )
        for message in answer.get("Messages", []):
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
            found.append(message)
        return found if len(found) >= count else None

    return wait_until(more, 20, f"{count} messages")


def attributes_of(message):
    return {name: value["StringValue"] for name, value in message["MessageAttributes"].items()}


@pytest.fixture
def denied(server, name):
    """Uploads match a rule whose role may nothing and whose target has a dead-letter queue."""
    bucket = platform.make_bucket(server, name)
    job = platform.make_job(server, f"{name}-job", "pass")
    url = make_queue(server, f"{name}-dlq")
    role = platform.make_role(server, f"{name}-role", "events.amazonaws.com")
    rule = platform.connect(
        server, bucket, job, role=role, DeadLetterConfig={"Arn": queue_arn(f"{name}-dlq")}
    )
    return bucket, job, rule, url


def put(server, bucket, key="sales/a.csv"):
    server.client("s3").put_object(Bucket=bucket, Key=key, Body=b"x")


def last_decision(server, rule):
    group = f"/aws/events/rule/{rule}"
    message = wait_until(lambda: platform.messages_of(server, group), 10, group)[-1]
    return json.loads(message)


def test_dead_letter_has_awss_attributes_and_the_event(server, denied, name):
    bucket, job, rule, url = denied
    put(server, bucket)
    (letter,) = receive(server, url)
    event = json.loads(letter["Body"])
    assert event["detail"]["object"]["key"] == "sales/a.csv"
    attributes = attributes_of(letter)
    message = attributes.pop("ERROR_MESSAGE")
    assert f"role/{name}-role is not authorized to perform: glue:StartJobRun" in message
    assert attributes == {
        "RULE_ARN": platform.rule_arn(rule),
        "TARGET_ARN": f"arn:aws:glue:{REGION}:{platform.ACCOUNT}:job/{job}",
        "ERROR_CODE": "NO_PERMISSIONS",
    }
    decision = last_decision(server, rule)
    assert decision["decision"] == "FAILED"
    assert decision["dead-letter"] == "sent"
    assert decision["dead-letter-queue"] == queue_arn(f"{name}-dlq")


def test_missing_job_is_a_dead_letter_without_a_retry(server, denied, name):
    bucket, job, rule, url = denied
    server.client("iam").put_role_policy(
        RoleName=f"{name}-role", PolicyName="own", PolicyDocument=platform.policy(platform.START)
    )
    server.client("glue").delete_job(JobName=job)
    put(server, bucket)
    (letter,) = receive(server, url)
    assert attributes_of(letter)["ERROR_CODE"] == "NO_RESOURCE"
    assert "RETRY_ATTEMPTS" not in attributes_of(letter)


def test_queue_without_a_policy_is_named_and_the_delivery_kept(server, denied, name):
    bucket, _, rule, url = denied
    server.client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"Policy": ""})
    put(server, bucket)
    why = last_decision(server, rule)["dead-letter"]
    assert queue_arn(f"{name}-dlq") in why and "sqs:sendmessage" in why.lower()
    failed = json.loads(
        server.command("deliveries", "list", "--rule", rule, "--state", "failed", "--json").stdout
    )["deliveries"]
    assert len(failed) == 1
    shown = server.command("deliveries", "show", str(failed[0]["id"])).stdout
    assert "dead letter" in shown and f"{name}-dlq" in shown
    linted = server.command("rules", "lint", check=False).stdout
    assert f"{name}-dlq" in linted and "dead-letter-queue" in linted


def test_queue_that_is_not_there_is_named(server, denied, name):
    bucket, _, rule, url = denied
    server.client("sqs").delete_queue(QueueUrl=url)
    put(server, bucket)
    assert f"{name}-dlq does not exist" in last_decision(server, rule)["dead-letter"]


def test_dead_letters_move_through_a_redrive_once_the_role_is_mended(server, denied, name):
    """The platform's way: a work queue feeds the job's rule again. boto3 moves the letters there."""
    bucket, job, rule, url = denied
    for number in range(5):
        put(server, bucket, f"sales/{number}.csv")
    sqs = server.client("sqs")

    def count():
        answer = sqs.get_queue_attributes(
            QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"]
        )
        return int(answer["Attributes"]["ApproximateNumberOfMessages"])

    wait_until(lambda: count() == 5, 20, "five dead letters")
    server.client("iam").put_role_policy(
        RoleName=f"{name}-role", PolicyName="own", PolicyDocument=platform.policy(platform.START)
    )
    source = sqs.create_queue(
        QueueName=f"{name}-work",
        Attributes={
            "RedrivePolicy": json.dumps(
                {"deadLetterTargetArn": queue_arn(f"{name}-dlq"), "maxReceiveCount": 1}
            )
        },
    )["QueueUrl"]
    sqs.start_message_move_task(
        SourceArn=queue_arn(f"{name}-dlq"), DestinationArn=queue_arn(f"{name}-work")
    )
    letters = receive(server, source, 5)
    assert sorted(json.loads(m["Body"])["detail"]["object"]["key"] for m in letters) == [
        f"sales/{number}.csv" for number in range(5)
    ]
    server.command("deliveries", "redrive", "--rule", rule)
    runs = platform.wait_for_runs(server, job, 5)
    assert sorted(run["Arguments"]["--object_key"] for run in runs) == [
        f"sales/{number}.csv" for number in range(5)
    ]


def test_schedules_dead_letter_is_sent_with_its_role(server, name):
    url = make_queue(server, f"{name}-dlq", policy=False)
    send = {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": queue_arn(f"{name}-dlq")}
    role = platform.make_role(server, f"{name}-role", "scheduler.amazonaws.com", send)
    server.client("scheduler").create_schedule(
        Name=name,
        ScheduleExpression="rate(1 minutes)",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={
            "Arn": platform.job_arn(f"{name}-none"),
            "RoleArn": role,
            "DeadLetterConfig": {"Arn": queue_arn(f"{name}-dlq")},
        },
    )
    (letter,) = receive(server, url)
    attributes = attributes_of(letter)
    assert attributes["SCHEDULE_ARN"].endswith(f":schedule/default/{name}")
    assert attributes["ERROR_CODE"] == "NO_PERMISSIONS"
    server.client("scheduler").delete_schedule(Name=name)


def test_schedule_sends_to_a_queue_by_its_universal_target(server, name):
    url = make_queue(server, name, policy=False)
    send = {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": queue_arn(name)}
    role = platform.make_role(server, f"{name}-role", "scheduler.amazonaws.com", send)
    server.client("scheduler").create_schedule(
        Name=name,
        ScheduleExpression="rate(1 minutes)",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={
            "Arn": "arn:aws:scheduler:::aws-sdk:sqs:sendMessage",
            "RoleArn": role,
            "Input": json.dumps(
                {"QueueUrl": url, "MessageBody": "at <aws.scheduler.scheduled-time>"}
            ),
        },
    )
    (message,) = receive(server, url)
    assert message["Body"].startswith("at 20") and message["Body"].endswith("Z")
    server.client("scheduler").delete_schedule(Name=name)
