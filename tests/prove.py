#!/usr/bin/env python3
"""The proofs of delivery (docs/reliability.md), one after the other, and a table of their counts.

    tests/prove.py [--long] [PROOF]...     `./test --prove` builds first and runs this

Each proof prints its seeds and counts; its whole output is in build/test/prove-NUMBER.log. The last
line is "N passed, N failed".
"""

import argparse
import os
import re
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent
BUILD = TOP / "build/dev"
REPORTS = TOP / "build/test"
PROGRAM = os.environ.get("TIDEMILL_PROGRAM", str(BUILD / "tidemill"))


def unit(folder, tests):
    return [str(BUILD / f"src/{folder}_test"), f"--gtest_filter={tests}"]


def pytest(where, *chosen):
    return [sys.executable, "-m", "pytest", "-c", "tests/pytest.ini", f"tests/{where}", "-q", "-s", *chosen]


@dataclass
class Proof:
    number: int
    what: str
    commands: list
    counts: str  # What the lines with counts look like.
    long: dict = field(default_factory=dict)  # Variables of the long form.


PROOFS = [
    Proof(1, "kill -9 at random and at every failpoint", [pytest("crash", "-k", "failpoint and not names")],
          r"\d+ kills"),
    Proof(2, "power cuts",
          [unit("store", "PowerCut.Loses*"), unit("s3", "PowerCut.Loses*")],
          r"power cuts", {"TIDEMILL_CUTS": "20000"}),
    Proof(3, "each operation of the disk fails; the disk is full",
          [unit("store", "EachOperation*:FullDisk*"), unit("s3", "EachOperation*"),
           pytest("functional/test_full_disk.py")],
          r"\d+ faults|\d+ passed"),
    Proof(4, "simulated days",
          [unit("server", "Seeds/*")] * 2,
          r"\d+ days", {"TIDEMILL_SEEDS": "2500"}),
    Proof(5, "targets that fail in each way", [unit("events", "FailingTarget*")], r"\d+ tries"),
    Proof(6, "bursts, then silence", [pytest("functional/test_deliveries.py", "-k", "at_once")],
          r"uploads at once"),
    Proof(7, "more than it can take", [pytest("functional/test_overload.py")], r"PUTs at once|\d+ passed"),
]


def run(proof, is_long):
    """(passed, the lines with counts, seconds)"""
    begun = time.monotonic()
    environment = os.environ | {"TIDEMILL_PROGRAM": PROGRAM}
    if is_long:
        environment |= {"TIDEMILL_LONG": "1"} | proof.long
    running = []
    shards = len(proof.commands) if proof.number == 4 else 1
    for number, command in enumerate(proof.commands):
        shard = {"GTEST_TOTAL_SHARDS": str(shards), "GTEST_SHARD_INDEX": str(number)} if shards > 1 else {}
        one = subprocess.Popen(command, cwd=TOP, env=environment | shard, text=True,
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        running.append(one)
        if shards == 1:
            one.output = one.communicate()[0]
    for one in running:
        if shards > 1:
            one.output = one.communicate()[0]
    output = "".join(one.output for one in running)
    (REPORTS / f"prove-{proof.number}.log").write_text(output)
    lines = [line.strip(". ") for line in output.splitlines() if re.search(proof.counts, line)]
    passed = all(one.returncode == 0 for one in running) and bool(lines)
    return passed, lines, time.monotonic() - begun


def summed(lines):
    """Lines of the same form, their numbers added up."""
    total = Counter()
    for line in lines:
        for number, what in re.findall(r"(\d+) ([a-z][a-z ]*)", line.split(":", 1)[-1]):
            total[what.strip()] += int(number)
    return ", ".join(f"{number:,} {what}" for what, number in total.items())


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--long", action="store_true", help="the long form: hours instead of minutes")
    parser.add_argument("proof", nargs="*", type=int, help="only these, by number")
    given = parser.parse_args()
    REPORTS.mkdir(parents=True, exist_ok=True)
    passed = failed = 0
    for proof in PROOFS:
        if given.proof and proof.number not in given.proof:
            continue
        print(f"{proof.number} {proof.what} ...", flush=True)
        well, lines, seconds = run(proof, given.long)
        counts = summed(lines) if proof.number == 4 else "; ".join(lines)
        print(f"| {proof.number} | {proof.what} | {counts} | {'proved' if well else 'FAILED'} in {seconds:.0f} s |",
              flush=True)
        passed, failed = passed + well, failed + (not well)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
