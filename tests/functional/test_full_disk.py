"""No room: writes are refused, what is there can be read, and it goes on by itself afterwards."""

import resource
import shutil
import subprocess
import uuid

import pytest
from botocore.exceptions import ClientError
from support import platform
from support.server import Server
from support.waiting import wait_until

NO_ROOM = 507
LARGE = bytes(100_000)


def limit_files(server, size):
    """The server's files grow no further than this; the hard limit stays, so it can be lifted."""
    _, hard = resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (size, hard))


def status_of(act, **arguments):
    try:
        return act(**arguments)["ResponseMetadata"]["HTTPStatusCode"]
    except ClientError as error:
        return error.response["ResponseMetadata"]["HTTPStatusCode"]


def objects_on_disk(server):
    return [path for path in (server.data / "objects").rglob("*") if path.is_file()]


def test_limit_on_the_size_of_files(make_server):
    server = make_server().start()
    s3, sqs = server.client("s3"), server.client("sqs")
    bucket = platform.make_bucket(server, "uploads")
    url = sqs.create_queue(QueueName="q")["QueueUrl"]
    s3.put_object(Bucket=bucket, Key="before", Body=LARGE)
    limit_files(server, 4096)
    for body in (b"small", LARGE):
        assert status_of(s3.put_object, Bucket=bucket, Key="k", Body=body) == NO_ROOM
    assert status_of(sqs.send_message, QueueUrl=url, MessageBody="m") == NO_ROOM
    assert s3.get_object(Bucket=bucket, Key="before")["Body"].read() == LARGE
    assert [item["Key"] for item in s3.list_objects_v2(Bucket=bucket)["Contents"]] == ["before"]
    assert len(objects_on_disk(server)) == 1, "what was refused takes no room"
    limit_files(server, resource.RLIM_INFINITY)
    s3.put_object(Bucket=bucket, Key="after", Body=LARGE)
    sqs.send_message(QueueUrl=url, MessageBody="m")
    server.command("check")
    assert server.stop() == 0


def test_waiting_deliveries_go_on_when_there_is_room(make_server):
    """What was due while the disk was full is tried again without anybody asking."""
    server = make_server().start()
    bucket = platform.make_bucket(server, "uploads")
    job = platform.make_job(server, "job", "import time; time.sleep(1)\n",
                            ExecutionProperty={"MaxConcurrentRuns": 1})
    platform.connect(server, bucket, job)
    for key in ("a", "b", "c"):
        server.client("s3").put_object(Bucket=bucket, Key=key, Body=b"x")
    first = platform.runs_of(server, job)[0]["Id"]
    platform.wait_for_run(server, job, first, states={"RUNNING"})
    limit_files(server, 4096)
    wait_until(lambda: "commit failed" in server.log(), 20, "a commit to fail")
    limit_files(server, resource.RLIM_INFINITY)
    runs = platform.wait_for_runs(server, job, 3)
    assert {run["JobRunState"] for run in runs} == {"SUCCEEDED"}


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 12 MiB, where this machine lets us mount one."""
    place = tmp_path / "disk"
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=12m", f"tidemill-{uuid.uuid4().hex}", place]
    if not shutil.which("mount") or subprocess.run(command, capture_output=True).returncode:
        pytest.skip("nothing can be mounted here")
    yield place
    subprocess.run(["umount", "-l", place], check=True)


def test_disk_that_fills_up(small_disk):
    ballast = small_disk / "ballast"
    ballast.write_bytes(bytes(2 << 20))
    server = Server(small_disk / "data").start()
    try:
        s3 = server.client("s3")
        bucket = platform.make_bucket(server, "uploads")
        acknowledged, status = [], 200
        while status == 200:
            key = f"{len(acknowledged):04}"
            status = status_of(s3.put_object, Bucket=bucket, Key=key, Body=key.encode() * 60_000)
            if status == 200:
                acknowledged.append(key)
        assert status == NO_ROOM and len(acknowledged) > 5
        for key in acknowledged:
            body = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
            assert body == key.encode() * 60_000
        ballast.unlink()
        body = b"after" * 50_000
        wait_until(lambda: status_of(s3.put_object, Bucket=bucket, Key="z", Body=body) == 200, 20)
        s3.delete_object(Bucket=bucket, Key=acknowledged[0])
        server.command("check")
        assert server.stop() == 0
    finally:
        if server.is_running:
            server.kill()
