"""Clients of the crash proof: they send until their server is gone, and note what they were told."""

import http.client
import json
import random
import threading
import time
from datetime import datetime, timezone
from urllib.parse import urlencode, urlsplit

from support import platform
from support.history import FAILED, OK, UNKNOWN
from support.raw import Signer, exchange, sha256

BATCH = 10
# Of events, by how often they come: to a queue, to a dead letter, to a run, to an endpoint outside,
# and through a topic to a queue or to its subscription's dead letters.
KINDS = {"plain": 600, "dead": 60, "run": 2, "out": 10, "fanned": 60, "buried": 60}


class Connection:
    """Signed requests over one kept connection."""

    def __init__(self, server):
        self.endpoint = server.endpoint
        key_id, secret = server.credentials()
        self.signers = {
            service: Signer(self.endpoint, key_id, secret, service=service)
            for service in ("s3", "events", "sqs", "scheduler", "sns")
        }
        place = urlsplit(self.endpoint)
        self.connection = http.client.HTTPConnection(place.hostname, place.port, timeout=10)

    def send(self, service, method, path, body, headers=None):
        """The answer; None where there is none."""
        made = self.signers[service].headers(method, path, sha256(body), headers)
        try:
            return exchange(self.endpoint, method, path, made, body, self.connection)
        except (OSError, http.client.HTTPException):
            return None

    def call(self, service, target, version, **request):
        headers = {"content-type": f"application/x-amz-json-{version}", "x-amz-target": target}
        return self.send(service, "POST", "/", json.dumps(request).encode(), headers)


def outcome_of(answer):
    if answer is None or answer.status >= 500 and answer.status != 503:
        return UNKNOWN
    return OK if answer.status == 200 else FAILED


class Traffic:
    """All clients of one life of a server. Ids go on from one life to the next."""

    def __init__(self, server, history, numbers, chance):
        self.server, self.history, self.numbers = server, history, numbers
        self.seed = chance.random()
        self.deleted = set()  # messages whose deletion was asked for
        self.acknowledged = 0
        self.is_over = threading.Event()
        self.threads = [
            threading.Thread(target=self.repeat, args=(act, number), daemon=True)
            for number, act in enumerate(
                [self.put, self.put, self.publish, self.publish, self.post, self.take, self.churn]
            )
        ]

    def start(self):
        for thread in self.threads:
            thread.start()

    def stop(self):
        self.is_over.set()
        for thread in self.threads:
            thread.join(30)
            assert not thread.is_alive(), "a request hangs"

    def repeat(self, act, number):
        chance = random.Random(f"{self.seed} {number}")
        connection = Connection(self.server)
        while not self.is_over.is_set() and act(connection, chance) is not None:
            pass

    def conclude(self, kind, ids, outcome):
        self.history.conclude(kind, ids, outcome)
        if outcome == OK:
            self.acknowledged += len(ids)

    def put(self, connection, chance):
        key = f"{next(self.numbers):08}"
        body = key.encode() * (chance.choice([1, 1, 1, 4_000, 40_000]))
        if chance.random() < 0.03:  # A list of nothing, or of what never comes.
            key, body = f"{key}.manifest", chance.choice([b"", b"never\n"])
        self.history.invoke("object", [key])
        answer = connection.send("s3", "PUT", f"/uploads/{key}", body)
        self.conclude("object", [key], outcome_of(answer))
        return answer

    def publish(self, connection, chance):
        ids = [f"{next(self.numbers):08}" for _ in range(BATCH)]
        names, weights = zip(*KINDS.items())
        kinds = chance.choices(names, weights, k=BATCH)
        entries = [
            {"Source": "crash.client", "DetailType": kind, "Detail": json.dumps({"id": one})}
            for one, kind in zip(ids, kinds)
        ]
        self.history.invoke("event", ids)
        answer = connection.call("events", "AWSEvents.PutEvents", "1.1", Entries=entries)
        outcome = outcome_of(answer)
        if outcome == OK and json.loads(answer.body)["FailedEntryCount"]:
            outcome = UNKNOWN
        self.conclude("event", ids, outcome)
        return answer

    def url(self, queue):
        return f"{self.server.endpoint}/{platform.ACCOUNT}/{queue}"

    def post(self, connection, _):
        ids = [f"{next(self.numbers):08}" for _ in range(BATCH)]
        entries = [{"Id": one, "MessageBody": one} for one in ids]
        self.history.invoke("message", ids)
        answer = connection.call(
            "sqs", "AmazonSQS.SendMessageBatch", "1.0", QueueUrl=self.url("inbox"), Entries=entries
        )
        outcome = outcome_of(answer)
        if outcome == OK and json.loads(answer.body).get("Failed"):
            outcome = UNKNOWN
        self.conclude("message", ids, outcome)
        return answer

    def take(self, connection, _):
        """Receives some and deletes one of them."""
        answer = connection.call(
            "sqs", "AmazonSQS.ReceiveMessage", "1.0", QueueUrl=self.url("inbox"),
            MaxNumberOfMessages=BATCH, WaitTimeSeconds=1,
        )
        if outcome_of(answer) != OK:
            return answer
        for message in json.loads(answer.body).get("Messages", [])[:1]:
            self.deleted.add(message["Body"])
            answer = connection.call(
                "sqs", "AmazonSQS.DeleteMessage", "1.0", QueueUrl=self.url("inbox"),
                ReceiptHandle=message["ReceiptHandle"],
            )
        return answer

    def churn(self, connection, chance):
        """Writes one object over and over, so that files go, plans what is due at once, and asks
        an endpoint that can't be reached whether it wants to subscribe."""
        answer = connection.send("s3", "PUT", "/scratch/same", bytes(20_000 + chance.randrange(999)))
        due = datetime.fromtimestamp(time.time() + 1, timezone.utc)
        plan = {
            "ScheduleExpression": due.strftime("at(%Y-%m-%dT%H:%M:%S)"),
            "FlexibleTimeWindow": {"Mode": "OFF"},
            "Target": {
                "Arn": platform.bus_arn(),
                "RoleArn": f"arn:aws:iam::{platform.ACCOUNT}:role/storm",
                "EventBridgeParameters": {"Source": "storm", "DetailType": "Tick"},
            },
            "ClientToken": str(next(self.numbers)),
        }
        if answer is None:
            return None
        path = f"/schedules/s{next(self.numbers):08}"
        headers = {"content-type": "application/json"}
        answer = connection.send("scheduler", "POST", path, json.dumps(plan).encode(), headers)
        if answer is None:
            return None
        form = urlencode({
            "Action": "Subscribe", "Version": "2010-03-31", "Protocol": "http",
            "TopicArn": platform.topic_arn("fanned"), "Endpoint": "http://127.0.0.1:9/",
        })
        headers = {"content-type": "application/x-www-form-urlencoded"}
        answer = connection.send("sns", "POST", "/", form.encode(), headers)
        self.is_over.wait(0.1)
        return answer
