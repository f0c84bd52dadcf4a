"""kill -9 at random moments and at every failpoint, while objects, events and messages come in.
A separate checker (support/history.py) compares what clients were told with what is there."""

import json
import os
import random
import statistics
import time
from collections import Counter

import pytest
from support.crash_clients import Traffic
from support import platform
from support.failpoints import failpoint_names
from support.history import OK, UNKNOWN, History, compare, read_store, waiting_batches
from support.receiver import Receiver
from support.server import Server
from support.waiting import wait_until
from support.webhooks import INVOKE, make_connection, make_destination

LIVES, CHECK_EVERY = 104, 35
REACHED_WITHIN_S = 8
# Passed seldom in the life of a server: at their first passing, or the second.
SELDOM = ("glue.", "logs.", "schedule.", "store.checkpoint", "object.remove", "events.retry",
          "events.batch.", "outside.token")

HELD = """import os, time
while not os.path.exists({gate!r}): time.sleep(0.2)
"""
NOTES_ITSELF = """import sys
with open({notes!r}, "a") as notes: notes.write(sys.argv[sys.argv.index("--JOB_RUN_ID") + 1] + "\\n")
"""


COLLECTS = """import json, sys
given = dict(zip(sys.argv[1::2], sys.argv[2::2]))
keys = [json.loads(line)["key"] for line in open(given["--manifest"])]
with open({notes!r}, "a") as notes: notes.write(json.dumps([given["--JOB_RUN_ID"], keys]) + "\\n")
"""


def to_queue(server, name, kinds, queue, **target):
    pattern = {"source": ["crash.client"], "detail-type": kinds}
    entry = {"Id": "q", "Arn": platform.queue_arn(queue)} | target
    platform.put_rule(server, name, entry, pattern=pattern)


def hooks():
    """The server outside: gives tokens that last a second, and has no time for a tenth of the events
    when they come for the first two times. More often, and they would come again only after minutes."""
    tries = Counter()

    def answer(request):
        if request.path == "/token":
            return 200, {}, json.dumps({"access_token": "t", "expires_in": 61}).encode()
        tries[request.key] += 1
        return 503 if hash(request.body) % 10 == 0 and tries[request.key] <= 2 else 200

    return answer


def to_topic(server, kind, queue):
    """Events of `kind` go through a topic to a queue, or to the dead letters."""
    sns = server.client("sns")
    arn = platform.topic_arn(kind)
    policy = platform.policy(platform.let("events", "sns:Publish", arn))
    sns.create_topic(Name=kind, Attributes={"Policy": policy})
    sns.subscribe(
        TopicArn=arn, Protocol="sqs", Endpoint=platform.queue_arn(queue),
        Attributes={
            "RawMessageDelivery": "true",
            "RedrivePolicy": json.dumps({"deadLetterTargetArn": platform.queue_arn("dead")}),
        },
    )
    pattern = {"source": ["crash.client"], "detail-type": [kind]}
    platform.put_rule(server, kind, {"Id": "t", "Arn": arn}, pattern=pattern)


class Proof:
    """One data directory through many deaths of its server."""

    def __init__(self, directory, seed):
        self.seed, self.runs = seed, 0
        self.gate, self.notes = directory / "gate", directory / "notes"
        self.collected = directory / "collected"
        self.server = Server(directory / "data", "--max-running", "4", "--allow-failpoints",
                             "--allow-local-targets")
        self.outside = Receiver(hooks())
        self.chance = random.Random(seed)
        self.history = History()
        self.numbers = iter(range(10**8))
        self.deleted, self.recoveries = set(), []
        self.reached = Counter()

    def make_platform(self):
        server = self.server.start()
        sqs = server.client("sqs")
        allow = [platform.let(service, "sqs:SendMessage", "*") for service in ("events", "sns")]
        for queue in ("inbox", "told", "dead"):
            more = {} if queue == "inbox" else {"Policy": platform.policy(*allow)}
            sqs.create_queue(QueueName=queue, Attributes={"VisibilityTimeout": "1"} | more)
        for bucket in ("uploads", "scratch"):
            platform.make_bucket(server, bucket, events=bucket == "uploads")
        one = {"MaxConcurrentRuns": 1}
        held = platform.make_job(
            server, "held", HELD.format(gate=str(self.gate)), ExecutionProperty=one
        )
        quick = platform.make_job(server, "quick", NOTES_ITSELF.format(notes=str(self.notes)))
        platform.connect(server, "uploads", held)
        kind = {"source": ["crash.client"], "detail-type": ["run"]}
        platform.connect(server, "uploads", quick, pattern=kind)
        self.make_workflow(server, kind)
        self.make_batches()
        to_queue(server, "told", ["plain"], "told")
        dead = {"DeadLetterConfig": {"Arn": platform.queue_arn("dead")}}
        to_queue(server, "dead", ["dead"], "nowhere", **dead)
        self.make_hook()
        to_topic(server, "fanned", "told")
        to_topic(server, "buried", "nowhere")
        put = {"Effect": "Allow", "Action": "events:PutEvents", "Resource": "*"}
        platform.make_role(server, "storm", "scheduler.amazonaws.com", put)
        server.kill()

    def make_workflow(self, server, kind):
        """Two events start a run of it, or a second after one: the job "then" twice, in turn."""
        glue = server.client("glue")
        then = platform.make_job(server, "then", NOTES_ITSELF.format(notes=str(self.notes)))
        glue.create_workflow(Name="flow", MaxConcurrentRuns=2)
        glue.create_trigger(Name="first", Type="EVENT", WorkflowName="flow",
                            Actions=[{"JobName": then}],
                            EventBatchingCondition={"BatchSize": 2, "BatchWindow": 1})
        ended = {"LogicalOperator": "EQUALS", "JobName": then, "State": "SUCCEEDED"}
        glue.create_trigger(Name="second", Type="CONDITIONAL", WorkflowName="flow",
                            Actions=[{"JobName": then}], StartOnCreation=True,
                            Predicate={"Logical": "ANY", "Conditions": [ended]})
        arn = f"arn:aws:glue:us-east-1:{platform.ACCOUNT}:workflow/flow"
        notify = {"Effect": "Allow", "Action": "glue:notifyEvent", "Resource": arn}
        role = platform.make_role(server, "flow-events", "events.amazonaws.com", notify)
        platform.put_rule(server, "flow", {"Id": "w", "Arn": arn, "RoleArn": role}, pattern=kind)

    def make_hook(self):
        """Events of the type "out" go to the server outside."""
        auth = {"OAuthParameters": {
            "ClientParameters": {"ClientID": "crash", "ClientSecret": "secret"},
            "AuthorizationEndpoint": f"{self.outside.url}/token", "HttpMethod": "POST"}}
        connection = make_connection(self.server, "hook", "OAUTH_CLIENT_CREDENTIALS", auth)
        events = self.server.client("events")
        wait_until(
            lambda: events.describe_connection(Name="hook")["ConnectionState"] == "AUTHORIZED",
            10, "the connection to be authorized",
        )
        arn = make_destination(self.server, "hook", f"{self.outside.url}/hook", connection)
        role = platform.make_role(self.server, "hook", "events.amazonaws.com", INVOKE)
        entry = {"Id": "hook", "Arn": arn, "RoleArn": role}
        pattern = {"source": ["crash.client"], "detail-type": ["out"]}
        platform.put_rule(self.server, "out", entry, pattern=pattern)

    def has_sent_all(self):
        listed = self.server.command("deliveries", "list", "--rule", "out", "--state", "pending",
                                     "--json")
        return not json.loads(listed.stdout)["deliveries"]

    def keys_of_hooks(self):
        """By event: the idempotency keys under which it came."""
        keys = {}
        for request in self.outside.requests("/hook"):
            keys.setdefault(request.json()["detail"]["id"], set()).add(request.key)
        return keys

    def make_batches(self):
        """A tenth of the uploads start runs together."""
        server = self.server
        job = platform.make_job(server, "collects", COLLECTS.format(notes=str(self.collected)))
        keys = [{"suffix": "7"}, {"suffix": ".manifest"}]
        pattern = {"source": ["aws.s3"], "detail-type": ["Object Created"],
                   "detail": {"bucket": {"name": ["uploads"]}, "object": {"key": keys}}}
        rule = platform.connect(server, "uploads", job, pattern=pattern)
        plan = {"Key": "tidemill:batch", "Value": "count=5 quiet=100ms manifest=.manifest"}
        server.client("events").tag_resource(
            ResourceARN=f"arn:aws:events:us-east-1:{platform.ACCOUNT}:rule/{rule}", Tags=[plan]
        )

    def start(self, failpoints):
        """False if it crashed while it started, as the failpoint wanted."""
        self.server.environment = {"TIDEMILL_FAILPOINTS": failpoints} if failpoints else {}
        begun = time.monotonic()
        try:
            self.server.start()
        except AssertionError:
            assert failpoints, self.server.log()[-3000:]
            self.server.process.wait()
            return False
        self.recoveries.append(time.monotonic() - begun)
        return True

    def live(self, failpoint=None):
        """One life: until the failpoint, or some acknowledgements and a kill at random."""
        spec = ""
        if failpoint:
            latest = 2 if failpoint.startswith(SELDOM) else 12
            spec = f"{failpoint}=crash@{self.chance.randint(1, latest)}"
        before = self.server.log().count(f"failpoint {failpoint}: crash") if failpoint else 0
        if self.start(spec):
            traffic = Traffic(self.server, self.history, self.numbers, self.chance)
            traffic.start()
            self.let_die(traffic, failpoint)
            traffic.stop()
            self.deleted |= traffic.deleted
        if failpoint:
            after = self.server.log().count(f"failpoint {failpoint}: crash")
            self.reached[failpoint] += after - before

    def let_die(self, traffic, failpoint):
        enough = self.chance.randint(1, 300)
        end = time.monotonic() + REACHED_WITHIN_S
        while self.server.is_running and time.monotonic() < end:
            if not failpoint and traffic.acknowledged >= enough:
                break
            if failpoint == "store.checkpoint" and traffic.acknowledged >= enough:
                traffic.is_over.set()  # It checkpoints when nobody writes.
            time.sleep(0.002)
        if self.server.is_running:
            self.server.kill()
        self.server.process.wait()

    def check(self):
        """Starts it without failpoints, lets it settle, ends it, and compares."""
        assert self.start("")

        def is_whole():
            finished = self.server.command("check", check=False)
            return finished.returncode == 0

        wait_until(is_whole, 60, lambda: self.server.command("check", check=False).stdout)
        wait_until(lambda: runs_are_over(self.server, "quick"), 120, "the quick runs to end")
        wait_until(lambda: not is_collecting(self.server), 120, "batches to start their runs")
        wait_until(lambda: runs_are_over(self.server, "collects"), 120, "the batches' runs to end")
        wait_until(lambda: workflow_is_over(self.server), 120, "the workflow's runs to end")
        wait_until(self.has_sent_all, 60, "what goes outside to be there")
        assert self.server.stop() == 0
        stored = read_store(self.server.data)
        broken = compare(self.history, stored, self.deleted, self.keys_of_hooks())
        broken += self.compare_batches(stored)
        assert not broken, f"seed {self.seed}:\n" + "\n".join(broken)
        noted = Counter(self.notes.read_text().split()) if self.notes.exists() else Counter()
        assert set(noted.values()) <= {1}, f"a script ran twice: {noted.most_common(3)}"
        return noted

    def compare_batches(self, stored):
        """Every upload for a batch is in one manifest, and each run had its own."""
        lines = self.collected.read_text().splitlines() if self.collected.exists() else []
        told = [json.loads(line) for line in lines]
        runs = Counter(run for run, _ in told)
        keys = Counter(key for _, of_run in told for key in of_run)
        wanted = {key for key in stored.objects if key.endswith("7")}
        twice = [key for counter in (runs, keys) for key, count in counter.items() if count > 1]
        found = {"in no manifest": wanted - set(keys), "in a manifest and not stored":
                 set(keys) - wanted, "in two manifests, or run twice": set(twice)}
        return [f"{len(some)} {what}: {sorted(some)[:3]}" for what, some in found.items() if some]


def runs_are_over(server, job):
    return all(run["JobRunState"] in platform.FINAL for run in platform.runs_of(server, job))


def is_collecting(server):
    said = server.command("deliveries", "list", "--state", "batched", "--json").stdout
    return json.loads(said)["deliveries"]


def workflow_is_over(server):
    """Its runs have ended and no event waits: one is a batch for a second at most."""
    runs = server.client("glue").get_workflow_runs(Name="flow", MaxResults=1000)["Runs"]
    return all(run["Status"] == "COMPLETED" for run in runs) and not waiting_batches(server.data)


def prove(directory, seed):
    """One data directory from its first life to its last."""
    directory.mkdir()
    names = failpoint_names()
    plan = names * 2
    plan += [None] * (LIVES - len(plan))
    proof = Proof(directory, seed)
    proof.make_platform()
    try:
        proof.chance.shuffle(plan)
        for number, failpoint in enumerate(plan, 1):
            proof.live(failpoint)
            if number % CHECK_EVERY == 0:
                proof.check()
        proof.runs = len(proof.check())
    finally:
        proof.gate.touch()
        proof.outside.close()
        if proof.server.is_running:
            proof.server.kill()
    took = sorted(proof.recoveries)
    print(
        f"seed {seed}: {LIVES} kills, {sum(proof.reached.values())} of them at failpoints, "
        f"{proof.history.count(OK)} acknowledged, {proof.history.count(UNKNOWN)} unknown, "
        f"{proof.runs} runs; 0 lost, 0 doubled, 0 orphans; ready again after "
        f"{statistics.median(took) * 1000:.0f} ms, p99 {took[len(took) * 99 // 100] * 1000:.0f} ms"
    )
    return proof


@pytest.mark.timeout(7200)
def test_kill_at_every_failpoint_and_at_random(tmp_path, is_long, seed):
    rounds = 20 if is_long else 1
    proofs = [prove(tmp_path / str(number), seed + number) for number in range(rounds)]
    reached = sum((proof.reached for proof in proofs), Counter())
    missed = [name for name in failpoint_names() if not reached[name]]
    assert not missed, f"never reached: {missed}"
    assert sum(proof.history.count(OK) for proof in proofs) >= 10_000
