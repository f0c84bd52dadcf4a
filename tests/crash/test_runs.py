"""kill -9 of the server while jobs run."""

import os
import signal

import pytest
from support import platform
from support.waiting import wait_until

WAITS = """import os, time
print('pid', os.getpid(), flush=True)
while not os.path.exists({gate!r}): time.sleep(0.02)
print('went on', flush=True)
"""


@pytest.fixture
def started(server, tmp_path):
    """A run that waits for the file `gate`: (job, run id, its pid, gate)."""
    gate = tmp_path / "gate"
    job = platform.make_job(server, "waits", WAITS.format(gate=str(gate)))
    run_id = server.client("glue").start_job_run(JobName=job)["JobRunId"]
    line = wait_until(lambda: output(server, run_id), 20)[0]
    return job, run_id, int(line.split()[1]), gate


def output(server, run_id):
    return platform.messages_of(server, "/aws-glue/jobs/output", run_id)


def test_run_that_survived_is_adopted(server, started):
    job, run_id, pid, gate = started
    server.kill()
    os.kill(pid, 0)  # it lives
    server.start()
    platform.wait_for_run(server, job, run_id, 20, states={"RUNNING"})
    gate.touch()
    run = platform.wait_for_run(server, job, run_id)
    assert run["JobRunState"] == "SUCCEEDED", run
    wait_until(lambda: output(server, run_id) == [f"pid {pid}", "went on"], 20)


def test_run_that_ended_meanwhile_is_finished(server, started):
    job, run_id, pid, gate = started
    server.kill()
    gate.touch()
    wait_until(lambda: not os.path.exists(f"/proc/{pid}"), 20)
    server.start()
    assert platform.wait_for_run(server, job, run_id)["JobRunState"] == "SUCCEEDED"
    wait_until(lambda: output(server, run_id) == [f"pid {pid}", "went on"], 20)


def test_run_whose_process_died_is_failed_with_the_reason(server, started):
    job, run_id, pid, _ = started
    server.kill()
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: not os.path.exists(f"/proc/{pid}"), 20)
    server.start()
    run = platform.wait_for_run(server, job, run_id)
    assert run["JobRunState"] == "FAILED" and run["ErrorMessage"]
    assert len(platform.runs_of(server, job)) == 1, "it isn't run a second time"


def test_adopted_run_can_be_stopped(server, started):
    job, run_id, pid, _ = started
    server.kill()
    server.start()
    server.client("glue").batch_stop_job_run(JobName=job, JobRunIds=[run_id])
    assert platform.wait_for_run(server, job, run_id)["JobRunState"] == "STOPPED"
    wait_until(lambda: not os.path.exists(f"/proc/{pid}"), 10)


def test_waiting_deliveries_start_after_a_kill(server, started, tmp_path):
    """Above MaxConcurrentRuns deliveries wait in the store; a kill doesn't forget them."""
    gate = tmp_path / "gate2"
    bucket = platform.make_bucket(server, "uploads")
    job = platform.make_job(
        server, "one", WAITS.format(gate=str(gate)), ExecutionProperty={"MaxConcurrentRuns": 1}
    )
    platform.connect(server, bucket, job)
    keys = [f"{number}.csv" for number in range(4)]
    for key in keys:
        server.client("s3").put_object(Bucket=bucket, Key=key, Body=b"x")
    server.kill()
    server.start()
    gate.touch()
    runs = platform.wait_for_runs(server, job, 4)
    assert [run["Arguments"]["--object_key"] for run in reversed(runs)] == keys
    assert {run["JobRunState"] for run in runs} == {"SUCCEEDED"}
    started[3].touch()
