"""What clients were told, against what is there afterwards.

Clients write down each request before it is sent ("invoked") and what came of it: "ok", "failed"
(the server said no, so it must not have happened) or "unknown" (no answer, or one that promises
nothing). The checker knows nothing of the server but its files.
"""

import json
import sqlite3
import threading
from collections import Counter
from dataclasses import dataclass, field

OK, FAILED, UNKNOWN = "ok", "failed", "unknown"


class History:
    """Thread-safe. An id is one object, event or message; each is sent once."""

    def __init__(self):
        self.lock = threading.Lock()
        self.outcomes = {}  # (kind, id) -> outcome; unknown from the moment it is sent

    def invoke(self, kind, ids):
        with self.lock:
            self.outcomes |= {(kind, one): UNKNOWN for one in ids}

    def conclude(self, kind, ids, outcome):
        with self.lock:
            self.outcomes |= {(kind, one): outcome for one in ids}

    def of(self, kind, outcome):
        with self.lock:
            return {i for (k, i), told in self.outcomes.items() if (k, told) == (kind, outcome)}

    def count(self, outcome):
        with self.lock:
            return sum(told == outcome for told in self.outcomes.values())


@dataclass
class Stored:
    """What is in the data directory of a server that has ended."""

    objects: dict  # key -> size
    events: Counter  # id of a PutEvents entry -> how often
    uploads: Counter  # key -> its "Object Created" events
    messages: Counter  # body -> how often, in the clients' queue
    told: Counter  # id of an entry -> messages that its rule, topic or dead letter made
    kinds: dict  # id of an entry -> its detail type
    deliveries: list  # (event, rule, target, state, due, waits)
    stranded: set  # deliveries that are in no batch which is open or whose first one is pending
    in_batches: Counter  # key -> batches that have it
    astray: set  # files of deliveries in a batch that doesn't have them
    starts: Counter  # delivery -> runs
    batched: Counter  # id of an entry -> workflow runs that tell of it
    orphans: set  # files under objects/ that no row names
    missing: set  # files that a row names and that aren't there
    findings: list = field(default_factory=list)


def rows(database, sql):
    return database.execute(sql).fetchall()


def open_store(data):
    return sqlite3.connect(f"file:{data}/tidemill.db?mode=ro", uri=True)


def waiting_batches(data):
    """How many batches of events have started no workflow run yet."""
    database = open_store(data)
    (count,), = rows(database, "SELECT count(*) FROM glue_batches")
    database.close()
    return count


def read_store(data):
    """The rows as SQLite gives them to anybody."""
    database = open_store(data)
    entries, uploads, kinds, entry_of = Counter(), Counter(), {}, {}
    for subject, envelope in rows(database, "SELECT subject, envelope FROM events"):
        event = json.loads(envelope)
        if event["source"] == "crash.client":
            entries[event["detail"]["id"]] += 1
            kinds[event["detail"]["id"]] = event["detail-type"]
            entry_of[event["id"]] = event["detail"]["id"]
        elif event["detail-type"] == "Object Created":
            uploads[event["detail"]["object"]["key"]] += 1
    messages = ("SELECT m.body FROM sqs_messages m JOIN sqs_queues q ON q.box = m.box"
                " WHERE q.name {} 'inbox'")
    named = {name for (name,) in rows(database, "SELECT file FROM bodies WHERE file IS NOT NULL")}
    doomed = {name for (name,) in rows(database, "SELECT file FROM garbage")}
    root = data / "objects"
    files = {path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()}
    stored = Stored(
        objects={bytes(key).decode(): size for key, size in rows(
            database, "SELECT o.key, o.size FROM objects o JOIN buckets b ON b.id = o.bucket"
            " WHERE b.name = 'uploads'")},
        events=entries,
        uploads=uploads,
        messages=Counter(body for (body,) in rows(database, messages.format("="))),
        told=Counter(json.loads(body)["detail"]["id"]
                     for (body,) in rows(database, messages.format("<>"))),
        kinds=kinds,
        deliveries=rows(database, "SELECT event, rule_arn, target_id, state, due_ms, waits"
                        " FROM deliveries"),
        stranded={row for (row,) in rows(database, """
            SELECT d.id FROM deliveries d LEFT JOIN batches b ON b.id = d.batch
            LEFT JOIN deliveries first ON first.id = d.batch WHERE d.state = 'batched'
            AND coalesce(b.state, '') <> 'open' AND coalesce(first.state, '') <> 'pending'""")},
        in_batches=Counter(row for (row,) in rows(database, "SELECT file FROM batch_files")),
        astray={row for (row,) in rows(database, """
            SELECT e.subject FROM deliveries d JOIN events e ON e.seq = d.event
            WHERE d.batch IS NOT NULL AND e.subject NOT LIKE '%.manifest' AND NOT EXISTS
            (SELECT 1 FROM batch_files f WHERE f.batch = d.batch AND f.file = e.subject)""")},
        starts=Counter(row for (row,) in rows(
            database, "SELECT delivery FROM glue_runs WHERE delivery > 0")),
        batched=Counter(entry_of[one] for (properties,) in rows(
            database, "SELECT properties FROM glue_workflow_runs")
            for one in json.loads(properties)["aws:eventIds"][1:-1].split(", ")),
        orphans=files - named - doomed,
        missing=named - files,
        findings=[text for (text,) in rows(database, "PRAGMA integrity_check") if text != "ok"],
    )
    database.close()
    return stored


def compare(history, stored, deleted=frozenset(), hooks=None):
    """Every broken promise, in words. `deleted`: messages whose deletion was asked for; `hooks`:
    by event, the idempotency keys under which a server outside was told of it."""
    broken = list(stored.findings)

    def expect(what, wrong):
        if wrong:
            broken.append(f"{len(wrong)} {what}: {sorted(map(str, wrong))[:3]}")

    present = {"object": set(stored.objects), "event": set(stored.events),
               "message": set(stored.messages)}
    for kind, there in present.items():
        gone = deleted if kind == "message" else frozenset()
        expect(f"acknowledged {kind}s lost", history.of(kind, OK) - there - gone)
        expect(f"refused {kind}s there all the same", history.of(kind, FAILED) & there)
        known = set.union(*(history.of(kind, told) for told in (OK, FAILED, UNKNOWN)))
        expect(f"{kind}s that nobody sent", there - known)
    expect("events doubled", [key for key, count in stored.events.items() if count > 1])
    expect("objects without their event", present["object"] - set(stored.uploads))
    expect("events without their object", set(stored.uploads) - present["object"])
    expect("uploads told twice", [key for key, count in stored.uploads.items() if count > 1])
    expect("messages doubled", [key for key, count in stored.messages.items() if count > 1])
    expect("deliveries started twice", [key for key, count in stored.starts.items() if count > 1])
    in_queue = {i for i, kind in stored.kinds.items() if kind not in ("run", "out")}
    expect("events without their message", in_queue - set(stored.told))
    expect("messages without their event", set(stored.told) - in_queue)
    expect("events told twice", [i for i, count in stored.told.items() if count > 1])
    for_workflow = {i for i, kind in stored.kinds.items() if kind == "run"}
    expect("events without their workflow run", for_workflow - set(stored.batched))
    expect("events in two workflow runs", [i for i, n in stored.batched.items() if n > 1])
    if hooks is not None:
        outside = {i for i, kind in stored.kinds.items() if kind == "out"}
        expect("events that never went outside", outside - set(hooks))
        expect("events outside that nobody published", set(hooks) - outside)
        expect("repetitions with another key", [i for i, keys in hooks.items() if len(keys) > 1])
    expect("orphan files", stored.orphans)
    expect("files missing", stored.missing)
    doubled = Counter(row[:3] for row in stored.deliveries)
    expect("deliveries doubled", [key for key, count in doubled.items() if count > 1])
    stuck = [row for row in stored.deliveries
             if row[3] not in ("done", "failed", "batched")
             and not (row[3] == "pending" and row[4])]
    expect("deliveries neither final nor due", stuck)
    expect("deliveries whose batch has ended without them", stored.stranded)
    expect("files in two batches", [key for key, count in stored.in_batches.items() if count > 1])
    expect("files that their batch doesn't have", stored.astray)
    return broken
