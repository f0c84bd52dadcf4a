"""kill -9 while many schedules are due: each planned instant has exactly one delivery."""

import json
import random
import sqlite3
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timezone

import pytest
from support import platform
from support.waiting import wait_until

CLIENTS = 8


def at(epoch):
    return datetime.fromtimestamp(epoch, timezone.utc).strftime("at(%Y-%m-%dT%H:%M:%S)")


def create(server, role, name, epoch):
    server.client("scheduler").create_schedule(
        Name=name,
        ScheduleExpression=at(epoch),
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={
            "Arn": platform.bus_arn(),
            "RoleArn": role,
            "Input": json.dumps({"name": name}),
            "EventBridgeParameters": {"Source": "storm", "DetailType": "Tick"},
        },
    )


def query(server, sql):
    with sqlite3.connect(f"file:{server.data}/tidemill.db?mode=ro", uri=True) as database:
        return database.execute(sql).fetchall()


def undecided(server):
    return query(server, "SELECT count(*) FROM timers WHERE id NOT IN (SELECT timer FROM firings)")


@pytest.mark.timeout(3600)
def test_kill_during_storms(server, is_long, seed):
    storms, each, kills = (25, 400, 50) if is_long else (4, 60, 6)
    chance = random.Random(seed)
    put = {"Effect": "Allow", "Action": "events:PutEvents", "Resource": "*"}
    role = platform.make_role(server, "storm", "scheduler.amazonaws.com", put)
    first = int(time.time()) + 4 + storms * each // 100
    instants = [first + 2 * storm for storm in range(storms)]
    server.client("scheduler")
    with ThreadPoolExecutor(CLIENTS) as pool:
        made = [
            pool.submit(create, server, role, f"s{storm:02}-{number:04}", epoch)
            for storm, epoch in enumerate(instants)
            for number in range(each)
        ]
        for one in made:
            one.result()
    assert time.time() < first, "the machine is too slow to make them before they are due"
    for kill in range(kills):
        storm = instants[kill * storms // kills]
        time.sleep(max(0, storm - time.time()) + chance.random() * 0.2)
        server.kill()
        server.start()
    wait_until(lambda: time.time() > instants[-1] and undecided(server) == [(0,)], 120)
    server.stop()
    started = query(server, """
        SELECT t.arn, f.planned_ms / 1000, f.fate, count(d.id), min(d.state)
        FROM timers t JOIN firings f ON f.timer = t.id LEFT JOIN deliveries d ON d.event = f.event
        GROUP BY t.arn, f.planned_ms""")
    assert len(started) == storms * each
    assert Counter(row[1] for row in started) == dict.fromkeys(instants, each)
    assert {(fate, count, state) for _, _, fate, count, state in started} <= {
        ("fired", 1, "done"), ("late", 1, "done")
    }
    ticks = query(server, "SELECT envelope FROM events WHERE envelope LIKE '%\"source\":\"storm\"%'")
    names = Counter(json.loads(row[0])["detail"]["name"] for row in ticks)
    assert len(names) == storms * each and set(names.values()) == {1}
