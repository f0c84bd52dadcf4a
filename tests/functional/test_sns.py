"""SNS: topics, subscriptions, and messages on their way to queues."""

import json

import pytest
from support import platform
from support.errors import refused
from support.platform import ACCOUNT, let, queue_arn, topic_arn


@pytest.fixture
def sns(server):
    return server.client("sns")


@pytest.fixture
def sqs(server):
    return server.client("sqs")


@pytest.fixture
def topic(sns, name):
    return sns.create_topic(Name=name)["TopicArn"]


def make_queue(sqs, name, policy=None, **attributes):
    """A queue that takes from every topic, unless `policy` says otherwise: its URL and ARN."""
    arn = queue_arn(name)
    policy = policy or platform.policy(let("sns", "sqs:SendMessage", arn))
    url = sqs.create_queue(QueueName=name, Attributes=attributes | {"Policy": policy})["QueueUrl"]
    return url, arn


def receive(sqs, url, **more):
    asked = {"MaxNumberOfMessages": 10, "MessageAttributeNames": ["All"],
             "MessageSystemAttributeNames": ["All"]}
    return sqs.receive_message(QueueUrl=url, **(asked | more)).get("Messages", [])


def attributes_of(sns, arn):
    return sns.get_topic_attributes(TopicArn=arn)["Attributes"]


def test_a_new_topic_shows_what_aws_shows(sns, name):
    arn = sns.create_topic(Name=name)["TopicArn"]
    assert arn == topic_arn(name)
    shown = attributes_of(sns, arn)
    policy = json.loads(shown.pop("Policy"))
    assert policy["Id"] == "__default_policy_ID"
    assert policy["Statement"][0]["Condition"] == {"StringEquals": {"AWS:SourceOwner": ACCOUNT}}
    effective = json.loads(shown.pop("EffectiveDeliveryPolicy"))
    assert effective["http"]["defaultHealthyRetryPolicy"]["numRetries"] == 3
    assert shown == {
        "TopicArn": arn, "Owner": ACCOUNT, "DisplayName": "", "SubscriptionsConfirmed": "0",
        "SubscriptionsPending": "0", "SubscriptionsDeleted": "0",
    }
    assert sns.create_topic(Name=name)["TopicArn"] == arn, "the same again"


def test_attributes_come_back_byte_for_byte(sns, topic):
    policy = json.dumps({"Version": "2012-10-17", "Statement": [
        let("events", "sns:Publish", topic) | {"Sid": "a"}]}, indent=3)
    delivery = json.dumps({"http": {"defaultHealthyRetryPolicy": {"numRetries": 5}}}, indent=1)
    given = {
        "DisplayName": "Alerts", "Policy": policy, "DeliveryPolicy": delivery,
        "KmsMasterKeyId": "alias/aws/sns", "TracingConfig": "Active", "SignatureVersion": "2",
        "SQSSuccessFeedbackSampleRate": "50",
        "SQSFailureFeedbackRoleArn": f"arn:aws:iam::{ACCOUNT}:role/feedback",
    }
    for attribute, value in given.items():
        sns.set_topic_attributes(TopicArn=topic, AttributeName=attribute, AttributeValue=value)
    shown = attributes_of(sns, topic)
    assert {attribute: shown[attribute] for attribute in given} == given
    effective = json.loads(shown["EffectiveDeliveryPolicy"])
    assert effective["http"]["defaultHealthyRetryPolicy"]["numRetries"] == 5
    sns.set_topic_attributes(TopicArn=topic, AttributeName="DisplayName", AttributeValue="")
    assert attributes_of(sns, topic)["DisplayName"] == ""


def test_topics_are_listed_in_pages_and_deleted(sns, name):
    made = {sns.create_topic(Name=f"{name}-{n:03}")["TopicArn"] for n in range(120)}
    first = sns.list_topics()
    assert len(first["Topics"]) == 100 and first["NextToken"]
    pages = sns.get_paginator("list_topics").paginate()
    listed = [topic["TopicArn"] for page in pages for topic in page["Topics"]]
    assert made <= set(listed) and len(listed) == len(set(listed))
    for arn in made:
        sns.delete_topic(TopicArn=arn)
    sns.delete_topic(TopicArn=made.pop())  # AWS: well if it isn't there.
    with refused("NotFound", 404, "Topic does not exist"):
        attributes_of(sns, topic_arn(f"{name}-000"))


def test_tags(sns, name):
    def tags():
        shown = sns.list_tags_for_resource(ResourceArn=topic_arn(name))["Tags"]
        return {tag["Key"]: tag["Value"] for tag in shown}

    sns.create_topic(Name=name, Tags=[{"Key": "env", "Value": "dev"}])
    assert tags() == {"env": "dev"}
    sns.tag_resource(ResourceArn=topic_arn(name), Tags=[{"Key": "team", "Value": ""}])
    sns.untag_resource(ResourceArn=topic_arn(name), TagKeys=["env"])
    assert tags() == {"team": ""}
    with refused("ResourceNotFound", 404, "Resource does not exist"):
        sns.list_tags_for_resource(ResourceArn=topic_arn(f"{name}-not"))


def test_subscriptions_come_back_and_go(sns, sqs, topic, name):
    _, queue = make_queue(sqs, name)
    given = {
        "RawMessageDelivery": "true", "FilterPolicy": '{"a": [ "b" ]}',
        "FilterPolicyScope": "MessageBody",
        "RedrivePolicy": json.dumps({"deadLetterTargetArn": queue_arn(f"{name}-dead")}),
    }
    subscribed = {"TopicArn": topic, "Protocol": "sqs", "Endpoint": queue, "Attributes": given}
    arn = sns.subscribe(**subscribed, ReturnSubscriptionArn=True)["SubscriptionArn"]
    assert arn.startswith(topic + ":")
    assert sns.subscribe(**subscribed)["SubscriptionArn"] == arn
    with refused("InvalidParameter", 400, "Subscription already exists with different attributes"):
        sns.subscribe(**(subscribed | {"Attributes": {"RawMessageDelivery": "false"}}))
    shown = sns.get_subscription_attributes(SubscriptionArn=arn)["Attributes"]
    assert shown == given | {
        "SubscriptionArn": arn, "TopicArn": topic, "Protocol": "sqs", "Endpoint": queue,
        "Owner": ACCOUNT, "PendingConfirmation": "false", "ConfirmationWasAuthenticated": "true",
        "SubscriptionPrincipal": f"arn:aws:iam::{ACCOUNT}:root",
    }
    listed = {"SubscriptionArn": arn, "Owner": ACCOUNT, "Protocol": "sqs", "Endpoint": queue,
              "TopicArn": topic}
    assert sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"] == [listed]
    pages = sns.get_paginator("list_subscriptions").paginate()
    assert listed in [one for page in pages for one in page["Subscriptions"]]
    sns.set_subscription_attributes(
        SubscriptionArn=arn, AttributeName="FilterPolicyScope", AttributeValue="MessageAttributes"
    )
    sns.unsubscribe(SubscriptionArn=arn)
    sns.unsubscribe(SubscriptionArn=arn)
    with refused("NotFound", 404, "Subscription does not exist"):
        sns.get_subscription_attributes(SubscriptionArn=arn)
    shown = attributes_of(sns, topic)
    assert (shown["SubscriptionsConfirmed"], shown["SubscriptionsDeleted"]) == ("0", "1")


def test_a_queue_gets_aws_envelope(sns, sqs, topic, name):
    url, queue = make_queue(sqs, name)
    arn = sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue)["SubscriptionArn"]
    attributes = {
        "kind": {"DataType": "String", "StringValue": "news"},
        "bytes": {"DataType": "Binary", "BinaryValue": b"\x00\xff"},
    }
    sent = sns.publish(
        TopicArn=topic, Message='größer "than" <x>', Subject="Hello", MessageAttributes=attributes
    )
    (message,) = receive(sqs, url)
    assert "MessageAttributes" not in message
    body = json.loads(message["Body"])
    assert list(body) == [
        "Type", "MessageId", "TopicArn", "Subject", "Message", "Timestamp", "SignatureVersion",
        "Signature", "SigningCertURL", "UnsubscribeURL", "MessageAttributes",
    ]
    assert (body["Type"], body["MessageId"]) == ("Notification", sent["MessageId"])
    assert (body["Message"], body["Subject"]) == ('größer "than" <x>', "Hello")
    assert body["TopicArn"] == topic and arn.split(":")[-1] in body["UnsubscribeURL"]
    assert body["MessageAttributes"] == {
        "kind": {"Type": "String", "Value": "news"}, "bytes": {"Type": "Binary", "Value": "AP8="},
    }


def test_raw_delivery_keeps_the_attributes(sns, sqs, topic, name):
    url, queue = make_queue(sqs, name)
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue,
                  Attributes={"RawMessageDelivery": "true"})
    kind = {"kind": {"DataType": "String", "StringValue": "news"}}
    sns.publish(TopicArn=topic, Message="bare", MessageAttributes=kind)
    (message,) = receive(sqs, url)
    assert (message["Body"], message["MessageAttributes"]) == ("bare", kind)


def test_filter_policies_choose(sns, sqs, topic, name):
    urls = []
    policies = {
        "all": {},
        "kind": {"FilterPolicy": json.dumps({"kind": ["news", {"prefix": "al"}]})},
        "body": {"FilterPolicy": json.dumps({"job": {"state": ["FAILED"]}}),
                 "FilterPolicyScope": "MessageBody"},
    }
    for kind, attributes in policies.items():
        url, queue = make_queue(sqs, f"{name}-{kind}")
        urls.append(url)
        sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue,
                      Attributes=attributes | {"RawMessageDelivery": "true"})
    failed = json.dumps({"job": {"state": "FAILED"}})
    sns.publish(TopicArn=topic, Message=failed)
    alert = {"kind": {"DataType": "String", "StringValue": "alert"}}
    sns.publish(TopicArn=topic, Message="plain", MessageAttributes=alert)
    got = [[message["Body"] for message in receive(sqs, url)] for url in urls]
    assert got == [[failed, "plain"], ["plain"], [failed]]


def test_a_message_may_have_a_text_for_each_protocol(sns, sqs, topic, name):
    url, queue = make_queue(sqs, name)
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue)
    texts = json.dumps({"default": "d", "sqs": "for queues"})
    sns.publish(TopicArn=topic, Message=texts, MessageStructure="json")
    (message,) = receive(sqs, url)
    assert json.loads(message["Body"])["Message"] == "for queues"


def test_what_a_queue_refuses_becomes_a_dead_letter(sns, sqs, topic, name):
    closed = platform.policy(let("sns", "sqs:SendMessage", queue_arn(name)) | {
        "Condition": {"ArnEquals": {"aws:SourceArn": topic_arn("other")}}})
    _, queue = make_queue(sqs, name, policy=closed)
    dead_url, dead = make_queue(sqs, f"{name}-dead")
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue, Attributes={
        "RedrivePolicy": json.dumps({"deadLetterTargetArn": dead})})
    sent = sns.publish(TopicArn=topic, Message="lost?")
    (message,) = receive(sqs, dead_url)
    assert json.loads(message["Body"])["MessageId"] == sent["MessageId"]


def test_batches(sns, sqs, topic, name):
    url, queue = make_queue(sqs, name)
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue,
                  Attributes={"RawMessageDelivery": "true"})
    entries = [{"Id": "a", "Message": "1"}, {"Id": "b", "Message": ""}, {"Id": "c", "Message": "3"}]
    answer = sns.publish_batch(TopicArn=topic, PublishBatchRequestEntries=entries)
    assert [one["Id"] for one in answer["Successful"]] == ["a", "c"]
    assert answer["Failed"] == [{"Id": "b", "Code": "InvalidParameter", "SenderFault": True,
                                 "Message": "Invalid parameter: Empty message"}]
    assert [message["Body"] for message in receive(sqs, url)] == ["1", "3"]
    with refused("BatchEntryIdsNotDistinct", 400):
        sns.publish_batch(TopicArn=topic, PublishBatchRequestEntries=[entries[0]] * 2)
    with refused("TooManyEntriesInBatchRequest", 400):
        many = [{"Id": str(n), "Message": "x"} for n in range(11)]
        sns.publish_batch(TopicArn=topic, PublishBatchRequestEntries=many)


def test_fifo_topics_feed_fifo_queues_in_order_and_once(sns, sqs, name):
    fifo = {"FifoTopic": "true", "ContentBasedDeduplication": "true"}
    arn = sns.create_topic(Name=f"{name}.fifo", Attributes=fifo)["TopicArn"]
    shown = attributes_of(sns, arn)
    assert (shown["FifoTopic"], shown["ContentBasedDeduplication"]) == ("true", "true")
    url, queue = make_queue(sqs, f"{name}.fifo", FifoQueue="true")
    sns.subscribe(TopicArn=arn, Protocol="sqs", Endpoint=queue,
                  Attributes={"RawMessageDelivery": "true"})
    sent = [sns.publish(TopicArn=arn, Message=text, MessageGroupId="g") for text in ("1", "2", "1")]
    assert sent[0]["SequenceNumber"] < sent[1]["SequenceNumber"]
    assert sent[2]["MessageId"] == sent[0]["MessageId"]
    got = receive(sqs, url)
    assert [message["Body"] for message in got] == ["1", "2"]
    assert got[0]["Attributes"]["MessageGroupId"] == "g"
    with refused("InvalidParameter", 400, "FIFO SQS Queues can not be subscribed to standard"):
        standard = sns.create_topic(Name=name)["TopicArn"]
        sns.subscribe(TopicArn=standard, Protocol="sqs", Endpoint=queue)
    with refused("InvalidParameter", 400, "Invalid parameter: Topic Name"):
        sns.create_topic(Name=f"{name}x.fifo")


def test_the_topics_policy_lets_others_in(server, sns, name):
    arn = sns.create_topic(Name=name)["TopicArn"]
    user, key = platform.make_user(server, name)
    theirs = server.client("sns", credentials=key)
    with refused("AuthorizationError", 403, f"perform: SNS:Publish on resource: {arn}"):
        theirs.publish(TopicArn=arn, Message="x")
    policy = platform.policy({"Sid": "a", "Effect": "Allow", "Principal": {"AWS": user},
                              "Action": "sns:Publish", "Resource": arn})
    sns.set_topic_attributes(TopicArn=arn, AttributeName="Policy", AttributeValue=policy)
    theirs.publish(TopicArn=arn, Message="x")
    with refused("AuthorizationError", 403):
        theirs.delete_topic(TopicArn=arn)
    only_queues = {"Sid": "q", "Effect": "Allow", "Principal": {"AWS": user}, "Resource": arn,
                   "Action": "sns:Subscribe", "Condition": {"StringEquals": {"sns:Protocol": "sqs"}}}
    sns.set_topic_attributes(
        TopicArn=arn, AttributeName="Policy", AttributeValue=platform.policy(only_queues)
    )
    with refused("AuthorizationError", 403):
        theirs.subscribe(TopicArn=arn, Protocol="http", Endpoint="http://example.com/")
    theirs.subscribe(TopicArn=arn, Protocol="sqs", Endpoint=queue_arn(name))
    sns.add_permission(TopicArn=arn, Label="b", AWSAccountId=[ACCOUNT], ActionName=["DeleteTopic"])
    with refused("InvalidParameter", 400, "Statement already exists"):
        sns.add_permission(TopicArn=arn, Label="b", AWSAccountId=[ACCOUNT], ActionName=["Publish"])
    added = json.loads(attributes_of(sns, arn)["Policy"])["Statement"][-1]
    assert added == {"Sid": "b", "Effect": "Allow", "Action": "SNS:DeleteTopic", "Resource": arn,
                     "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}}
    sns.remove_permission(TopicArn=arn, Label="b")
    assert len(json.loads(attributes_of(sns, arn)["Policy"])["Statement"]) == 1


@pytest.mark.parametrize("call, arguments, text", [
    ("get_topic_attributes", {"TopicArn": "x"},
     "Invalid parameter: TopicArn Reason: An ARN must have at least 6 elements, not 1"),
    ("create_topic", {"Name": "a b"}, "Invalid parameter: Topic Name"),
    ("create_topic", {"Name": "x", "Attributes": {"Nope": "1"}}, "Unknown attribute Nope"),
    ("publish", {"Message": "x"}, "TopicArn or TargetArn Reason: no value for required parameter"),
    ("get_subscription_attributes", {"SubscriptionArn": topic_arn("x")},
     "Invalid parameter: SubscriptionId"),
])
def test_what_cannot_be_is_refused_in_aws_words(sns, call, arguments, text):
    with refused("InvalidParameter", 400, text):
        getattr(sns, call)(**arguments)


@pytest.mark.parametrize("arguments, text", [
    ({"Protocol": "pigeon", "Endpoint": "x"},
     "Amazon SNS does not support this protocol string: pigeon"),
    ({"Protocol": "sqs", "Endpoint": "http://x"}, "Invalid parameter: SQS endpoint ARN"),
    ({"Protocol": "http", "Endpoint": "ftp://x"}, "Endpoint must match the specified protocol"),
    ({"Protocol": "email", "Endpoint": "nobody"}, "Invalid parameter: Email address"),
    ({"Attributes": {"RawMessageDelivery": "yes"}},
     "Attributes Reason: RawMessageDelivery: Invalid value [yes]. Must be true or false."),
    ({"Attributes": {"FilterPolicy": '{"a":"b"}'}},
     'Attributes Reason: FilterPolicy: "a" must be an object or an array'),
    ({"Attributes": {"RedrivePolicy": "{}"}},
     "Attributes Reason: RedrivePolicy: deadLetterTargetArn is an invalid arn"),
])
def test_subscriptions_that_cannot_be_are_refused_in_aws_words(sns, topic, arguments, text):
    usual = {"TopicArn": topic, "Protocol": "sqs", "Endpoint": queue_arn("q")}
    with refused("InvalidParameter", 400, text):
        sns.subscribe(**(usual | arguments))


def test_all_of_it_outlives_a_restart(make_server):
    server = make_server().start()
    sns, sqs = server.client("sns"), server.client("sqs")
    url, queue = make_queue(sqs, "q")
    arn = sns.create_topic(Name="t", Attributes={"DisplayName": "d"})["TopicArn"]
    subscription = sns.subscribe(TopicArn=arn, Protocol="sqs", Endpoint=queue)["SubscriptionArn"]
    server.restart()
    assert attributes_of(sns, arn)["DisplayName"] == "d"
    assert sns.get_subscription_attributes(SubscriptionArn=subscription)["Attributes"]
    sns.publish(TopicArn=arn, Message="after")
    (message,) = receive(sqs, url)
    assert json.loads(message["Body"])["Message"] == "after"


def test_what_topics_count(server, sns, sqs, topic, name):
    _, queue = make_queue(sqs, name)
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue)
    sns.publish(TopicArn=topic, Message="12345")
    dimensions = [{"Name": "TopicName", "Value": name}]
    listed = server.client("cloudwatch").list_metrics(Namespace="AWS/SNS", Dimensions=dimensions)
    assert {metric["MetricName"] for metric in listed["Metrics"]} == {
        "NumberOfMessagesPublished", "PublishSize", "NumberOfNotificationsDelivered",
    }


def subscribed(sns, sqs, name, topic):
    """The URL of a queue that gets the topic's messages bare."""
    url, queue = make_queue(sqs, name)
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue,
                  Attributes={"RawMessageDelivery": "true"})
    return url


def test_a_rule_feeds_a_topic_that_lets_it(server, sns, sqs, topic, name):
    url = subscribed(sns, sqs, name, topic)
    target = {"Id": "t", "Arn": topic, "InputPath": "$.detail"}
    platform.put_rule(server, name, target, pattern={"source": [f"my.{name}"]})
    event = {"Source": f"my.{name}", "DetailType": "x", "Detail": '{"n":1}'}
    events = server.client("events")
    events.put_events(Entries=[event])
    assert receive(sqs, url) == [], "the topic's default policy doesn't let EventBridge publish"
    failed = server.command("deliveries", "list", "--rule", name, "--json").stdout
    assert "NO_PERMISSIONS" in failed
    policy = platform.policy(let("events", "sns:Publish", topic))
    sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=policy)
    events.put_events(Entries=[event])
    (message,) = receive(sqs, url)
    assert json.loads(message["Body"]) == {"n": 1}


def test_a_schedule_publishes_with_its_role(server, sns, sqs, topic, name):
    url = subscribed(sns, sqs, name, topic)
    publish = {"Effect": "Allow", "Action": "sns:Publish", "Resource": topic}
    role = platform.make_role(server, f"{name}-role", "scheduler.amazonaws.com", publish)
    said = {"TopicArn": topic, "Message": "at <aws.scheduler.scheduled-time>"}
    server.client("scheduler").create_schedule(
        Name=name, ScheduleExpression="rate(1 minutes)", FlexibleTimeWindow={"Mode": "OFF"},
        Target={"Arn": "arn:aws:scheduler:::aws-sdk:sns:publish", "RoleArn": role,
                "Input": json.dumps(said)},
    )
    (message,) = receive(sqs, url, WaitTimeSeconds=20)
    assert message["Body"].startswith("at 20")
    server.client("scheduler").delete_schedule(Name=name)
