"""SNS to the world: HTTP endpoints, their handshake and retries; mail."""

import base64
import json
import re
import sqlite3
import subprocess
import urllib.error
import urllib.request
from datetime import datetime, timedelta, timezone

import pytest
from support import platform
from support.errors import refused
from support.platform import let, queue_arn
from support.receiver import Receiver
from support.relay import Relay
from support.waiting import wait_until

NOON = datetime(2031, 2, 3, 12, tzinfo=timezone.utc)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def receiver():
    made = Receiver()
    yield made
    made.close()


@pytest.fixture
def relay():
    made = Relay()
    yield made
    made.close()


@pytest.fixture
def open_server(make_server):
    """A server that may reach us."""
    return make_server("--allow-local-targets").start()


@pytest.fixture
def still(make_server):
    """One whose clock stands at noon."""
    server = make_server("--test-mode").start()
    server.set_clock(NOON.isoformat())
    return server


def visit(url):
    """(status, JSON) of a link, without any signature."""
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as refusal:
        return refusal.code, json.loads(refusal.read())


def subscribe(server, receiver, topic="alerts", path="/hook", **attributes):
    """A topic and a confirmed subscription: both ARNs."""
    sns = server.client("sns")
    arn = sns.create_topic(Name=topic)["TopicArn"]
    subscription = sns.subscribe(
        TopicArn=arn, Protocol="http", Endpoint=receiver.url + path, Attributes=attributes,
        ReturnSubscriptionArn=True,
    )["SubscriptionArn"]
    (asked,) = wait_until(lambda: receiver.requests(path))
    assert visit(asked.json()["SubscribeURL"])[0] == 200
    return arn, subscription


def notifications(receiver, path="/hook"):
    return [one for one in receiver.requests(path)
            if one.headers["x-amz-sns-message-type"] == "Notification"]


def test_an_endpoint_is_asked_before_it_gets_anything(open_server, receiver):
    sns = open_server.client("sns")
    topic = sns.create_topic(Name="t")["TopicArn"]
    answer = sns.subscribe(TopicArn=topic, Protocol="http", Endpoint=receiver.url + "/hook")
    assert answer["SubscriptionArn"] == "pending confirmation"
    (asked,) = wait_until(receiver.requests)
    body = asked.json()
    assert list(body) == ["Type", "MessageId", "Token", "TopicArn", "Message", "SubscribeURL",
                          "Timestamp", "SignatureVersion", "Signature", "SigningCertURL"]
    assert asked.headers["x-amz-sns-message-type"] == body["Type"] == "SubscriptionConfirmation"
    assert asked.headers["x-amz-sns-topic-arn"] == topic
    assert "x-amz-sns-subscription-arn" not in asked.headers
    assert asked.headers["content-type"] == "text/plain; charset=UTF-8"
    (listed,) = sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
    assert listed["SubscriptionArn"] == "PendingConfirmation"
    sns.publish(TopicArn=topic, Message="too early")
    status, confirmed = visit(body["SubscribeURL"])
    assert status == 200 and confirmed["SubscriptionArn"].startswith(topic + ":")
    assert visit(body["SubscribeURL"].replace("Token=", "Token=0"))[0] == 400
    sent = sns.publish(TopicArn=topic, Message="hello", Subject="greeting")
    (got,) = wait_until(lambda: notifications(receiver))
    assert got.headers["x-amz-sns-subscription-arn"] == confirmed["SubscriptionArn"]
    assert got.headers["x-amz-sns-message-id"] == sent["MessageId"]
    assert (got.json()["Message"], got.json()["Subject"]) == ("hello", "greeting")
    assert visit(got.json()["UnsubscribeURL"])[0] == 200
    assert sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"] == []


def test_a_signed_confirmation_may_guard_against_the_link(open_server, receiver):
    sns = open_server.client("sns")
    topic = sns.create_topic(Name="t")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="http", Endpoint=receiver.url + "/hook")
    (asked,) = wait_until(receiver.requests)
    with refused("InvalidParameter", 400, "Invalid parameter: Token"):
        sns.confirm_subscription(TopicArn=topic, Token="nonsense")
    arn = sns.confirm_subscription(
        TopicArn=topic, Token=asked.json()["Token"], AuthenticateOnUnsubscribe="true"
    )["SubscriptionArn"]
    sns.publish(TopicArn=topic, Message="x")
    (got,) = wait_until(lambda: notifications(receiver))
    assert visit(got.json()["UnsubscribeURL"])[0] == 403
    sns.unsubscribe(SubscriptionArn=arn)


@pytest.mark.parametrize("version, digest", [("1", "-sha1"), ("2", "-sha256")])
def test_signatures_hold(open_server, receiver, tmp_path, version, digest):
    topic, _ = subscribe(open_server, receiver)
    sns = open_server.client("sns")
    sns.set_topic_attributes(
        TopicArn=topic, AttributeName="SignatureVersion", AttributeValue=version
    )
    sns.publish(TopicArn=topic, Message="signed", Subject="s")
    (got,) = wait_until(lambda: notifications(receiver))
    body = got.json()
    assert body["SignatureVersion"] == version
    names = ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type")
    text = "".join(f"{name}\n{body[name]}\n" for name in names)
    with urllib.request.urlopen(body["SigningCertURL"], timeout=10) as answer:
        (tmp_path / "cert.pem").write_bytes(answer.read())
    (tmp_path / "signature").write_bytes(base64.b64decode(body["Signature"]))
    key = subprocess.run(["openssl", "x509", "-in", tmp_path / "cert.pem", "-pubkey", "-noout"],
                         check=True, capture_output=True).stdout
    (tmp_path / "key.pem").write_bytes(key)
    verified = subprocess.run(
        ["openssl", "dgst", digest, "-verify", tmp_path / "key.pem", "-signature",
         tmp_path / "signature"], input=text.encode(), capture_output=True,
    )
    assert verified.returncode == 0, verified


def test_raw_messages_go_as_they_are(open_server, receiver):
    topic, _ = subscribe(open_server, receiver, RawMessageDelivery="true", DeliveryPolicy=json.dumps(
        {"requestPolicy": {"headerContentType": "application/json"}}))
    open_server.client("sns").publish(TopicArn=topic, Message='{"a":1}')
    (got,) = wait_until(lambda: notifications(receiver))
    assert got.body == b'{"a":1}' and got.headers["x-amz-sns-rawdelivery"] == "true"
    assert got.headers["content-type"] == "application/json"


def test_failures_are_tried_again_as_the_policy_says(still, receiver):
    policy = {"healthyRetryPolicy": {"numRetries": 2, "minDelayTarget": 60, "maxDelayTarget": 60}}
    topic, _ = subscribe(still, receiver, DeliveryPolicy=json.dumps(policy))
    receiver.answer = lambda request: 500
    still.client("sns").publish(TopicArn=topic, Message="again")
    wait_until(lambda: len(notifications(receiver)) == 1)
    wait_until(lambda: pending(still) == 1)
    receiver.answer = lambda request: 200
    still.set_clock((NOON + MINUTE).isoformat())
    first, second = wait_until(lambda: len(seen := notifications(receiver)) == 2 and seen)
    assert first.body == second.body
    wait_until(lambda: count(still, "NumberOfNotificationsDelivered") == 1)


def pending(server):
    """How many deliveries have been tried and wait for their next time."""
    with sqlite3.connect(f"file:{server.data}/tidemill.db?mode=ro", uri=True) as db:
        waiting = "SELECT count(*) FROM sns_deliveries WHERE state = 'pending' AND tries > 0"
        return db.execute(waiting).fetchone()[0]


def count(server, metric, topic="alerts"):
    day = timedelta(days=1)
    found = server.client("cloudwatch").get_metric_statistics(
        Namespace="AWS/SNS", MetricName=metric, StartTime=NOON - day, EndTime=NOON + day,
        Period=86400 * 2, Statistics=["Sum"], Dimensions=[{"Name": "TopicName", "Value": topic}],
    )["Datapoints"]
    return sum(point["Sum"] for point in found)


def test_what_is_never_taken_becomes_a_dead_letter(still, receiver):
    sqs = still.client("sqs")
    dead = queue_arn("dead")
    url = sqs.create_queue(QueueName="dead", Attributes={
        "Policy": platform.policy(let("sns", "sqs:SendMessage", dead))})["QueueUrl"]
    redrive = json.dumps({"deadLetterTargetArn": dead})
    none = json.dumps({"healthyRetryPolicy": {"numRetries": 0}})
    topic, _ = subscribe(still, receiver, RedrivePolicy=redrive, DeliveryPolicy=none)
    sns = still.client("sns")
    for status in (500, 403):  # Out of tries; refused for good.
        receiver.answer = lambda request, status=status: status
        sent = sns.publish(TopicArn=topic, Message=f"status {status}")
        (message,) = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=20)["Messages"]
        sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        assert json.loads(message["Body"])["MessageId"] == sent["MessageId"]
    assert count(still, "NumberOfNotificationsFailed") == 2
    assert count(still, "NumberOfNotificationsRedrivenToDlq") == 2


def test_what_waits_outlives_a_kill(make_server, receiver):
    server = make_server("--allow-local-targets").start()
    policy = {"healthyRetryPolicy": {"numRetries": 100, "minDelayTarget": 1, "maxDelayTarget": 1}}
    topic, _ = subscribe(server, receiver, DeliveryPolicy=json.dumps(policy))
    receiver.answer = lambda request: 503
    sent = server.client("sns").publish(TopicArn=topic, Message="kept")
    wait_until(lambda: notifications(receiver))
    server.kill()
    receiver.answer = lambda request: 200
    seen = len(notifications(receiver))
    server.start()
    after = wait_until(lambda: notifications(receiver)[seen:])
    assert after[0].headers["x-amz-sns-message-id"] == sent["MessageId"]


def test_a_local_endpoint_is_not_reached_unless_it_may(server, receiver, name):
    sns = server.client("sns")
    topic = sns.create_topic(Name=name)["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="http", Endpoint=receiver.url + f"/{name}")
    wait_until(lambda: re.search(rf"notification not delivered.*{name}", server.log()))
    assert receiver.requests(f"/{name}") == []


def test_mail_asks_and_then_tells(make_server, relay):
    server = make_server("--smtp", relay.address, "--mail-from", "tidemill@example.com").start()
    sns = server.client("sns")
    topic = sns.create_topic(Name="t", Attributes={"DisplayName": "Nächte"})["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="email", Endpoint="ops@example.com")
    ((to, asked),) = wait_until(relay.mails)
    assert to == "ops@example.com"
    assert asked["Subject"] == "AWS Notification - Subscription Confirmation"
    assert asked["From"] == "Nächte <tidemill@example.com>"
    link = re.search(r"http://\S+", asked.get_content()).group()
    assert visit(link)[0] == 200
    sns.publish(TopicArn=topic, Subject="Report", Message="größer\n.\nals")
    _, (to, told) = wait_until(lambda: len(seen := relay.mails()) == 2 and seen)
    assert told["Subject"] == "Report" and told.get_content().startswith("größer\n.\nals\n")
    way_out = re.search(r"http://\S+unsubscribe\S+", told.get_content()).group()
    assert visit(way_out)[0] == 200
    assert sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"] == []


def test_a_mail_that_is_refused_for_good_stays_as_failed(make_server, relay):
    server = make_server("--smtp", relay.address).start()
    relay.answer = lambda verb: "550 no such user" if verb == "RCPT" else None
    sns = server.client("sns")
    topic = sns.create_topic(Name="t")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="email", Endpoint="nobody@example.com")
    wait_until(lambda: "550 no such user" in server.log())
    assert relay.mails() == []


def test_without_a_relay_a_mail_subscription_stays_pending(server, name):
    sns = server.client("sns")
    topic = sns.create_topic(Name=name)["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="email", Endpoint=f"{name}@example.com")
    (listed,) = sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
    assert listed["SubscriptionArn"] == "PendingConfirmation"
    wait_until(lambda: re.search(rf"PendingConfirmation.*{name}@example.com", server.log()))
