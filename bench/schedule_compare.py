#!/usr/bin/env python3
"""Measures the calendar of schedules, and cron-utils, Quartz and croniter beside it.

    schedule_compare.py [--seconds N] [--build DIR] [--without ENGINE]...

Runs `tidemill-bench schedule next_utc next_each`, then each of the others on the same expressions as
far as it takes them: one thread, next instant after next instant, per second of CPU. What they need is
fetched below the build directory (Maven, pip); what isn't there is said to be absent. Prints a JSON
line each and a table. It exits 1 if the instants don't agree.
"""

import argparse
import json
import shutil
import subprocess
import sys
import venv
from pathlib import Path

HERE = Path(__file__).resolve().parent
PEERS = HERE / "schedule_peers"
CRONITER = "croniter==7.0.0"
ENGINES = ["cron-utils", "quartz", "croniter"]
# cron-utils takes hours that go past midnight, 22-2, for the first of them: other instants.
MISREAD = {("cron-utils", "cron(*/15 22-2 ? 1-11 SAT,SUN *)")}
COLUMNS = "{:<34} {:>12}" + " {:>22}" * len(ENGINES)


def java_command(engine, directory):
    """How to run it, or None where there's no Java or Maven, or Maven can't get it."""
    if not (shutil.which("java") and shutil.which("mvn")):
        return None
    jars = directory / "jars"
    if not any(jars.glob("quartz-*.jar")):
        command = ["mvn", "-q", "-B", "-f", PEERS / "pom.xml"]
        command += ["dependency:copy-dependencies", f"-DoutputDirectory={jars}"]
        if subprocess.run(command, check=False, stdout=subprocess.DEVNULL).returncode != 0:
            return None
    return ["java", "-XX:+UseSerialGC", "-cp", f"{jars}/*", PEERS / "Peers.java", engine]


def croniter_command(directory):
    """How to run it, or None where pip can't get it."""
    python = directory / "venv/bin/python"
    if not python.exists():
        venv.create(directory / "venv", with_pip=True)
        install = [python, "-m", "pip", "install", "-q", CRONITER]
        if subprocess.run(install, check=False).returncode != 0:
            shutil.rmtree(directory / "venv")
            return None
    return [python, PEERS / "croniter_peer.py"]


def lines_of(command):
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def measure_peer(engine, directory, expressions, seconds):
    command = (
        croniter_command(directory) if engine == "croniter" else java_command(engine, directory)
    )
    if command is None:
        print(json.dumps({"engine": engine, "absent": True}), flush=True)
        return {}
    measured = {}
    for line in lines_of([*command, expressions, str(seconds)]):
        print(json.dumps(line), flush=True)
        if (engine, line["expression"]) in MISREAD:
            line["refused"] = True
        measured[line["expression"]] = line
    return measured


def together(rates):
    """As next_utc counts: as many instants of each expression, one after the other."""
    return len(rates) / sum(1 / rate for rate in rates) if rates else 0


def cell(ours, theirs):
    if theirs is None or theirs.get("refused"):
        return "-"
    ratio = f"{theirs['per_cpu_s']:,.0f} {ours['per_cpu_s'] / theirs['per_cpu_s']:,.0f}x"
    return ratio if ours["sum_s"] == theirs["sum_s"] else ratio + " DIFFERS"


def total_cell(ours, peer):
    common = [e for e, line in peer.items() if not line.get("refused")]
    if not common:
        return "absent" if not peer else "-"
    theirs = together([peer[e]["per_cpu_s"] for e in common])
    return f"{theirs:,.0f} {together([ours[e]['per_cpu_s'] for e in common]) / theirs:,.0f}x"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=0.5, help="for each expression")
    parser.add_argument("--build", type=Path, default=HERE.parent / "build/release")
    parser.add_argument("--without", action="append", default=[], choices=ENGINES)
    options = parser.parse_args()
    directory = options.build.resolve() / "schedule-peers"
    directory.mkdir(parents=True, exist_ok=True)

    lines = lines_of([options.build / "tidemill-bench", "schedule", "next_utc", "next_each"])
    for line in lines:
        print(json.dumps(line), flush=True)
    ours = {line["expression"]: line for line in lines if "expression" in line}
    expressions = directory / "expressions"
    expressions.write_text("".join(f"{e}\n" for e in ours), encoding="utf-8")
    peers = {
        engine: measure_peer(engine, directory, expressions, options.seconds)
        for engine in ENGINES
        if engine not in options.without
    }

    print("\n" + COLUMNS.format("instants per CPU second", "tidemill", *ENGINES))
    differs = False
    for expression, line in ours.items():
        cells = [cell(line, peers.get(engine, {}).get(expression)) for engine in ENGINES]
        differs = differs or any("DIFFERS" in text for text in cells)
        print(COLUMNS.format(expression, f"{line['per_cpu_s']:,.0f}", *cells))
    total = together([line["per_cpu_s"] for line in ours.values()])
    totals = [total_cell(ours, peers.get(engine, {})) for engine in ENGINES]
    print(COLUMNS.format("together, of those it takes", f"{total:,.0f}", *totals))
    return 1 if differs else 0


if __name__ == "__main__":
    sys.exit(main())
