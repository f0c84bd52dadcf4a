"""More than the server can take: it says so in AWS's words, at once, and does what it took on."""

import asyncio
import json
import re
from collections import Counter

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from support import platform
from support.server import Server

CLIENTS = 5500
RESIDENT_MB_MAX = 500
STALL = "delay:4500%50"  # Shorter than anyone waits; long enough for all to come, on a busy machine too.
CODE = re.compile(rb"<Code>(\w+)</Code>|\"__type\" ?: ?\"(?:[\w.]+#)?(\w+)\"")


def resident_mb(server):
    status = (server.data.parent / "/proc" / str(server.process.pid) / "status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+) kB", status).group(1)) / 1024


def signed(server, method, url, service, body=b"", **headers):
    """A request's bytes."""
    request = AWSRequest(method, f"{server.endpoint}{url}", headers=headers, data=body)
    request.headers["x-amz-content-sha256"] = "UNSIGNED-PAYLOAD"
    if service != "s3":
        del request.headers["x-amz-content-sha256"]
    SigV4Auth(Credentials(*server.credentials()), service, "us-east-1").add_auth(request)
    head = [f"{method} {url} HTTP/1.1", f"Host: {server.endpoint.split('//')[1]}"]
    head += [f"{name}: {value}" for name, value in request.headers.items()]
    head += [f"Content-Length: {len(body)}", "Connection: close", "", ""]
    return "\r\n".join(head).encode() + body


def put(server, bucket, key):
    return signed(server, "PUT", f"/{bucket}/{key}", "s3", key.encode())


def put_events(server, number):
    entry = {"Source": "s", "DetailType": "t", "Detail": json.dumps({"n": number})}
    body = json.dumps({"Entries": [entry]}).encode()
    return signed(server, "POST", "/", "events", body, **{
        "Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": "AWSEvents.PutEvents"})


async def ask(port, request):
    """(status, AWS's name of the error or None, seconds)."""
    loop = asyncio.get_running_loop()
    begun = loop.time()
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request)
    answer = await asyncio.wait_for(reader.read(), 60)
    writer.close()
    code = CODE.search(answer)
    name = (code.group(1) or code.group(2)).decode() if code else None
    return int(answer.split(b" ", 2)[1]), name, loop.time() - begun


async def ask_all(server, requests):
    return await asyncio.gather(*(ask(server.port, request) for request in requests))


@pytest.fixture
def slow_server(tmp_path):
    """Each commit takes long: what comes meanwhile has to wait, or is too much."""

    def make(delay):
        return Server(tmp_path / "data", "--allow-failpoints", "--failpoints",
                      f"store.commit.before_sync={delay}").start()

    made = []
    yield lambda delay: made.append(make(delay)) or made[0]
    for server in made:
        if server.is_running:
            server.kill()


def keys_of(server, bucket):
    pages = server.client("s3").get_paginator("list_objects_v2").paginate(Bucket=bucket)
    return {item["Key"] for page in pages for item in page.get("Contents", [])}


def test_too_many_are_told_to_slow_down_and_the_others_served(slow_server):
    server = slow_server(STALL)
    bucket = platform.make_bucket(server, "uploads")
    keys = [f"k{number:04}" for number in range(CLIENTS)]
    answers = asyncio.run(ask_all(server, [put(server, bucket, key) for key in keys]))
    counts = Counter((status, code) for status, code, _ in answers)
    assert set(counts) == {(200, None), (503, "SlowDown")}, counts
    assert counts[200, None] >= 1000 and counts[503, "SlowDown"] > 0, counts
    stored = {key for key, answer in zip(keys, answers) if answer[0] == 200}
    assert keys_of(server, bucket) == stored, "refused is refused, acknowledged is there"
    assert resident_mb(server) < RESIDENT_MB_MAX
    server.client("s3").put_object(Bucket=bucket, Key="after", Body=b"x")
    print(f"{CLIENTS} PUTs at once: {counts[200, None]} done, {counts[503, 'SlowDown']} told to slow "
          f"down, 0 lost, at most {resident_mb(server):.0f} MB")
    server.command("check")
    assert server.stop() == 0


def test_services_with_json_are_told_by_their_own_error(slow_server):
    server = slow_server(STALL)
    requests = [put_events(server, number) for number in range(CLIENTS)]
    answers = asyncio.run(ask_all(server, requests))
    counts = Counter((status, code) for status, code, _ in answers)
    assert set(counts) == {(200, None), (400, "ThrottlingException")}, counts
    assert all(counts.values()), counts


def test_who_waits_too_long_is_refused_and_nothing_done(slow_server):
    """The disk stands still for longer than anyone waits."""
    server = slow_server("delay:8000@25")
    bucket = platform.make_bucket(server, "uploads")
    keys = [f"k{number:02}" for number in range(40)]  # One of their commits is the 25th.

    async def one_after_the_other():
        tasks = []
        for key in keys:
            tasks.append(asyncio.create_task(ask(server.port, put(server, bucket, key))))
            await asyncio.sleep(0.05)
        return await asyncio.gather(*tasks)

    answers = asyncio.run(one_after_the_other())
    counts = Counter((status, code) for status, code, _ in answers)
    assert set(counts) == {(200, None), (503, "SlowDown")}, counts
    stored = {key for key, answer in zip(keys, answers) if answer[0] == 200}
    assert keys_of(server, bucket) == stored
