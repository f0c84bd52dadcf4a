"""./quickstart with a program that is built already: what it prints, twice, and its stop."""

import os
import re
import socket
import subprocess
import time

import pytest
from support.server import PROGRAM, TOP, clean_environment
from support.waiting import wait_until


@pytest.fixture
def quickstart(tmp_path):
    # A profile of the user's own that would break every call if it took part.
    profile = tmp_path / "config"
    profile.write_text("[profile mine]\nregion = mars-1\nendpoint_url = http://127.0.0.1:9\n")
    environment = clean_environment(
        TIDEMILL_QUICKSTART_PROGRAM=PROGRAM,
        TIDEMILL_QUICKSTART_DIR=str(tmp_path / "place"),
        AWS_PROFILE="mine",
        AWS_CONFIG_FILE=str(profile),
        AWS_ENDPOINT_URL="http://127.0.0.1:9",
        HTTP_PROXY="http://127.0.0.1:9",
    )
    environment.pop("NO_PROXY")

    def run(*arguments):
        finished = subprocess.run(
            [TOP / "quickstart", *arguments], env=environment, capture_output=True, text=True,
            timeout=150, cwd=tmp_path,
        )
        assert finished.returncode == 0, finished.stdout + finished.stderr
        return finished.stdout

    yield run
    run("stop")


def times_of(told):
    return [int(ms) for ms in re.findall(r"^  [a-z ]+ +(\d+) ms  ", told, re.MULTILINE)]


@pytest.mark.timeout(400)
def test_quickstart_twice_then_stop(quickstart, tmp_path):
    with socket.socket() as taken:  # port 4566, unless somebody has it already
        try:
            taken.bind(("127.0.0.1", 4566))
            taken.listen()
        except OSError:
            pass
        told = quickstart()
    assert "port 4566 is taken: trying 4567" in told
    for step in ("uploaded", "event", "matched", "started", "first line", "succeeded"):
        assert re.search(rf"^  {step} +\d+ ms", told, re.MULTILINE), told
    times = times_of(told)
    assert times == sorted(times) and times[0] == 0
    assert "sales-etl-dev" in told and "SUCCEEDED" in told
    assert "SO-10243" in told and "222.0" in told, "the silver rows"
    assert "aws glue get-job-runs" in told and "./quickstart stop" in told

    began = time.monotonic()
    again = quickstart()
    assert time.monotonic() - began < 60
    assert "it runs already" in again
    assert again.count("SUCCEEDED") == told.count("SUCCEEDED") + 1

    source = f"source {tmp_path}/place/env && aws glue get-job-runs --job-name sales-etl-dev"
    asked = subprocess.run(
        ["bash", "-c", source + " --query 'length(JobRuns)'"], capture_output=True, text=True,
        env=clean_environment(), timeout=60,
    )
    assert asked.stdout.strip() == "2", asked.stderr

    pid = int(re.search(r"pid (\d+)", again).group(1))
    assert "Stopped" in quickstart("stop")
    wait_until(lambda: not os.path.exists(f"/proc/{pid}"), 15)
    assert "No server runs" in quickstart("stop")
