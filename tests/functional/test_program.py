"""The program itself: its commands, its start and its end, and what outlives a restart."""

import json
import os
import signal
import socket
import stat
import subprocess
import sys
import time

import pytest
from support import platform
from support.server import PROGRAM, clean_environment
from support.waiting import wait_until


def run(*arguments, **environment):
    return subprocess.run(
        [PROGRAM, *arguments], env=clean_environment(**environment), capture_output=True,
        text=True, timeout=60,
    )


def test_version_and_help():
    assert run("--version").stdout.startswith("tidemill 0.")
    told = run("--help")
    assert told.returncode == 0
    for word in ("serve", "env", "runs", "explain", "check", "Example"):
        assert word in told.stdout
    for command in (["serve"], ["env"], ["runs", "list"], ["runs", "logs"], ["explain"], ["check"]):
        told = run(*command, "--help")
        assert told.returncode == 0 and "Example" in told.stdout, command


@pytest.mark.parametrize(
    "arguments",
    [[], ["no-such-command"], ["serve", "--no-such-flag"], ["serve", "--listen", "nowhere"],
     ["serve", "--account-id", "12"], ["explain"]],
    ids=lambda arguments: " ".join(arguments),
)
def test_wrong_use_is_2(arguments):
    told = run(*arguments)
    assert told.returncode == 2 and told.stderr


def test_no_server_is_1(tmp_path):
    told = run("runs", "list", "--data", str(tmp_path))
    assert told.returncode == 1 and "no server is running" in told.stderr


def test_env_points_clients_at_the_server(server):
    told = run("env", "--data", str(server.data)).stdout
    printed = subprocess.run(
        ["bash", "-c", 'eval "$1"; env', "-", told], capture_output=True, text=True, env={}
    ).stdout
    for name, value in server.variables().items():
        assert f"{name}={value}\n" in printed


def test_credentials_are_for_their_owner_only(server):
    mode = stat.S_IMODE(os.stat(server.data / "credentials").st_mode)
    assert mode == 0o600
    assert server.credentials()[1] not in server.log()


def test_administrators_key_from_the_environment(make_server, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("file/secret+0123456789012345678901234567\n")
    server = make_server(environment={
        "TIDEMILL_ACCESS_KEY_ID": "AKIAOPERATOR00000000",
        "TIDEMILL_SECRET_ACCESS_KEY_FILE": str(secret),
    }).start()
    key = ("AKIAOPERATOR00000000", "file/secret+0123456789012345678901234567")
    assert server.client("sts", key).get_caller_identity()["Account"] == platform.ACCOUNT


def test_account_and_region(make_server):
    server = make_server("--account-id", "123456789012", "--region", "eu-west-1").start()
    assert server.client("sts").get_caller_identity()["Account"] == "123456789012"
    assert "AWS_REGION='eu-west-1'" in run("env", "--data", str(server.data)).stdout


def test_health(server):
    status, text = server.get("/_tidemill/health")
    assert status == 200 and json.loads(text)


def test_unsigned_questions_are_refused(server):
    for path in ("/_tidemill/api/runs", "/_tidemill/api/check"):
        assert server.get(path)[0] == 403


def test_check_finds_all_well(platform_server):
    told = platform_server.command("check")
    assert "all is well" in told.stdout
    assert json.loads(platform_server.command("check", "--json").stdout)["findings"] == []


def test_port_in_use_is_said(tmp_path, server):
    told = run("serve", "--data", str(tmp_path / "d"), "--listen", f"127.0.0.1:{server.port}")
    assert told.returncode == 1 and "in use" in told.stderr and str(server.port) in told.stderr


def test_data_directory_belongs_to_one_server(server):
    told = run("serve", "--data", str(server.data), "--listen", "127.0.0.1:0")
    assert told.returncode == 1 and str(server.data) in told.stderr


def test_ready_soon(make_server):
    server = make_server()
    began = time.monotonic()
    server.start()
    # The goal is 0.3 s for the release build on a quiet machine; this is the debug build.
    assert time.monotonic() - began < 5


def test_sigterm_ends_it_well(fresh_server):
    fresh_server.client("s3").create_bucket(Bucket="kept")
    began = time.monotonic()
    assert fresh_server.stop(10) == 0
    assert time.monotonic() - began < 10
    assert not (fresh_server.data / "server.json").exists()


def test_sigint_ends_it_too(fresh_server):
    fresh_server.process.send_signal(signal.SIGINT)
    assert fresh_server.process.wait(10) == 0


def test_idle_connections_do_not_delay_the_end(fresh_server):
    with socket.create_connection(("127.0.0.1", fresh_server.port)):
        assert fresh_server.stop(10) == 0


def test_everything_outlives_a_restart(fresh_server):
    platform.make_platform(fresh_server)
    s3 = fresh_server.client("s3")
    body = platform.SALES_FILE.read_bytes()
    s3.put_object(Bucket=platform.BRONZE, Key="sales/a.csv", Body=body, Metadata={"m": "1"})
    s3.put_object(Bucket=platform.BRONZE, Key="large", Body=b"x" * 3_000_000)
    (run_before,) = platform.wait_for_runs(fresh_server, platform.JOB)
    credentials = fresh_server.credentials()
    fresh_server.restart()
    assert fresh_server.credentials() == credentials
    s3 = fresh_server.client("s3")
    got = s3.get_object(Bucket=platform.BRONZE, Key="sales/a.csv")
    assert (got["Body"].read(), got["Metadata"]) == (body, {"m": "1"})
    assert s3.get_object(Bucket=platform.BRONZE, Key="large")["Body"].read() == b"x" * 3_000_000
    assert platform.runs_of(fresh_server, platform.JOB) == [run_before]
    assert fresh_server.client("events").describe_rule(Name=platform.RULE)["State"] == "ENABLED"
    assert platform.messages_of(fresh_server, platform.LOG_GROUP)
    s3.put_object(Bucket=platform.BRONZE, Key="sales/b.csv", Body=body)
    assert len(platform.wait_for_runs(fresh_server, platform.JOB, 2)) == 2
    fresh_server.command("check")


def test_run_outlives_a_restart_of_the_server(fresh_server, name, tmp_path):
    gate = tmp_path / "gate"
    script = (
        "import os, time\nprint('began', flush=True)\n"
        f"while not os.path.exists({str(gate)!r}): time.sleep(0.02)\n"
        "print('ended', flush=True)\n"
    )
    job = platform.make_job(fresh_server, name, script)
    run_id = fresh_server.client("glue").start_job_run(JobName=job)["JobRunId"]

    def output():
        return platform.messages_of(fresh_server, "/aws-glue/jobs/output", run_id)

    wait_until(output, 20)
    assert fresh_server.stop() == 0
    fresh_server.start()
    state = fresh_server.client("glue").get_job_run(JobName=job, RunId=run_id)["JobRun"]
    assert state["JobRunState"] == "RUNNING"
    gate.touch()
    assert platform.wait_for_run(fresh_server, job, run_id)["JobRunState"] == "SUCCEEDED"
    wait_until(lambda: output() == ["began", "ended"], 20, output)


def test_python_may_be_a_relative_path(make_server, name, tmp_path):
    """The README says `--python .venv/bin/python`; runs work in directories of their own."""
    relative = os.path.relpath(sys.executable)
    assert "/" in relative
    server = make_server("--python", relative).start()
    job = platform.make_job(server, name, "print('ran')")
    run = server.client("glue").start_job_run(JobName=job)["JobRunId"]
    assert platform.wait_for_run(server, job, run)["JobRunState"] == "SUCCEEDED"
