"""SQS in company: FIFO queues, dead letters and their return, policies, rules that send to queues."""

import json
from datetime import datetime, timedelta, timezone

import pytest
from support import platform
from support.awscli import AwsCli, available
from support.errors import refused
from support.platform import ACCOUNT
from support.raw import exchange
from support.waiting import wait_until

NO_QUEUE = "AWS.SimpleQueueService.NonExistentQueue"
FIFO = {"FifoQueue": "true"}


@pytest.fixture
def sqs(server):
    return server.client("sqs")


def make(sqs, name, **attributes):
    """A queue: its URL and its ARN."""
    url = sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
    asked = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    return url, asked["Attributes"]["QueueArn"]


def receive(sqs, url, **more):
    asked = {"MaxNumberOfMessages": 10, "MessageSystemAttributeNames": ["All"]} | more
    return sqs.receive_message(QueueUrl=url, **asked).get("Messages", [])


def bodies(messages):
    return [message["Body"] for message in messages]


def test_fifo(sqs, name):
    url, _ = make(sqs, f"{name}.fifo", **FIFO)
    sent = [
        sqs.send_message(
            QueueUrl=url, MessageBody=str(n), MessageGroupId="g", MessageDeduplicationId=str(n)
        )
        for n in range(4)
    ]
    numbers = [one["SequenceNumber"] for one in sent]
    assert numbers == sorted(numbers) and len(set(numbers)) == 4
    again = sqs.send_message(
        QueueUrl=url, MessageBody="0", MessageGroupId="g", MessageDeduplicationId="0"
    )
    assert (again["MessageId"], again["SequenceNumber"]) == (sent[0]["MessageId"], numbers[0])
    got = receive(sqs, url, MaxNumberOfMessages=2)
    assert bodies(got) == ["0", "1"]
    assert got[0]["Attributes"]["MessageGroupId"] == "g"
    assert got[0]["Attributes"]["MessageDeduplicationId"] == "0"
    assert got[0]["Attributes"]["SequenceNumber"] == numbers[0]
    assert receive(sqs, url) == [], "the group is locked"
    for message in got:
        sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    assert bodies(receive(sqs, url)) == ["2", "3"]
    with refused("MissingParameter", 400, "The request must contain the parameter MessageGroupId."):
        sqs.send_message(QueueUrl=url, MessageBody="x")


def test_a_waiting_receive_hears_that_its_group_is_free(sqs, name):
    url, _ = make(sqs, f"{name}.fifo", **FIFO, VisibilityTimeout="1")
    for n in range(2):
        sqs.send_message(
            QueueUrl=url, MessageBody=str(n), MessageGroupId="g", MessageDeduplicationId=str(n)
        )
    assert bodies(receive(sqs, url, MaxNumberOfMessages=1)) == ["0"]
    assert bodies(receive(sqs, url, WaitTimeSeconds=20)) == ["0", "1"]


def test_dead_letters_and_their_return(sqs, name):
    dead, dead_arn = make(sqs, f"{name}-dead")
    policy = json.dumps({"deadLetterTargetArn": dead_arn, "maxReceiveCount": "2"})
    url, arn = make(sqs, name, RedrivePolicy=policy)
    sent = sqs.send_message(QueueUrl=url, MessageBody="bad")
    for _ in range(2):
        assert bodies(receive(sqs, url, VisibilityTimeout=0)) == ["bad"]
    assert receive(sqs, url) == []
    (letter,) = receive(sqs, dead, WaitTimeSeconds=5, VisibilityTimeout=0)
    assert letter["MessageId"] == sent["MessageId"]
    assert letter["Attributes"]["DeadLetterQueueSourceArn"] == arn
    with refused("InvalidParameterValue", 400, "Source queue must be configured as a Dead Letter"):
        sqs.start_message_move_task(SourceArn=arn)
    with refused("ResourceNotFoundException", 404, "specified for the SourceArn parameter doesn't"):
        sqs.start_message_move_task(SourceArn=f"{arn}-no")
    assert sqs.start_message_move_task(SourceArn=dead_arn)["TaskHandle"]
    (back,) = receive(sqs, url, WaitTimeSeconds=10)
    assert back["Body"] == "bad" and back["MessageId"] != sent["MessageId"]

    def task():
        (shown,) = sqs.list_message_move_tasks(SourceArn=dead_arn)["Results"]
        return shown if shown["Status"] != "RUNNING" else None

    shown = wait_until(task, 10)
    assert (shown["Status"], shown["ApproximateNumberOfMessagesMoved"]) == ("COMPLETED", 1)
    assert "TaskHandle" not in shown and "MaxNumberOfMessagesPerSecond" not in shown
    with refused("ResourceNotFoundException", 404, "Task does not exist."):
        sqs.cancel_message_move_task(TaskHandle="eyJ0YXNrSWQiOiJ4In0=")


def test_a_slow_move_can_be_cancelled_and_outlives_a_restart(fresh_server):
    sqs = fresh_server.client("sqs")
    dead, dead_arn = make(sqs, "dead")
    _, other_arn = make(sqs, "other")
    make(sqs, "q", RedrivePolicy=json.dumps({"deadLetterTargetArn": dead_arn, "maxReceiveCount": 1}))
    entries = [{"Id": str(n), "MessageBody": str(n)} for n in range(10)]
    sqs.send_message_batch(QueueUrl=dead, Entries=entries)
    handle = sqs.start_message_move_task(
        SourceArn=dead_arn, DestinationArn=other_arn, MaxNumberOfMessagesPerSecond=1
    )["TaskHandle"]
    fresh_server.restart()
    sqs = fresh_server.client("sqs")

    def shown():
        (task,) = sqs.list_message_move_tasks(SourceArn=dead_arn)["Results"]
        return task

    assert shown()["Status"] == "RUNNING" and shown()["TaskHandle"] == handle
    wait_until(lambda: shown()["ApproximateNumberOfMessagesMoved"] >= 2, 15)
    moved = sqs.cancel_message_move_task(TaskHandle=handle)["ApproximateNumberOfMessagesMoved"]
    assert 2 <= moved < 10
    assert shown()["Status"] == "CANCELLED"


@pytest.fixture
def user(server, name):
    """A user without any policy: (ARN, SQS client)."""
    arn, key = platform.make_user(server, name)
    return arn, server.client("sqs", key)


def test_the_queues_policy_counts_beside_the_callers(server, sqs, user, name):
    url, arn = make(sqs, name)
    user_arn, mine = user
    with refused("AccessDenied", None, "sqs:SendMessage on resource: " + arn):
        mine.send_message(QueueUrl=url, MessageBody="x")
    with refused("AccessDenied"):
        mine.create_queue(QueueName=f"{name}-mine")
    allow = {"Effect": "Allow", "Principal": {"AWS": user_arn}, "Resource": arn}
    allow["Action"] = ["sqs:SendMessage", "SQS:ReceiveMessage"]
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": platform.policy(allow)})
    mine.send_message(QueueUrl=url, MessageBody="x")
    entries = [{"Id": "a", "MessageBody": "y"}]
    assert len(mine.send_message_batch(QueueUrl=url, Entries=entries)["Successful"]) == 1
    assert sorted(bodies(receive(mine, url))) == ["x", "y"]
    with refused("AccessDenied"):
        mine.purge_queue(QueueUrl=url)
    # A denial wins, whatever the user's own policies say.
    server.client("iam").put_user_policy(
        UserName=name, PolicyName="all", PolicyDocument=platform.policy(platform.ALLOW_ALL)
    )
    deny = allow | {"Effect": "Deny", "Action": "sqs:PurgeQueue"}
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": platform.policy(allow, deny)})
    with refused("AccessDenied", None, "explicit deny in a resource-based policy"):
        mine.purge_queue(QueueUrl=url)


def test_permissions_are_statements_of_the_policy(sqs, user, name):
    url, arn = make(sqs, name)
    sqs.add_permission(
        QueueUrl=url, Label="ours", AWSAccountIds=[ACCOUNT], Actions=["ReceiveMessage"]
    )
    shown = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["Policy"])["Attributes"]
    assert json.loads(shown["Policy"]) == {
        "Version": "2008-10-17",
        "Id": f"{arn}/SQSDefaultPolicy",
        "Statement": [{
            "Sid": "ours", "Effect": "Allow", "Resource": arn, "Action": "SQS:ReceiveMessage",
            "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
        }],
    }
    assert receive(user[1], url) == []
    with refused("InvalidParameterValue", 400, "Reason: Already exists."):
        sqs.add_permission(QueueUrl=url, Label="ours", AWSAccountIds=["1"], Actions=["*"])
    sqs.remove_permission(QueueUrl=url, Label="ours")
    assert "Attributes" not in sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["Policy"])
    with refused("InvalidParameterValue", 400, "Reason: can't find label."):
        sqs.remove_permission(QueueUrl=url, Label="ours")


def rule_to(server, name, target_arn, **target):
    """A rule by which every event of source `name` goes to a queue; its ARN."""
    entry = {"Id": "queue", "Arn": target_arn} | target
    return platform.put_rule(server, name, entry, pattern={"source": [name]})


def let_in(sqs, url, queue_arn, rule_arn):
    allow = {
        "Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sqs:SendMessage", "Resource": queue_arn,
        "Condition": {"ArnEquals": {"aws:SourceArn": rule_arn}},
    }
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": platform.policy(allow)})


def publish(server, source, **detail):
    entry = {"Source": source, "DetailType": "Tested", "Detail": json.dumps(detail)}
    answer = server.client("events").put_events(Entries=[entry])
    assert answer["FailedEntryCount"] == 0, answer
    return answer["Entries"][0]["EventId"]


def decisions(server, rule):
    lines = platform.messages_of(server, f"/aws/events/rule/{rule}")
    return [json.loads(line) for line in lines]


def test_an_event_becomes_a_message(server, sqs, name):
    url, arn = make(sqs, name)
    let_in(sqs, url, arn, rule_to(server, name, arn))
    event_id = publish(server, name, n=1)
    (message,) = receive(sqs, url)
    event = json.loads(message["Body"])
    assert (event["id"], event["detail"], event["source"]) == (event_id, {"n": 1}, name)
    assert message["Attributes"]["SenderId"] == "events.amazonaws.com"


def test_a_waiting_receive_gets_the_event(server, sqs, name):
    url, arn = make(sqs, name, ReceiveMessageWaitTimeSeconds="20")
    rule = rule_to(server, name, arn, Input='{"just": "this"}')
    let_in(sqs, url, arn, rule)
    publish(server, name)
    assert bodies(receive(sqs, url)) == ['{"just": "this"}']


def test_without_the_policy_it_is_refused_by_name(server, sqs, name):
    url, arn = make(sqs, name)
    rule = rule_to(server, name, arn)
    publish(server, name)
    (line,) = wait_until(lambda: decisions(server, name), 20)
    assert (line["decision"], line["error-code"]) == ("FAILED", "NO_PERMISSIONS")
    for part in (arn, rule, "sqs:SendMessage"):
        assert part in line["error-message"]
    let_in(sqs, url, arn, f"{rule}-other")
    publish(server, name)
    wait_until(lambda: len(decisions(server, name)) == 2, 20)
    assert receive(sqs, url) == []


def test_the_targets_role_may_let_it_in_too(server, sqs, name):
    url, arn = make(sqs, name)
    send = {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": arn}
    role = platform.make_role(server, name, "events.amazonaws.com", send)
    rule_to(server, name, arn, RoleArn=role)
    publish(server, name, by="role")
    assert len(receive(sqs, url)) == 1


def test_a_queue_that_is_not_there(server, name):
    rule_to(server, name, platform.queue_arn(name))
    publish(server, name)
    (line,) = wait_until(lambda: decisions(server, name), 20)
    assert line["error-code"] == "NO_RESOURCE" and NO_QUEUE in line["error-message"]


def test_a_fifo_queue_as_a_target_needs_a_group(server, sqs, name):
    url, arn = make(sqs, f"{name}.fifo", **FIFO)
    rule = rule_to(server, name, arn)
    let_in(sqs, url, arn, rule)
    publish(server, name)
    (line,) = wait_until(lambda: decisions(server, name), 20)
    assert "SqsParameters.MessageGroupId" in line["error-message"]
    rule_to(server, name, arn, SqsParameters={"MessageGroupId": "g"})
    for n in range(3):
        publish(server, name, n=n)
    got = receive(sqs, url)
    assert [json.loads(body)["detail"]["n"] for body in bodies(got)] == [0, 1, 2]
    assert got[0]["Attributes"]["MessageGroupId"] == "g"


def test_a_schedule_sends_as_its_role(server, sqs, name):
    url, arn = make(sqs, f"{name}.fifo", **FIFO, ReceiveMessageWaitTimeSeconds="20")
    send = {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": arn}
    role = platform.make_role(server, name, "scheduler.amazonaws.com", send)
    when = datetime.now(timezone.utc) + timedelta(seconds=2)
    server.client("scheduler").create_schedule(
        Name=name,
        ScheduleExpression=f"at({when:%Y-%m-%dT%H:%M:%S})",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={
            "Arn": arn, "RoleArn": role, "Input": '{"from": "a schedule"}',
            "SqsParameters": {"MessageGroupId": "g"},
        },
    )
    (message,) = receive(sqs, url)
    assert message["Body"] == '{"from": "a schedule"}'
    assert message["Attributes"]["MessageGroupId"] == "g"


def test_a_mended_policy_lets_a_failed_delivery_through(server, sqs, name):
    url, arn = make(sqs, name)
    rule = rule_to(server, name, arn)
    event_id = publish(server, name)
    let_in(sqs, url, arn, rule)
    assert receive(sqs, url) == []
    server.command("deliveries", "redrive", "--rule", name)
    (message,) = receive(sqs, url, WaitTimeSeconds=10)
    assert json.loads(message["Body"])["id"] == event_id


def test_an_upload_becomes_a_message(server, sqs, name):
    bucket = platform.make_bucket(server, name)
    url, arn = make(sqs, name)
    pattern = {"source": ["aws.s3"], "detail": {"bucket": {"name": [bucket]}}}
    rule = platform.put_rule(server, name, {"Id": "q", "Arn": arn}, pattern=pattern)
    let_in(sqs, url, arn, rule)
    server.client("s3").put_object(Bucket=bucket, Key="day.csv", Body=b"a,b")
    (body,) = bodies(receive(sqs, url))
    assert json.loads(body)["detail"]["object"]["key"] == "day.csv"


@pytest.mark.parametrize("program", available(), ids=lambda path: path.split("/")[1])
def test_with_the_aws_command(server, program, name):
    aws = AwsCli(program, server)
    aws.must_be_told = True  # aws 1 goes to queue.amazonaws.com otherwise, whatever the variable.
    url = aws.json("sqs", "create-queue", "--queue-name", name)["QueueUrl"]
    sent = aws.json("sqs", "send-message", "--queue-url", url, "--message-body", "hello")
    (got,) = aws.json("sqs", "receive-message", "--queue-url", url, "--wait-time-seconds", "2")[
        "Messages"
    ]
    assert (got["Body"], got["MessageId"]) == ("hello", sent["MessageId"])
    aws.run(
        "sqs", "delete-message", "--queue-url", url, "--receipt-handle", got["ReceiptHandle"]
    )
    shown = aws.json(
        "sqs", "get-queue-attributes", "--queue-url", url, "--attribute-names", "All"
    )
    assert shown["Attributes"]["ApproximateNumberOfMessagesNotVisible"] == "0"
    missing = aws.run("sqs", "get-queue-url", "--queue-name", f"{name}-no", check=False)
    assert "NonExistentQueue" in missing.stderr or "QueueDoesNotExist" in missing.stderr


def test_strangers_are_turned_away(server, sqs, name):
    url, _ = make(sqs, name)
    answer = exchange(
        server.endpoint, "POST", "/",
        {"x-amz-target": "AmazonSQS.ReceiveMessage", "content-type": "application/x-amz-json-1.0"},
        json.dumps({"QueueUrl": url}).encode(),
    )
    assert answer.status in (400, 403), answer.text


def test_reset_and_clock_in_test_mode(test_mode_server):
    sqs = test_mode_server.client("sqs")
    url, _ = make(sqs, "q")
    sqs.send_message(QueueUrl=url, MessageBody="x", DelaySeconds=600)
    assert receive(sqs, url) == []
    test_mode_server.set_clock("2099-01-01T00:00:00Z")
    # Delays are over, but so is the retention: only what is sent now is there.
    sqs.send_message(QueueUrl=url, MessageBody="y", DelaySeconds=0)
    assert bodies(receive(sqs, url)) == ["y"]
    test_mode_server.get("/_tidemill/reset", "POST")
    with refused(NO_QUEUE):
        sqs.get_queue_url(QueueName="q")
