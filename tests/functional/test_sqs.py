"""SQS with boto3: queues, messages, visibility, batches, FIFO, dead letters."""

import hashlib
import json
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import pytest
from support.errors import refused
from support.platform import ACCOUNT
from support.raw import Signer, sha256
from support.waiting import wait_until

NO_QUEUE = "AWS.SimpleQueueService.NonExistentQueue"


@pytest.fixture
def sqs(server):
    return server.client("sqs")


@pytest.fixture
def queue(sqs, name):
    return sqs.create_queue(QueueName=name)["QueueUrl"]


@pytest.fixture
def fifo(sqs, name):
    attributes = {"FifoQueue": "true", "ContentBasedDeduplication": "true"}
    return sqs.create_queue(QueueName=f"{name}.fifo", Attributes=attributes)["QueueUrl"]


def arn_of(sqs, url):
    asked = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    return asked["Attributes"]["QueueArn"]


def receive(sqs, url, **more):
    return sqs.receive_message(QueueUrl=url, **({"MaxNumberOfMessages": 10} | more)).get(
        "Messages", []
    )


def bodies(messages):
    return [message["Body"] for message in messages]


def count(sqs, url, kind=""):
    name = f"ApproximateNumberOfMessages{kind}"
    asked = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=[name])
    return int(asked["Attributes"][name])


def test_life_of_a_queue(server, sqs, name):
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    assert url == f"{server.endpoint}/{ACCOUNT}/{name}"
    assert sqs.get_queue_url(QueueName=name)["QueueUrl"] == url
    assert sqs.list_queues(QueueNamePrefix=name)["QueueUrls"] == [url]
    assert arn_of(sqs, url) == f"arn:aws:sqs:us-east-1:{ACCOUNT}:{name}"
    sqs.delete_queue(QueueUrl=url)
    with refused(NO_QUEUE, 400, "The specified queue does not exist.") as seen:
        sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])
    assert seen.error["QueryErrorCode"] == "QueueDoesNotExist"
    assert "QueueUrls" not in sqs.list_queues(QueueNamePrefix=name)
    with refused(NO_QUEUE):
        sqs.get_queue_url(QueueName=name)


def test_attributes_have_aws_defaults(sqs, queue, fifo):
    shown = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["All"])["Attributes"]
    created, changed = shown.pop("CreatedTimestamp"), shown.pop("LastModifiedTimestamp")
    assert abs(int(created) - time.time()) < 60 and changed == created
    assert shown == {
        "QueueArn": shown["QueueArn"],
        "ApproximateNumberOfMessages": "0",
        "ApproximateNumberOfMessagesNotVisible": "0",
        "ApproximateNumberOfMessagesDelayed": "0",
        "DelaySeconds": "0",
        "MaximumMessageSize": "1048576",
        "MessageRetentionPeriod": "345600",
        "ReceiveMessageWaitTimeSeconds": "0",
        "VisibilityTimeout": "30",
        "SqsManagedSseEnabled": "true",
    }
    shown = sqs.get_queue_attributes(QueueUrl=fifo, AttributeNames=["All"])["Attributes"]
    assert (shown["FifoQueue"], shown["DeduplicationScope"]) == ("true", "queue")
    assert shown["FifoThroughputLimit"] == "perQueue"
    assert "Attributes" not in sqs.get_queue_attributes(QueueUrl=queue)
    with refused("InvalidAttributeName", 400, "Unknown Attribute Nonsense."):
        sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["Nonsense"])


def test_attributes_come_back_byte_for_byte(sqs, queue, fifo, name):
    dead = sqs.create_queue(QueueName=f"{name}-dead")["QueueUrl"]
    redrive = f'{{ "maxReceiveCount" : "4",\n "deadLetterTargetArn":"{arn_of(sqs, dead)}" }}'
    policy = f"""{{
  "Version": "2012-10-17",
  "Statement": [{{"Effect": "Allow", "Principal": {{"AWS": "*"}}, "Action": "sqs:SendMessage",
                 "Resource": "{arn_of(sqs, queue)}"}}]
}}"""
    sqs.set_queue_attributes(
        QueueUrl=queue, Attributes={"RedrivePolicy": redrive, "Policy": policy, "DelaySeconds": "7"}
    )
    shown = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["All"])["Attributes"]
    assert shown["RedrivePolicy"] == redrive and shown["Policy"] == policy
    assert shown["DelaySeconds"] == "7"
    sources = sqs.list_dead_letter_source_queues(QueueUrl=dead)
    assert sources["queueUrls"] == [queue]
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"RedrivePolicy": "", "Policy": ""})
    shown = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["All"])["Attributes"]
    assert "RedrivePolicy" not in shown and "Policy" not in shown
    assert sqs.list_dead_letter_source_queues(QueueUrl=dead)["queueUrls"] == []


def test_a_key_turns_managed_encryption_off(sqs, queue):
    def shown():
        return sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["All"])["Attributes"]

    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"KmsMasterKeyId": "alias/mine"})
    assert (shown()["KmsMasterKeyId"], shown()["SqsManagedSseEnabled"]) == ("alias/mine", "false")
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"KmsMasterKeyId": ""})
    assert "KmsMasterKeyId" not in shown() and shown()["SqsManagedSseEnabled"] == "false"


def test_creating_again(sqs, name):
    first = sqs.create_queue(QueueName=name, Attributes={"DelaySeconds": "5"})["QueueUrl"]
    assert sqs.create_queue(QueueName=name)["QueueUrl"] == first
    again = sqs.create_queue(QueueName=name, Attributes={"DelaySeconds": "5"})
    assert again["QueueUrl"] == first
    text = (
        "A queue already exists with the same name and a different value for attribute "
        "VisibilityTimeout"
    )
    with refused("QueueAlreadyExists", 400, text):
        sqs.create_queue(QueueName=name, Attributes={"VisibilityTimeout": "31"})


BAD_ATTRIBUTES = [
    ({"FifoQueue": "false"}, "InvalidAttributeName", "Unknown Attribute FifoQueue."),
    (
        {"ContentBasedDeduplication": "true"},
        "InvalidAttributeName",
        "Unknown Attribute ContentBasedDeduplication.",
    ),
    (
        {"DeduplicationScope": "queue"},
        "InvalidAttributeName",
        "You can specify the DeduplicationScope only when FifoQueue is set to true.",
    ),
    ({"QueueArn": "x"}, "InvalidAttributeName", "Unknown Attribute QueueArn."),
    (
        {"VisibilityTimeout": "43201"},
        "InvalidAttributeValue",
        "Invalid value for the parameter VisibilityTimeout.",
    ),
    ({"DelaySeconds": "soon"}, "InvalidAttributeValue", "Invalid value for the parameter DelayS"),
    ({"Policy": "{"}, "InvalidAttributeValue", "Invalid value for the parameter Policy."),
    (
        {"KmsMasterKeyId": "k", "SqsManagedSseEnabled": "true"},
        "InvalidAttributeName",
        "You can use one type of server-side encryption (SSE) at one time. You can either enable "
        "KMS SSE or SQS SSE.",
    ),
    (
        {"RedrivePolicy": '{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:0:no","maxReceiveCount":1}'},
        "InvalidParameterValue",
        "Reason: Dead letter target does not exist.",
    ),
    (
        {"RedrivePolicy": '{"maxReceiveCount":1}'},
        "InvalidParameterValue",
        "Redrive policy does not contain mandatory attribute: deadLetterTargetArn.",
    ),
]


@pytest.mark.parametrize("attributes, code, text", BAD_ATTRIBUTES)
def test_bad_attributes(sqs, name, attributes, code, text):
    with refused(code, 400, text):
        sqs.create_queue(QueueName=name, Attributes=attributes)


def test_names_are_checked(sqs, queue):
    text = "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length"
    for bad in ("has blank", "x" * 81, "a.fifo"):
        with refused("InvalidParameterValue", 400, text):
            sqs.create_queue(QueueName=bad)
    with refused("InvalidParameterValue", 400, "must end with .fifo suffix"):
        sqs.create_queue(QueueName="plain", Attributes={"FifoQueue": "true"})
    text = (
        "Invalid value for the parameter FifoQueue. Reason: Modifying queue type is not supported."
    )
    with refused("InvalidAttributeValue", 400, text):
        sqs.set_queue_attributes(QueueUrl=queue, Attributes={"FifoQueue": "true"})


def test_a_message_with_all_that_it_carries(sqs, queue):
    attributes = {
        "color": {"DataType": "String", "StringValue": "blåu"},
        "weight": {"DataType": "Number.int", "StringValue": "42"},
        "blob": {"DataType": "Binary", "BinaryValue": b"\x00\xff\x10"},
    }
    body = 'a "body" with <tags> & ünicode'
    # boto3 itself compares the MD5s of the answers with what it sent and got.
    sent = sqs.send_message(QueueUrl=queue, MessageBody=body, MessageAttributes=attributes)
    assert sent["MD5OfMessageBody"] == hashlib.md5(body.encode()).hexdigest()
    (got,) = receive(
        sqs, queue, MessageAttributeNames=["All"], MessageSystemAttributeNames=["All"]
    )
    assert (got["MessageId"], got["Body"]) == (sent["MessageId"], body)
    assert got["MessageAttributes"] == attributes
    assert got["MD5OfMessageAttributes"] == sent["MD5OfMessageAttributes"]
    system = got["Attributes"]
    assert set(system) == {
        "SenderId", "SentTimestamp", "ApproximateReceiveCount", "ApproximateFirstReceiveTimestamp",
    }
    assert system["ApproximateReceiveCount"] == "1"
    assert abs(int(system["SentTimestamp"]) - time.time() * 1000) < 60_000
    assert (count(sqs, queue), count(sqs, queue, "NotVisible")) == (0, 1)
    sqs.delete_message(QueueUrl=queue, ReceiptHandle=got["ReceiptHandle"])
    assert count(sqs, queue, "NotVisible") == 0


def test_only_the_attributes_asked_for(sqs, queue):
    attributes = {
        name: {"DataType": "String", "StringValue": name} for name in ("a.one", "a.two", "b")
    }
    sqs.send_message(QueueUrl=queue, MessageBody="x", MessageAttributes=attributes)

    def shown(*names):
        (got,) = receive(sqs, queue, MessageAttributeNames=list(names), VisibilityTimeout=0)
        assert "Attributes" not in got
        return set(got.get("MessageAttributes", {}))

    assert shown() == set()
    assert shown("a.*") == {"a.one", "a.two"}
    assert shown("b", "nonsense") == {"b"}
    assert shown(".*") == {"a.one", "a.two", "b"}


def test_a_message_comes_back_unless_it_is_deleted(sqs, queue):
    sqs.send_message(QueueUrl=queue, MessageBody="x")
    (first,) = receive(sqs, queue, VisibilityTimeout=30)
    assert receive(sqs, queue) == []
    sqs.change_message_visibility(
        QueueUrl=queue, ReceiptHandle=first["ReceiptHandle"], VisibilityTimeout=0
    )
    (second,) = receive(sqs, queue, AttributeNames=["ApproximateReceiveCount"])
    assert second["MessageId"] == first["MessageId"]
    assert second["ReceiptHandle"] != first["ReceiptHandle"]
    assert second["Attributes"] == {"ApproximateReceiveCount": "2"}
    # The handle of an earlier receive deletes nothing: another one has the message now.
    sqs.delete_message(QueueUrl=queue, ReceiptHandle=first["ReceiptHandle"])
    assert count(sqs, queue, "NotVisible") == 1
    sqs.delete_message(QueueUrl=queue, ReceiptHandle=second["ReceiptHandle"])
    sqs.delete_message(QueueUrl=queue, ReceiptHandle=second["ReceiptHandle"])
    with refused("InvalidParameterValue", 400, "Message does not exist or is not available"):
        sqs.change_message_visibility(
            QueueUrl=queue, ReceiptHandle=second["ReceiptHandle"], VisibilityTimeout=1
        )


def test_a_delayed_message_is_not_there_yet(sqs, queue):
    sqs.send_message(QueueUrl=queue, MessageBody="later", DelaySeconds=900)
    sqs.send_message(QueueUrl=queue, MessageBody="now")
    assert bodies(receive(sqs, queue)) == ["now"]
    assert count(sqs, queue, "Delayed") == 1


LIMITS = [
    ({"WaitTimeSeconds": 21}, "Value 21 for parameter WaitTimeSeconds is invalid. Reason: "
     "Must be >= 0 and <= 20, if provided."),
    ({"MaxNumberOfMessages": 11}, "Value 11 for parameter MaxNumberOfMessages is invalid. Reason: "
     "Must be between 1 and 10, if provided."),
    ({"VisibilityTimeout": 43201}, "Value 43201 for parameter VisibilityTimeout is invalid."),
]


@pytest.mark.parametrize("given, text", LIMITS)
def test_limits_of_receive(sqs, queue, given, text):
    with refused("InvalidParameterValue", 400, text):
        sqs.receive_message(QueueUrl=queue, **given)


def test_what_cannot_be_sent(sqs, queue):
    with refused("MissingParameter", 400, "The request must contain the parameter MessageBody."):
        sqs.send_message(QueueUrl=queue, MessageBody="")
    with refused("InvalidMessageContents", 400, "Invalid binary character '#x0'"):
        sqs.send_message(QueueUrl=queue, MessageBody="a\x00b")
    text = (
        "Message (user) attribute 'a' must contain a non-empty value of type 'String'."
    )
    with refused("InvalidParameterValue", 400, text):
        empty = {"a": {"DataType": "String", "StringValue": ""}}
        sqs.send_message(QueueUrl=queue, MessageBody="x", MessageAttributes=empty)
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"MaximumMessageSize": "1024"})
    text = (
        "One or more parameters are invalid. Reason: Message must be shorter than 1024 bytes."
    )
    with refused("InvalidParameterValue", 400, text):
        sqs.send_message(QueueUrl=queue, MessageBody="x" * 1025)
    with refused("ReceiptHandleIsInvalid", 404, 'The input receipt handle "junk" is not a valid'):
        sqs.delete_message(QueueUrl=queue, ReceiptHandle="junk")


def test_a_mebibyte_goes_through(sqs, queue):
    body = "x" * 1_048_576
    sqs.send_message(QueueUrl=queue, MessageBody=body)
    (got,) = receive(sqs, queue)
    assert got["Body"] == body


def test_batches(sqs, queue):
    entries = [{"Id": f"m{n}", "MessageBody": str(n)} for n in range(10)]
    sent = sqs.send_message_batch(QueueUrl=queue, Entries=entries)
    assert len(sent["Successful"]) == 10 and "Failed" not in sent
    got = receive(sqs, queue)
    assert sorted(bodies(got), key=int) == [str(n) for n in range(10)]
    changes = [
        {"Id": f"c{n}", "ReceiptHandle": m["ReceiptHandle"], "VisibilityTimeout": 60}
        for n, m in enumerate(got)
    ]
    assert len(sqs.change_message_visibility_batch(QueueUrl=queue, Entries=changes)["Successful"]) == 10
    deletes = [{"Id": f"d{n}", "ReceiptHandle": m["ReceiptHandle"]} for n, m in enumerate(got[:9])]
    answer = sqs.delete_message_batch(
        QueueUrl=queue, Entries=[*deletes, {"Id": "bad", "ReceiptHandle": "junk"}]
    )
    assert len(answer["Successful"]) == 9
    assert answer["Failed"] == [{
        "Id": "bad", "SenderFault": True, "Code": "ReceiptHandleIsInvalid",
        "Message": 'The input receipt handle "junk" is not a valid receipt handle.',
    }]
    assert count(sqs, queue, "NotVisible") == 1


def test_a_batch_fails_entry_by_entry(sqs, queue):
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"MaximumMessageSize": "1024"})
    entries = [{"Id": "good", "MessageBody": "x"}, {"Id": "long", "MessageBody": "x" * 2000}]
    answer = sqs.send_message_batch(QueueUrl=queue, Entries=entries)
    assert [one["Id"] for one in answer["Successful"]] == ["good"]
    assert answer["Failed"] == [{
        "Id": "long", "SenderFault": True, "Code": "InvalidParameterValue",
        "Message": "One or more parameters cannot be validated. Reason: Message must be shorter "
        "than 1024 bytes.",
    }]


BAD_BATCHES = [
    ([], "EmptyBatchRequest", "There should be at least one SendMessageBatchRequestEntry"),
    (
        [{"Id": str(n), "MessageBody": "x"} for n in range(20)],
        "TooManyEntriesInBatchRequest",
        "Maximum number of entries per request are 10. You have sent 20.",
    ),
    (
        [{"Id": "a b", "MessageBody": "x"}],
        "InvalidBatchEntryId",
        "A batch entry id can only contain alphanumeric characters, hyphens and underscores. It "
        "can be at most 80 letters long.",
    ),
    ([{"Id": "a", "MessageBody": "x"}] * 2, "BatchEntryIdsNotDistinct", "Id a repeated."),
    (
        [{"Id": str(n), "MessageBody": "x" * 600_000} for n in range(2)],
        "BatchRequestTooLong",
        "Batch requests cannot be longer than 1048576 bytes. You have sent 1200000 bytes.",
    ),
]


@pytest.mark.parametrize("entries, code, text", BAD_BATCHES)
def test_bad_batches(sqs, queue, entries, code, text):
    with refused(f"AWS.SimpleQueueService.{code}", 400, text):
        sqs.send_message_batch(QueueUrl=queue, Entries=entries)


def test_purge(sqs, queue, name):
    for n in range(3):
        sqs.send_message(QueueUrl=queue, MessageBody=str(n))
    sqs.purge_queue(QueueUrl=queue)
    assert (count(sqs, queue), receive(sqs, queue)) == (0, [])
    text = f"Only one PurgeQueue operation on {name} is allowed every 60 seconds."
    with refused("AWS.SimpleQueueService.PurgeQueueInProgress", 403, text):
        sqs.purge_queue(QueueUrl=queue)


def test_tags(sqs, name):
    url = sqs.create_queue(QueueName=name, tags={"env": "dev", "team": "data"})["QueueUrl"]
    sqs.tag_queue(QueueUrl=url, Tags={"env": "prod", "x": ""})
    assert sqs.list_queue_tags(QueueUrl=url)["Tags"] == {"env": "prod", "team": "data", "x": ""}
    sqs.untag_queue(QueueUrl=url, TagKeys=["env", "team", "x", "absent"])
    assert "Tags" not in sqs.list_queue_tags(QueueUrl=url)


def test_pages_of_queues(sqs, name):
    made = [sqs.create_queue(QueueName=f"{name}-{n}")["QueueUrl"] for n in range(5)]
    pages = sqs.get_paginator("list_queues").paginate(
        QueueNamePrefix=name, PaginationConfig={"PageSize": 2}
    )
    pages = [page["QueueUrls"] for page in pages]
    assert [len(page) for page in pages] == [2, 2, 1]
    assert sum(pages, []) == made


def test_a_waiting_receive_is_answered_when_a_message_comes(sqs, queue):
    with ThreadPoolExecutor(1) as pool:
        began = time.monotonic()
        waiting = pool.submit(receive, sqs, queue, WaitTimeSeconds=20)
        # It waits, or will: a message that comes first is there for it either way.
        sqs.send_message(QueueUrl=queue, MessageBody="hello")
        assert bodies(waiting.result(timeout=10)) == ["hello"]
        assert time.monotonic() - began < 5


def test_each_of_many_waiting_receives_gets_one(sqs, queue):
    with ThreadPoolExecutor(8) as pool:
        began = time.monotonic()
        waiting = [
            pool.submit(receive, sqs, queue, WaitTimeSeconds=20, MaxNumberOfMessages=1)
            for _ in range(8)
        ]
        entries = [{"Id": str(n), "MessageBody": str(n)} for n in range(8)]
        sqs.send_message_batch(QueueUrl=queue, Entries=entries)
        got = [bodies(one.result(timeout=15))[0] for one in waiting]
    assert sorted(got) == [str(n) for n in range(8)]
    assert time.monotonic() - began < 10


def test_who_hung_up_takes_no_message(server, sqs, queue):
    """A worker that was stopped while it waited doesn't hide the next message for a while."""
    signer = Signer(server.endpoint, *server.credentials(), service="sqs")
    body = json.dumps({"QueueUrl": queue, "WaitTimeSeconds": 20}).encode()
    extra = {
        "content-type": "application/x-amz-json-1.0", "x-amz-target": "AmazonSQS.ReceiveMessage",
        "content-length": str(len(body)),
    }
    headers = signer.headers("POST", "/", sha256(body), extra)
    lines = [f"{name}: {value}" for name, value in headers.items()]
    request = "\r\n".join(["POST / HTTP/1.1", *lines, "", ""]).encode() + body
    place = urlsplit(server.endpoint)
    gone = [socket.create_connection((place.hostname, place.port)) for _ in range(3)]
    for one in gone:
        one.sendall(request)
    assert receive(sqs, queue, WaitTimeSeconds=1) == [], "they wait, as this one did"
    for one in gone:
        one.close()
    with ThreadPoolExecutor(1) as pool:
        began = time.monotonic()
        waiting = pool.submit(receive, sqs, queue, WaitTimeSeconds=20)
        sqs.send_message(QueueUrl=queue, MessageBody="x")
        assert bodies(waiting.result(timeout=25)) == ["x"]
        assert time.monotonic() - began < 10


def test_deleting_a_queue_ends_the_waiting(sqs, queue):
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(receive, sqs, queue, WaitTimeSeconds=20)
        began = time.monotonic()
        sqs.delete_queue(QueueUrl=queue)
        with refused(NO_QUEUE):
            waiting.result(timeout=15)
        assert time.monotonic() - began < 10


def test_a_waiting_receive_gets_what_comes_due(sqs, queue):
    sqs.send_message(QueueUrl=queue, MessageBody="delayed", DelaySeconds=1)
    began = time.monotonic()
    (got,) = receive(sqs, queue, WaitTimeSeconds=20, VisibilityTimeout=1)
    assert 0.5 < time.monotonic() - began < 5
    (again,) = receive(sqs, queue, WaitTimeSeconds=20)
    assert again["MessageId"] == got["MessageId"]
    assert time.monotonic() - began < 10


def test_a_waiting_receive_ends_without_messages(sqs, queue):
    began = time.monotonic()
    assert receive(sqs, queue, WaitTimeSeconds=1) == []
    assert 0.9 < time.monotonic() - began < 5
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"ReceiveMessageWaitTimeSeconds": "1"})
    began = time.monotonic()
    assert receive(sqs, queue) == []
    assert time.monotonic() - began > 0.9, "the queue's own waiting time"


def test_a_stop_does_not_wait_for_those_who_wait(fresh_server):
    sqs = fresh_server.client("sqs")
    url = sqs.create_queue(QueueName="q")["QueueUrl"]
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(receive, sqs, url, WaitTimeSeconds=20)
        assert receive(sqs, url, WaitTimeSeconds=1) == [], "the other waits by now, as this one did"
        began = time.monotonic()
        fresh_server.stop()
        assert time.monotonic() - began < 5
        assert waiting.result(timeout=5) == []


def test_messages_outlive_a_restart(fresh_server):
    sqs = fresh_server.client("sqs")
    url = sqs.create_queue(QueueName="q", Attributes={"VisibilityTimeout": "1"})["QueueUrl"]
    for n in range(3):
        sqs.send_message(QueueUrl=url, MessageBody=str(n))
    (taken,) = receive(sqs, url, MaxNumberOfMessages=1)
    fresh_server.restart()
    sqs = fresh_server.client("sqs")
    seen = set()
    wait_until(
        lambda: seen.update(bodies(receive(sqs, url, WaitTimeSeconds=2))) or len(seen) == 3, 20
    )
    assert taken["Body"] in seen
    fresh_server.command("check")
