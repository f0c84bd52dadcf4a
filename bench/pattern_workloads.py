#!/usr/bin/env python3
"""Writes the workloads of `tidemill-bench pattern`: NAME.rules and NAME.events, JSON lines.

    pattern_workloads.py DIRECTORY [NAME]...

The same files come out each time. About half of the S3 events match one rule; the mixes ask
nested events of city lots what they mostly don't have, as event-ruler's own benchmark does.
"""

import json
import random
import sys
from pathlib import Path

EVENTS = 20_000
TEAMS = 10  # Rules of a bucket.


def line(value):
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def bucket(number):
    return f"data-lake-{number:05d}-bronze"


def hexadecimal(dice, digits):
    return f"{dice.getrandbits(4 * digits):0{digits}x}"


def object_created(dice, bucket_name, key):
    """An event as S3 sends it, about 640 bytes."""
    return {
        "version": "0",
        "id": "-".join(hexadecimal(dice, digits) for digits in (8, 4, 4, 4, 12)),
        "detail-type": "Object Created",
        "source": "aws.s3",
        "account": "123456789012",
        "time": f"2026-11-{dice.randint(1, 28):02d}T{dice.randint(0, 23):02d}:12:45Z",
        "region": "us-east-1",
        "resources": [f"arn:aws:s3:::{bucket_name}"],
        "detail": {
            "version": "0",
            "bucket": {"name": bucket_name},
            "object": {
                "key": key,
                "size": dice.randint(1, 10**9),
                "etag": hexadecimal(dice, 32),
                "version-id": hexadecimal(dice, 32),
                "sequencer": hexadecimal(dice, 18).upper(),
            },
            "request-id": hexadecimal(dice, 16).upper(),
            "requester": "123456789012",
            "source-ip-address": f"10.{dice.randint(0, 255)}.{dice.randint(0, 255)}.7",
            "reason": "PutObject",
        },
    }


def s3_rule(bucket_name, key):
    return {
        "source": ["aws.s3"],
        "detail-type": ["Object Created"],
        "detail": {"bucket": {"name": [bucket_name]}, "object": {"key": [key]}},
    }


def s3_key(dice, folder):
    day = f"year=2026/month={dice.randint(1, 12):02d}/day={dice.randint(1, 28):02d}"
    end = dice.choice(["csv", "parquet"])
    return f"{folder}/{day}/part-{dice.randint(0, 99999):05d}-{hexadecimal(dice, 12)}.{end}"


def buckets(rules, matcher):
    """Ten rules a bucket, each on a prefix and a suffix of the key."""
    dice = random.Random(rules)
    count = max(1, rules // TEAMS)
    patterns = [
        s3_rule(bucket(number), matcher(f"team-{team}/"))
        for number in range(count)
        for team in range(rules // count)
    ]
    events = []
    for _ in range(EVENTS):
        name = bucket(dice.randrange(count))
        events.append(object_created(dice, name, s3_key(dice, f"team-{dice.randrange(TEAMS)}")))
    return patterns, events


def wild(prefix):
    return {"wildcard": prefix + "*.csv"}


def both(prefix):
    return {"prefix": prefix, "suffix": ".csv"}


def one_bucket(rules):
    dice = random.Random(rules + 1)
    patterns = [s3_rule(bucket(0), wild(f"source-{number}/")) for number in range(rules)]
    events = [
        object_created(dice, bucket(0), s3_key(dice, f"source-{dice.randrange(rules)}"))
        for _ in range(EVENTS)
    ]
    return patterns, events


def leading_star(rules):
    dice = random.Random(rules + 2)
    patterns = [
        {"detail": {"object": {"key": [{"wildcard": f"*/x{number}/*"}]}}} for number in range(rules)
    ]
    events = []
    for _ in range(EVENTS):
        # Twice as many folders as rules: half of the events match.
        key = s3_key(dice, f"raw/x{dice.randrange(2 * rules)}")
        events.append(object_created(dice, bucket(0), key))
    return patterns, events


STREETS = ["UNKNOWN", "JEFFERSON", "TAYLOR", "BEACH", "HYDE", "NORTH POINT", "BAY", "LEAVENWORTH"]
KINDS = ["ST", "AVE", "BLVD", "PL"]


def lot(dice):
    """An event like a city's lot: flat properties, then a polygon; about 800 bytes."""
    block, number = f"{dice.randint(1, 9999):04d}", f"{dice.randint(1, 150):03d}"
    corner = (-122.5 + dice.random() / 5, 37.7 + dice.random() / 10)
    points = [
        {
            "x": corner[0] + dice.random() / 1000,
            "y": corner[1] + dice.random() / 1000,
            "z": float(dice.randint(0, 30)),
        }
        for _ in range(7)
    ]
    return {
        "type": "Feature",
        "properties": {
            "MAPBLKLOT": block + number,
            "BLKLOT": block + number,
            "BLOCK_NUM": block,
            "LOT_NUM": number,
            "FROM_ST": str(dice.randint(1, 3000)),
            "TO_ST": str(dice.randint(1, 3000)),
            "STREET": dice.choice(STREETS),
            "ST_TYPE": dice.choice([*KINDS, None]),
            "ODD_EVEN": dice.choice(["E", "O"]),
        },
        "geometry": {"type": "Polygon", "coordinates": points, "srid": 4326},
        "measures": {"area": round(dice.uniform(50, 5000), 3), "floors": dice.randint(1, 40)},
    }


def properties(**fields):
    return {"properties": {name: matchers for name, matchers in fields.items()}}


def near(dice, operator):
    """A point nearly nobody has: x and y of one and the same element of the array."""
    x, y = -122.5 + dice.random() / 5, 37.7 + dice.random() / 10
    if operator == "=":
        return {"x": [{"numeric": ["=", round(x, 6)]}], "y": [{"numeric": ["=", round(y, 6)]}]}
    return {
        "x": [{"numeric": [">", x, "<", x + 0.0005]}],
        "y": [{"numeric": [">", y, "<", y + 0.0005]}],
    }


def mix_rules(name, dice):
    texts = [f"{dice.randint(1, 9999):04d}{dice.randint(1, 150):03d}" for _ in range(8)]
    make = {
        "exact": lambda t: properties(MAPBLKLOT=[t]),
        "prefix": lambda t: properties(MAPBLKLOT=[{"prefix": t[:4]}]),
        "suffix": lambda t: properties(MAPBLKLOT=[{"suffix": t[3:]}]),
        "ignore-case": lambda t: properties(
            STREET=[{"equals-ignore-case": dice.choice(STREETS).title()}], BLOCK_NUM=[t[:4]]
        ),
        "wildcard": lambda t: properties(MAPBLKLOT=[{"wildcard": f"{t[:2]}*{t[5:]}"}]),
        "numeric": lambda t: {"measures": {"area": [{"numeric": [">", 40, "<", 45 + int(t[:2])]}]}},
        "anything-but": lambda t: properties(
            ST_TYPE=[{"anything-but": [*KINDS, t]}], ODD_EVEN=[{"anything-but": "E"}]
        ),
        "arrays": lambda t: {
            "geometry": {
                "type": ["Polygon"],
                "coordinates": near(dice, "=" if int(t) % 2 else "range"),
            }
        },
    }
    return [make[name](text) for text in texts]


def mix(name):
    dice = random.Random(name)
    return mix_rules(name, dice), [lot(dice) for _ in range(EVENTS)]


MIXES = ["exact", "prefix", "suffix", "ignore-case", "wildcard", "numeric", "anything-but", "arrays"]
WORKLOADS = {
    **{f"s3-{n}": (lambda n=n: buckets(n, wild)) for n in (10, 1_000, 10_000, 100_000)},
    **{f"s3-and-{n}": (lambda n=n: buckets(n, both)) for n in (1_000, 100_000)},
    "one-bucket-1000": lambda: one_bucket(1_000),
    "leading-star-1000": lambda: leading_star(1_000),
    **{f"mix-{name}": (lambda name=name: mix(name)) for name in MIXES},
}


def main():
    directory = Path(sys.argv[1])
    directory.mkdir(parents=True, exist_ok=True)
    for name in sys.argv[2:] or WORKLOADS:
        rules, events = WORKLOADS[name]()
        for kind, values in (("rules", rules), ("events", events)):
            text = "".join(line(value) + "\n" for value in values)
            (directory / f"{name}.{kind}").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
