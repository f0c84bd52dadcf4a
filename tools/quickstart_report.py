#!/usr/bin/env python3
"""What ./quickstart shows: waits for the run of an upload, draws its timeline, prints rows.

    quickstart_report.py wait --program P --data DIR --uri s3://… --since MS --story FILE --run FILE
    quickstart_report.py timeline < story.json
    quickstart_report.py rows < rows.jsonl

Only the standard library.
"""

import argparse
import json
import subprocess
import sys
import time

FINAL = {"SUCCEEDED", "FAILED", "TIMEOUT", "STOPPED", "ERROR", "EXPIRED"}
BAR = 40


def newest_delivery(story):
    """(event, rule, delivery, run) of the newest event; None for what isn't there."""
    for event in story.get("events", [])[:1]:
        for rule in event.get("rules", []):
            for delivery in rule.get("deliveries", []):
                return event, rule, delivery, delivery.get("run")
        return event, None, None, None
    return None, None, None, None


def ask(args):
    command = [args.program, "explain", args.uri, "--json", "--data", args.data]
    answer = subprocess.run(command, capture_output=True, text=True, timeout=60)
    if answer.returncode != 0:
        sys.exit(f"tidemill explain failed: {answer.stderr.strip()}")
    return json.loads(answer.stdout)


def wait(args):
    deadline = time.monotonic() + args.deadline
    while True:
        story = ask(args)
        event, _, _, run = newest_delivery(story)
        # The event's clock and ours are the same machine's; 2 s are for rounding.
        if event and event["published_ms"] >= args.since - 2000 and run and run["state"] in FINAL:
            break
        if time.monotonic() > deadline:
            sys.exit(f"No run ended within {args.deadline} s: {story.get('conclusion', '')}")
        time.sleep(0.1)
    with open(args.story, "w", encoding="utf-8") as file:
        json.dump(story, file)
    with open(args.run, "w", encoding="utf-8") as file:
        file.write(run["id"] + "\n")
    if run["state"] != "SUCCEEDED":
        sys.exit(f"Run {run['id']} ended {run['state']}: {run.get('error', '')}")


def steps(story):
    """(what, milliseconds of the clock, note), in order."""
    event, rule, delivery, run = newest_delivery(story)
    stored = story["object"]
    note = f"{stored['uri']}, {stored['size']} bytes"
    found = [("uploaded", stored.get("last_modified_ms"), note)]
    found.append(("event", event["published_ms"], f"{event['detail_type']} {event['id']}"))
    found.append(("matched", delivery["created_ms"], f"rule {rule['name']}"))
    found.append(("started", run.get("spawned_ms"), f"run {run['id'][:19]}…"))
    found.append(("first line", run.get("first_line_ms"), "of the job's Python"))
    found.append((run["state"].lower(), run.get("completed_ms"), run.get("error") or ""))
    return [step for step in found if step[1] is not None]


def timeline(story):
    found = steps(story)
    zero, last = found[0][1], found[-1][1]
    scale = BAR / max(1, last - zero)
    print(f"{'':2}{'STEP':<12}{'AT':>9}  {'':{BAR + 1}} WHAT")
    for what, at, note in found:
        offset = at - zero
        bar = "." * round(offset * scale) + "o"
        print(f"  {what:<12}{offset:>6} ms  {bar:<{BAR + 1}} {note}")


def rows(lines):
    records = [json.loads(line) for line in lines if line.strip()]
    if not records:
        print("  (none)")
        return
    columns = list(records[0])
    table = [[str(record.get(name, "")) for name in columns] for record in records]
    widths = [max(map(len, column)) for column in zip(columns, *table)]
    numeric = [isinstance(records[0][name], (int, float)) for name in columns]
    for cells in [columns, *table]:
        padded = (
            cell.rjust(width) if right else cell.ljust(width)
            for cell, width, right in zip(cells, widths, numeric)
        )
        print("  " + "  ".join(padded).rstrip())


def main():
    parser = argparse.ArgumentParser()
    commands = parser.add_subparsers(dest="command", required=True)
    waiting = commands.add_parser("wait")
    for name in ("program", "data", "uri", "story", "run"):
        waiting.add_argument("--" + name, required=True)
    waiting.add_argument("--since", type=int, required=True)
    waiting.add_argument("--deadline", type=int, default=120)
    commands.add_parser("timeline")
    commands.add_parser("rows")
    args = parser.parse_args()
    if args.command == "wait":
        wait(args)
    elif args.command == "timeline":
        timeline(json.load(sys.stdin))
    else:
        rows(sys.stdin)


if __name__ == "__main__":
    main()
