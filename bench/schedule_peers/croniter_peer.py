"""`tidemill-bench schedule next_each` for croniter: one line of JSON an expression.

    python croniter_peer.py EXPRESSIONS SECONDS

EXPRESSIONS is a file of AWS's, one a line; SECONDS are for each.
"""

import json
import re
import sys
import time

from croniter import croniter

FROM = 1767225600  # 2026-01-01T00:00:00Z
ROUND = 500


def translated(expression):
    """As croniter writes it: no ?, Sunday is 0, the last Friday L5, the seconds and the year last."""
    minute, hour, day, month, weekday, year = expression[len("cron(") : -1].split()
    weekday = re.sub(r"\d+(?=L|#|$)", lambda m: str(int(m[0]) - 1), weekday, count=1)
    weekday = re.sub(r"^(\d)L$", r"L\1", weekday)
    fields = [minute, hour, day, month, weekday, "0", year]
    return " ".join("*" if field == "?" else field for field in fields)


def run_round(expression):
    """The next 500 instants, one after the other; after the last from the start: their sum."""
    total = 0
    times = croniter(expression, FROM, ret_type=float)
    for _ in range(ROUND):
        try:
            at = times.get_next()
        except ValueError:  # Never again.
            times.set_current(FROM)
            at = FROM
        total += int(at)
    return total


def main():
    seconds = float(sys.argv[2])
    for expression in open(sys.argv[1], encoding="utf-8").read().splitlines():
        line = {"engine": "croniter", "expression": expression}
        try:
            text = translated(expression)
            line["sum_s"] = run_round(text)
        except ValueError:
            print(json.dumps(line | {"refused": True}), flush=True)
            continue
        begun, done = time.thread_time(), 0
        while time.thread_time() - begun < seconds:
            run_round(text)
            done += ROUND
        line["per_cpu_s"] = round(done / (time.thread_time() - begun))
        print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main()
