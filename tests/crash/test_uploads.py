"""kill -9 while uploads come in: every acknowledged key is there and started exactly one run."""

import random
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from botocore.exceptions import BotoCoreError, ClientError
from support import platform
from support.waiting import wait_until

CLIENTS = 16


class Uploads:
    """Clients that upload until told to stop; remembers which keys were acknowledged."""

    def __init__(self, server, bucket):
        self.server, self.bucket = server, bucket
        self.acknowledged, self.tried = set(), set()
        self.lock = threading.Lock()

    def put(self, key):
        with self.lock:
            self.tried.add(key)
        try:
            body = key.encode() * (1 if len(self.tried) % 3 else 20_000)
            self.server.client("s3").put_object(Bucket=self.bucket, Key=key, Body=body)
        except (BotoCoreError, ClientError):
            return
        with self.lock:
            self.acknowledged.add(key)


def settle(server, job):
    """Waits until no delivery and no run is open; how many runs each key had."""

    def at_rest():
        runs = platform.runs_of(server, job)
        return runs if all(run["JobRunState"] in platform.FINAL for run in runs) else None

    runs = wait_until(at_rest, 600, "all runs to end")
    return Counter(run["Arguments"]["--object_key"] for run in runs), runs


def keys_of(server, bucket):
    pages = server.client("s3").get_paginator("list_objects_v2").paginate(Bucket=bucket)
    return {item["Key"] for page in pages for item in page.get("Contents", [])}


@pytest.mark.timeout(3600)
def test_kill_during_uploads(server, is_long, seed):
    kills, count = (20, 1000) if is_long else (5, 120)
    chance = random.Random(seed)
    bucket = platform.make_bucket(server, "uploads")
    job = platform.make_job(
        server, "job", "pass\n", ExecutionProperty={"MaxConcurrentRuns": count}
    )
    platform.connect(server, bucket, job)
    uploads = Uploads(server, bucket)
    server.client("s3")
    each = count // kills
    for kill in range(kills):
        keys = [f"{kill:02}/{number:04}.csv" for number in range(each)]
        with ThreadPoolExecutor(CLIENTS) as pool:
            sent = [pool.submit(uploads.put, key) for key in keys]
            # After so many acknowledgements; the rest are in flight or not begun.
            enough = kill * each // 2 + chance.randrange(1, each)
            wait_until(
                lambda enough=enough, sent=sent: len(uploads.acknowledged) >= enough
                or all(one.done() for one in sent),
                60,
            )
            server.kill()
        server.start()
    stored = keys_of(server, bucket)
    assert uploads.acknowledged <= stored, "an acknowledged upload is gone"
    for key in random.Random(seed).sample(sorted(stored), min(20, len(stored))):
        body = server.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
        assert body in (key.encode(), key.encode() * 20_000)
    wait_until(lambda: len(platform.runs_of(server, job)) >= len(stored), 120)
    counted, runs = settle(server, job)
    assert set(counted) == stored, "a key without a run, or a run without its key"
    assert set(counted.values()) == {1}, counted.most_common(3)
    # A run that had begun when its server died may have been lost with it, with a reason; never
    # may a run be without an end.
    failed = [run for run in runs if run["JobRunState"] != "SUCCEEDED"]
    assert all(run["ErrorMessage"] for run in failed), failed[:3]
    assert failed == [], "jobs outlive their server, so none is lost"
    server.command("check")
