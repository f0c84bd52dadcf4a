"""SQS's query protocol, as older SDKs speak it: forms in, XML out, the queue's URL as the path."""

import hashlib
import re
from urllib.parse import urlencode, urlsplit

import pytest
from support.platform import ACCOUNT
from support.raw import Signer

FORM = {"content-type": "application/x-www-form-urlencoded; charset=utf-8"}


class QueryClient:
    def __init__(self, server):
        self.signer = Signer(server.endpoint, *server.credentials(), service="sqs")

    def ask(self, action, path="/", **parameters):
        form = urlencode({"Action": action, "Version": "2012-11-05"} | parameters).encode()
        return self.signer.send("POST", path, form, FORM)

    def do(self, action, path="/", **parameters):
        answer = self.ask(action, path, **parameters)
        assert answer.status == 200, answer.text
        assert answer.headers["content-type"] == "text/xml"
        assert f'<{action}Response xmlns="http://queue.amazonaws.com/doc/2012-11-05/">' in answer.text
        return answer.text


@pytest.fixture
def query(server):
    return QueryClient(server)


def texts(xml, tag):
    return re.findall(f"<{tag}>([^<]*)</{tag}>", xml)


def pairs(xml, tag):
    return dict(re.findall(f"<{tag}><Name>([^<]*)</Name><Value>([^<]*)</Value></{tag}>", xml))


def test_the_life_of_a_message(query, server, name):
    made = query.do(
        "CreateQueue", QueueName=name,
        **{"Attribute.1.Name": "VisibilityTimeout", "Attribute.1.Value": "45",
           "Tag.1.Key": "env", "Tag.1.Value": "dev"},
    )
    (url,) = texts(made, "QueueUrl")
    assert url == f"{server.endpoint}/{ACCOUNT}/{name}"
    path = urlsplit(url).path
    assert texts(query.do("GetQueueUrl", QueueName=name), "QueueUrl") == [url]
    assert texts(query.do("ListQueues", QueueNamePrefix=name), "QueueUrl") == [url]
    sent = query.do(
        "SendMessage", path, MessageBody="a <b> & c",
        **{"MessageAttribute.1.Name": "n", "MessageAttribute.1.Value.DataType": "String",
           "MessageAttribute.1.Value.StringValue": "v"},
    )
    assert texts(sent, "MD5OfMessageBody") == [hashlib.md5(b"a <b> & c").hexdigest()]
    got = query.do(
        "ReceiveMessage", path, MaxNumberOfMessages="10",
        **{"AttributeName.1": "All", "MessageAttributeName.1": "All"},
    )
    assert texts(got, "Body") == ["a &lt;b&gt; &amp; c"]
    assert texts(got, "MessageId") == texts(sent, "MessageId")
    assert pairs(got, "Attribute")["ApproximateReceiveCount"] == "1"
    assert "<MessageAttribute><Name>n</Name><Value><StringValue>v</StringValue>" in got
    assert texts(got, "MD5OfMessageAttributes") == texts(sent, "MD5OfMessageAttributes")
    (handle,) = texts(got, "ReceiptHandle")
    query.do("ChangeMessageVisibility", path, ReceiptHandle=handle, VisibilityTimeout="60")
    query.do("DeleteMessage", path, ReceiptHandle=handle)
    shown = pairs(query.do("GetQueueAttributes", path, **{"AttributeName.1": "All"}), "Attribute")
    assert shown["VisibilityTimeout"] == "45"
    assert shown["ApproximateNumberOfMessagesNotVisible"] == "0"
    tags = query.do("ListQueueTags", path)
    assert "<Tag><Key>env</Key><Value>dev</Value></Tag>" in tags
    query.do("UntagQueue", path, **{"TagKey.1": "env"})
    assert "<Tag>" not in query.do("ListQueueTags", QueueUrl=url)
    query.do("DeleteQueue", path)


def test_everything_in_the_url(query, name):
    (url,) = texts(query.do("CreateQueue", QueueName=name), "QueueUrl")
    asked = urlencode(sorted({"Action": "SendMessage", "MessageBody": "x", "Version": "1"}.items()))
    answer = query.signer.send("GET", urlsplit(url).path, query=asked)
    assert answer.status == 200 and "<MessageId>" in answer.text, answer.text


def test_batches(query, name):
    (url,) = texts(query.do("CreateQueue", QueueName=name), "QueueUrl")
    entries = {}
    for n in (1, 2):
        entries[f"SendMessageBatchRequestEntry.{n}.Id"] = f"m{n}"
        entries[f"SendMessageBatchRequestEntry.{n}.MessageBody"] = f"body {n}"
    sent = query.do("SendMessageBatch", QueueUrl=url, **entries)
    assert sent.count("<SendMessageBatchResultEntry>") == 2 and texts(sent, "Id") == ["m1", "m2"]
    got = query.do("ReceiveMessage", QueueUrl=url, MaxNumberOfMessages="10")
    assert got.count("<Message>") == 2
    handles = texts(got, "ReceiptHandle")
    deleted = query.do(
        "DeleteMessageBatch", QueueUrl=url,
        **{"DeleteMessageBatchRequestEntry.1.Id": "d1",
           "DeleteMessageBatchRequestEntry.1.ReceiptHandle": handles[0],
           "DeleteMessageBatchRequestEntry.2.Id": "d2",
           "DeleteMessageBatchRequestEntry.2.ReceiptHandle": "junk"},
    )
    assert deleted.count("<DeleteMessageBatchResultEntry>") == 1
    assert "<BatchResultErrorEntry><Id>d2</Id><SenderFault>true</SenderFault>" in deleted


def test_permissions(query, name):
    (url,) = texts(query.do("CreateQueue", QueueName=name), "QueueUrl")
    query.do(
        "AddPermission", QueueUrl=url, Label="l",
        **{"AWSAccountId.1": "111111111111", "ActionName.1": "SendMessage"},
    )
    shown = query.do("GetQueueAttributes", QueueUrl=url, **{"AttributeName.1": "Policy"})
    assert "arn:aws:iam::111111111111:root" in shown
    query.do("RemovePermission", QueueUrl=url, Label="l")
    assert "Policy" not in query.do("GetQueueAttributes", QueueUrl=url, **{"AttributeName.1": "Policy"})


ERRORS = [
    (
        "GetQueueUrl", {"QueueName": "absent"}, "AWS.SimpleQueueService.NonExistentQueue",
        "The specified queue does not exist.",
    ),
    (
        "SendMessage", {"QueueUrl": "/x/y"}, "MissingParameter",
        "The request must contain the parameter MessageBody.",
    ),
    (
        "CreateQueue", {"QueueName": "has blank"}, "InvalidParameterValue",
        "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length",
    ),
    ("NoSuchAction", {}, "InvalidAction", ""),
]


@pytest.mark.parametrize("action, parameters, code, text", ERRORS)
def test_errors(query, action, parameters, code, text):
    answer = query.ask(action, **parameters)
    assert answer.status == 400
    assert answer.text.startswith(
        '<ErrorResponse xmlns="http://queue.amazonaws.com/doc/2012-11-05/"><Error>'
        f"<Type>Sender</Type><Code>{code}</Code><Message>"
    )
    assert text in answer.text and "</Message><Detail/></Error>" in answer.text


def test_json_errors_have_both_names(server):
    signer = Signer(server.endpoint, *server.credentials(), service="sqs")
    headers = {
        "content-type": "application/x-amz-json-1.0",
        "x-amz-target": "AmazonSQS.GetQueueUrl",
        "x-amzn-query-mode": "true",
    }
    answer = signer.send("POST", "/", b'{"QueueName": "absent"}', headers)
    assert answer.status == 400
    assert answer.headers["content-type"] == "application/x-amz-json-1.0"
    assert (
        answer.headers["x-amzn-query-error"] == "AWS.SimpleQueueService.NonExistentQueue;Sender"
    )
    assert answer.text == (
        '{"__type":"com.amazonaws.sqs#QueueDoesNotExist",'
        '"message":"The specified queue does not exist."}'
    )


def test_empty_answers_have_no_keys(server, name):
    signer = Signer(server.endpoint, *server.credentials(), service="sqs")

    def ask(operation, body):
        headers = {
            "content-type": "application/x-amz-json-1.0", "x-amz-target": f"AmazonSQS.{operation}",
        }
        return signer.send("POST", "/", body.encode(), headers).text

    made = ask("CreateQueue", f'{{"QueueName": "{name}"}}')
    assert made.startswith('{"QueueUrl":"http://')
    url = made.removeprefix('{"QueueUrl":"').removesuffix('"}')
    for operation in ("ReceiveMessage", "ListQueueTags", "GetQueueAttributes"):
        assert ask(operation, f'{{"QueueUrl": "{url}"}}') == "{}"
    assert ask("ListQueues", '{"QueueNamePrefix": "no-such-prefix"}') == "{}"
