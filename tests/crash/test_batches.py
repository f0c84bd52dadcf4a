"""kill -9 while batches of files are open: every acknowledged file is in exactly one run's manifest."""

import json
import random
import sqlite3
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from botocore.exceptions import BotoCoreError, ClientError
from support import platform
from support.history import FAILED, OK, UNKNOWN, History
from support.waiting import wait_until

CLIENTS = 12
GROUPS = 5

# Writes what it was given under its own run's id; once more would be an error.
COLLECTS = """import os, sys
given = dict(zip(sys.argv[1::2], sys.argv[2::2]))
text = open(given["--manifest"]).read()
assert text.count("\\n") == int(given["--object_count"]), given
with open(os.path.join({notes!r}, given["--JOB_RUN_ID"]), "x") as note: note.write(text)
"""


class Uploads:
    """Clients that upload under ever new keys, or some keys again, until they are told to stop."""

    def __init__(self, server, bucket):
        self.server, self.bucket, self.history = server, bucket, History()

    def put(self, key):
        self.history.invoke("object", [key])
        try:
            self.server.client("s3").put_object(Bucket=self.bucket, Key=key, Body=key.encode())
        except ClientError:
            return self.history.conclude("object", [key], FAILED)
        except BotoCoreError:
            return None
        return self.history.conclude("object", [key], OK)


def query(server, sql):
    with sqlite3.connect(f"file:{server.data}/tidemill.db?mode=ro", uri=True) as database:
        return database.execute(sql).fetchall()


def counts_of(server):
    return Counter(state for (state,) in query(server, "SELECT state FROM deliveries"))


@pytest.mark.parametrize("plan", ["count=7 quiet=150ms window=400ms group=1",
                                  "marker=.done quiet=300ms group=1"])
@pytest.mark.timeout(3600)
def test_kill_while_batches_are_open(server, tmp_path, is_long, seed, plan):
    kills, each = (25, 300) if is_long else (6, 80)
    chance = random.Random(seed)
    notes = tmp_path / "notes"
    notes.mkdir()
    bucket = platform.make_bucket(server, "uploads")
    job = platform.make_job(server, "collects", COLLECTS.format(notes=str(notes)))
    rule = platform.connect(server, bucket, job)
    arn = f"arn:aws:events:us-east-1:{platform.ACCOUNT}:rule/{rule}"
    server.client("events").tag_resource(
        ResourceARN=arn, Tags=[{"Key": "tidemill:batch", "Value": plan}]
    )
    uploads = Uploads(server, bucket)
    killed_open = 0
    for kill in range(kills):
        keys = [f"g{number % GROUPS}/{kill:02}-{number:04}" for number in range(each)]
        keys += [f"g{number % GROUPS}/{kill:02}-{number:04}.done" for number in range(0, each, 9)]
        keys.sort(key=lambda key: key.partition("-")[2])
        server.client("s3")
        with ThreadPoolExecutor(CLIENTS) as pool:
            sent = [pool.submit(uploads.put, key) for key in keys]
            enough = uploads.history.count(OK) + chance.randrange(1, each * 3 // 4)
            wait_until(
                lambda enough=enough, sent=sent: uploads.history.count(OK) >= enough
                or all(one.done() for one in sent),
                60,
            )
            server.kill()
        killed_open += counts_of(server)["batched"] > 0
        server.start()
    assert killed_open, "no kill found a batch open"

    def is_settled():
        return set(counts_of(server)) <= {"done"} and all(
            run["JobRunState"] in platform.FINAL for run in platform.runs_of(server, job)
        )

    wait_until(is_settled, 300, lambda: counts_of(server))
    runs = {run["Id"]: run for run in platform.runs_of(server, job)}
    assert {run["JobRunState"] for run in runs.values()} == {"SUCCEEDED"}
    assert {path.name for path in notes.iterdir()} == set(runs), "each run ran, once"
    told = Counter()
    for path in notes.iterdir():
        lines = [json.loads(line) for line in path.read_text().splitlines()]
        groups = {line["key"].partition("/")[0] for line in lines}
        assert len(groups) <= 1, "a run has the files of one group"
        told.update(line["key"] for line in lines)
    stored = {key for key in keys_of(server, bucket) if not is_marker(plan, key)}
    acknowledged = {k for k in uploads.history.of("object", OK) if not is_marker(plan, k)}
    assert acknowledged <= stored, "an acknowledged upload is gone"
    assert not uploads.history.of("object", FAILED)
    assert set(told) == stored, "a file without a run, or a run without its file"
    assert set(told.values()) <= {1}, f"in two manifests: {told.most_common(3)}"
    result = Counter(query(server, "SELECT result IS NOT NULL FROM deliveries"))
    assert set(result) == {(1,)}, "each delivery ends with its run"
    print(f"seed {seed}: {kills} kills, {killed_open} of them with open batches, "
          f"{len(acknowledged)} acknowledged, {len(uploads.history.of('object', UNKNOWN))} unknown, "
          f"{len(runs)} runs; 0 lost, 0 doubled")
    server.command("check")


def is_marker(plan, key):
    return "marker" in plan and key.endswith(".done")


def keys_of(server, bucket):
    pages = server.client("s3").get_paginator("list_objects_v2").paginate(Bucket=bucket)
    return {item["Key"] for page in pages for item in page.get("Contents", [])}
