"""kill -9 while messages go in and out of queues: none that was acknowledged is lost, none whose
deletion was acknowledged comes back, and a FIFO group stays in order."""

import random
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from botocore.exceptions import BotoCoreError, ClientError
from support.waiting import wait_until

SENDERS, RECEIVERS = 6, 3
GROUPS = 4


class Traffic:
    """Senders and receivers until told to stop; remembers what was acknowledged."""

    def __init__(self, server, url, fifo):
        self.server, self.url, self.fifo = server, url, fifo
        self.lock = threading.Lock()
        self.stop = threading.Event()
        self.sent, self.deleted, self.tried_to_delete = set(), set(), set()
        self.numbers = iter(range(10**9))

    def sqs(self):
        return self.server.client("sqs")

    def send(self, sender):
        while not self.stop.is_set():
            with self.lock:
                entries = [self.entry(sender, next(self.numbers)) for _ in range(5)]
            try:
                answer = self.sqs().send_message_batch(QueueUrl=self.url, Entries=entries)
            except (BotoCoreError, ClientError):
                continue
            done = {one["Id"] for one in answer.get("Successful", [])}
            with self.lock:
                self.sent |= {one["MessageBody"] for one in entries if one["Id"] in done}

    def entry(self, sender, number):
        made = {"Id": str(number), "MessageBody": f"{sender % GROUPS}/{number:08}"}
        if self.fifo:
            made |= {"MessageGroupId": f"g{sender % GROUPS}", "MessageDeduplicationId": str(number)}
        return made

    def receive(self):
        while not self.stop.is_set():
            try:
                self.take(WaitTimeSeconds=1)
            except (BotoCoreError, ClientError):
                continue

    def take(self, **more):
        """Receives, deletes most of it; the bodies."""
        answer = self.sqs().receive_message(QueueUrl=self.url, MaxNumberOfMessages=10, **more)
        messages = answer.get("Messages", [])
        for message in messages[: max(1, len(messages) - 1)]:
            with self.lock:
                self.tried_to_delete.add(message["Body"])
            self.sqs().delete_message(QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"])
            with self.lock:
                self.deleted.add(message["Body"])
        return [message["Body"] for message in messages]


def drain(traffic):
    """What is still there, in the order in which it comes out."""
    left, last = [], {}

    def is_empty():
        answer = traffic.sqs().receive_message(
            QueueUrl=traffic.url, MaxNumberOfMessages=10, WaitTimeSeconds=1,
            MessageSystemAttributeNames=["All"],
        )
        for message in answer.get("Messages", []):
            left.append(message["Body"])
            if traffic.fifo:
                group = message["Attributes"]["MessageGroupId"]
                number = message["Attributes"]["SequenceNumber"]
                assert number > last.get(group, ""), "a group out of order"
                last[group] = number
            traffic.sqs().delete_message(
                QueueUrl=traffic.url, ReceiptHandle=message["ReceiptHandle"]
            )
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        asked = traffic.sqs().get_queue_attributes(QueueUrl=traffic.url, AttributeNames=names)
        return set(asked["Attributes"].values()) == {"0"}

    wait_until(is_empty, 120, "the queue to be empty")
    return left


@pytest.mark.parametrize("fifo", [False, True], ids=["standard", "fifo"])
@pytest.mark.timeout(1800)
def test_kill_while_messages_go_in_and_out(server, is_long, seed, fifo):
    kills, each = (20, 400) if is_long else (3, 100)
    chance = random.Random(seed)
    attributes = {"VisibilityTimeout": "2"} | ({"FifoQueue": "true"} if fifo else {})
    url = server.client("sqs").create_queue(
        QueueName="q.fifo" if fifo else "q", Attributes=attributes
    )["QueueUrl"]
    traffic = Traffic(server, url, fifo)
    with ThreadPoolExecutor(SENDERS + RECEIVERS) as pool:
        for kill in range(kills):
            traffic.stop.clear()
            running = [pool.submit(traffic.send, n) for n in range(SENDERS)]
            running += [pool.submit(traffic.receive) for _ in range(RECEIVERS)]
            enough = len(traffic.sent) + each + chance.randrange(each)
            wait_until(lambda enough=enough: len(traffic.sent) >= enough, 60)
            server.kill()
            traffic.stop.set()
            for one in running:
                one.result(timeout=30)
            server.start()
    left = drain(traffic)
    gone = traffic.deleted | traffic.tried_to_delete
    lost = traffic.sent - set(left) - gone
    assert not lost, f"{len(lost)} acknowledged messages are lost: {sorted(lost)[:3]}"
    back = traffic.deleted & set(left)
    assert not back, f"{len(back)} deleted messages came back: {sorted(back)[:3]}"
    assert len(left) == len(set(left)), "a message is there twice"
    print(f"seed {seed}: {len(traffic.sent)} sent, {len(traffic.deleted)} deleted, {len(left)} left")
    server.command("check")
