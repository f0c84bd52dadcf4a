#!/usr/bin/env python3
"""Measures event patterns: all workloads, and aws/event-ruler beside them where Java is.

    pattern_compare.py [--seconds N] [--build DIR] [--no-java] [NAME]...

Makes the workloads (pattern_workloads.py) and fetches event-ruler (Maven) below the build directory,
runs both engines one after the other on each workload and prints a table of events per CPU second.
It exits 1 if the engines don't agree on how many rules match.
"""

import argparse
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pattern_workloads

HERE = Path(__file__).resolve().parent
JAVA = ["java", "-XX:+UseSerialGC", "-Xmx3g", "-cp"]
COLUMNS = "{:<20} {:>11} {:>11} {:>6}  {:>6} {:>6}  {:>9} {:>7} {:>7}  {}"


def fetch_event_ruler(directory):
    """The directory with its jars, or None where there's no Java or Maven."""
    if not (shutil.which("java") and shutil.which("mvn")):
        return None
    if not any(directory.glob("event-ruler-*.jar")):
        command = ["mvn", "-q", "-B", "-f", HERE / "event_ruler/pom.xml"]
        command += ["dependency:copy-dependencies", f"-DoutputDirectory={directory}"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return directory


def measure(command, name, directory, seconds):
    files = [directory / f"{name}.rules", directory / f"{name}.events"]
    done = subprocess.run(
        [*command, name, *files, str(seconds)], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    if done.returncode != 0:
        return None  # event-ruler refuses several matchers in one object.
    return json.loads(done.stdout)


def row(name, ours, theirs):
    ratio = ours["events_per_cpu_s"] / theirs["events_per_cpu_s"] if theirs else 0
    same = theirs is None or abs(ours["matches_per_event"] - theirs["matches_per_event"]) < 1e-9
    bytes_each = ours["mem_mb"] * 1e6 / ours["rules"]
    many = ours["rules"] >= 1000
    print(
        COLUMNS.format(
            name,
            f"{ours['events_per_cpu_s']:,.0f}",
            f"{theirs['events_per_cpu_s']:,.0f}" if theirs else "-",
            f"{ratio:.1f}x" if theirs else "-",
            f"{ours['p50_us']:.2f}",
            f"{ours['p99_us']:.2f}",
            f"{ours['adds_per_s']:,.0f}" if many else "-",
            f"{bytes_each:.0f}" if many else "-",
            f"{theirs['mem_mb'] * 1e6 / theirs['rules']:.0f}" if theirs and many else "-",
            f"{ours['matches_per_event']:.4f}" + ("" if same else " THE ENGINES DIFFER"),
        ),
        flush=True,
    )
    return same


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--build", type=Path, default=HERE.parent / "build/release")
    parser.add_argument("--no-java", action="store_true")
    parser.add_argument("names", nargs="*", choices=[[], *pattern_workloads.WORKLOADS])
    options = parser.parse_args()
    directory = options.build.resolve() / "pattern-workloads"
    jars = None if options.no_java else fetch_event_ruler(directory / "event-ruler")
    own = [options.build / "tidemill-bench", "pattern"]
    ruler = [*JAVA, f"{jars}/*", HERE / "event_ruler/EventRuler.java"]
    print(COLUMNS.format("", "tidemill", "event-ruler", "ratio", "p50", "p99", *[""] * 4))
    print(
        COLUMNS.format(
            "workload", "events/s", "events/s", "", "us", "us", "adds/s", "B/rule", "(ruler)", "matches"
        )
    )
    same = True
    for name in options.names or pattern_workloads.WORKLOADS:
        pattern_workloads.write(directory, name)
        ours = measure(own, name, directory, options.seconds)
        theirs = measure(ruler, name, directory, options.seconds) if jars else None
        same = row(name, ours, theirs) and same
    return 0 if same else 1


if __name__ == "__main__":
    sys.exit(main())
