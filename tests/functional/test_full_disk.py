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
def make_disk(tmp_path):
    """Makes file systems of so many MiB, where this machine lets us mount one."""
    mounted = []

    def make(mebibytes):
        place = tmp_path / f"disk-{len(mounted)}"
        place.mkdir()
        name = f"tidemill-{uuid.uuid4().hex}"
        command = ["mount", "-t", "tmpfs", "-o", f"size={mebibytes}m", name, place]
        if not shutil.which("mount") or subprocess.run(command, capture_output=True).returncode:
            pytest.skip("nothing can be mounted here")
        mounted.append(place)
        return place

    yield make
    for place in mounted:
        subprocess.run(["umount", "-l", place], check=True)


def fill(s3, bucket):
    """Puts objects until there is no room; the keys of those that were acknowledged."""
    acknowledged, status = [], 200
    while status == 200:
        key = f"{len(acknowledged):04}"
        status = status_of(s3.put_object, Bucket=bucket, Key=key, Body=key.encode() * 60_000)
        if status == 200:
            acknowledged.append(key)
    assert status == NO_ROOM and len(acknowledged) > 5
    return acknowledged


def test_reserve_lets_a_full_disk_be_emptied(make_disk):
    disk = make_disk(24)
    server = Server(disk / "data", "--reserve-mib", "3").start()
    try:
        s3, sqs, events = (server.client(name) for name in ("s3", "sqs", "events"))
        bucket = platform.make_bucket(server, "uploads")
        url = sqs.create_queue(QueueName="q")["QueueUrl"]
        sqs.send_message(QueueUrl=url, MessageBody="m")
        reserve = server.data / "reserve"
        assert reserve.stat().st_size == 3 << 20
        keys = fill(s3, bucket)
        assert status_of(s3.put_object, Bucket=bucket, Key="k", Body=LARGE) == NO_ROOM
        assert reserve.stat().st_size == 0, "it was given up"
        (message,) = sqs.receive_message(QueueUrl=url)["Messages"]
        sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        assert status_of(sqs.send_message, QueueUrl=url, MessageBody="m") == NO_ROOM
        entry = {"Source": "s", "DetailType": "t", "Detail": "{}"}
        assert status_of(events.put_events, Entries=[entry]) == NO_ROOM
        assert s3.get_object(Bucket=bucket, Key=keys[0])["Body"].read() == keys[0].encode() * 60_000
        server.restart()
        s3 = server.client("s3")
        assert status_of(s3.put_object, Bucket=bucket, Key="k", Body=LARGE) == NO_ROOM
        for key in keys:
            s3.delete_object(Bucket=bucket, Key=key)
        wait_until(lambda: status_of(s3.put_object, Bucket=bucket, Key="k", Body=LARGE) == 200, 30)
        assert reserve.stat().st_size == 3 << 20, "and it is there again"
        server.command("check")
        assert server.stop() == 0
    finally:
        if server.is_running:
            server.kill()


def test_disk_that_fills_up(make_disk):
    small_disk = make_disk(12)
    ballast = small_disk / "ballast"
    ballast.write_bytes(bytes(2 << 20))
    server = Server(small_disk / "data").start()
    try:
        s3 = server.client("s3")
        bucket = platform.make_bucket(server, "uploads")
        acknowledged = fill(s3, bucket)
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
