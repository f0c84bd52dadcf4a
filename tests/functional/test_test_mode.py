"""--test-mode: for test suites and CI, on loopback only."""

import json
import subprocess

import boto3
import pytest
from support import platform
from support.errors import refused
from support.server import PROGRAM, clean_environment


def client(server, service, key="test", secret="test"):
    return server.client(service, (key, secret))


def test_any_key_is_accepted_and_twelve_digits_are_an_account(test_mode_server):
    assert client(test_mode_server, "sts").get_caller_identity()["Account"] == platform.ACCOUNT
    other = client(test_mode_server, "sts", "111122223333").get_caller_identity()
    assert other["Account"] == "111122223333"


def test_accounts_do_not_see_each_other(test_mode_server):
    client(test_mode_server, "events", "111122223333").put_rule(
        Name="r", EventPattern='{"source":["a"]}'
    )
    with refused("ResourceNotFoundException", 400):
        client(test_mode_server, "events", "444455556666").describe_rule(Name="r")


def test_no_policy_is_asked(test_mode_server, name):
    bucket = platform.make_bucket(test_mode_server, f"{name}-in")
    job = platform.make_job(test_mode_server, name, "pass\n")
    role = platform.make_role(test_mode_server, f"{name}-nothing", "events.amazonaws.com")
    platform.connect(test_mode_server, bucket, job, role=role)
    client(test_mode_server, "s3").put_object(Bucket=bucket, Key="a", Body=b"x")
    assert len(platform.wait_for_runs(test_mode_server, job)) == 1


def test_reset_empties_everything(test_mode_server):
    platform.make_platform(test_mode_server)
    s3 = test_mode_server.client("s3")
    s3.put_object(Bucket=platform.BRONZE, Key="sales/a.csv", Body=b"x")
    status, _ = test_mode_server.get("/_tidemill/reset", "POST")
    assert status == 200
    assert s3.list_buckets()["Buckets"] == []
    assert test_mode_server.client("glue").list_jobs()["JobNames"] == []
    assert test_mode_server.client("events").list_rules()["Rules"] == []
    assert test_mode_server.client("iam").list_roles()["Roles"] == []
    assert test_mode_server.client("logs").describe_log_groups()["logGroups"] == []
    platform.make_platform(test_mode_server)


def test_clock_can_be_set(test_mode_server):
    def put_at(when, key):
        test_mode_server.set_clock(when)
        s3.put_object(Bucket="clocked", Key=key, Body=b"x")
        return s3.head_object(Bucket="clocked", Key=key)["LastModified"]

    s3 = client(test_mode_server, "s3")
    s3.create_bucket(Bucket="clocked")
    assert put_at("2031-02-03T04:05:06Z", "later").isoformat() == "2031-02-03T04:05:06+00:00"
    assert put_at(None, "now").year < 2031


def test_it_says_so_loudly(test_mode_server):
    assert "test mode" in test_mode_server.log().lower().replace("-", " ")


def test_loopback_only(tmp_path):
    told = subprocess.run(
        [PROGRAM, "serve", "--test-mode", "--data", str(tmp_path), "--listen", "0.0.0.0:0"],
        env=clean_environment(), capture_output=True, text=True, timeout=20,
    )
    assert told.returncode == 2 and "loopback" in told.stderr


def test_without_test_mode_there_is_no_reset_and_no_clock(server):
    assert server.get("/_tidemill/reset", "POST")[0] == 404
    assert server.get("/_tidemill/clock", "PUT", {"time": None})[0] == 404


@pytest.mark.parametrize("service", ["s3", "events"])
def test_nothing_but_the_endpoint_in_the_environment(test_mode_server, monkeypatch, service):
    for name, value in test_mode_server.variables(("test", "test")).items():
        monkeypatch.setenv(name, value)
    made = boto3.session.Session().client(service)
    assert made.meta.endpoint_url == test_mode_server.endpoint
    assert made.list_buckets() if service == "s3" else made.list_rules()


def test_health_says_test_mode(test_mode_server):
    assert json.loads(test_mode_server.get("/_tidemill/health")[1])
