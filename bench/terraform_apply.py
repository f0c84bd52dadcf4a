#!/usr/bin/env python3
"""How long the server takes for the requests of a `terraform apply`, each of them timed on its way.

    bench/terraform_apply.py [--program build/release/tidemill] [--tree DIR] [--root DIR]

Needs Terraform and its AWS provider on the machine. Prints a line of JSON for each command: how many
requests it made, the median and the slowest, the sum, and what took longest. The figures are between
a proxy on the loopback and the server: Terraform's own time isn't in them.
"""

import argparse
import asyncio
import json
import os
import re
import statistics
import sys
import tempfile
import time
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent
os.environ["TIDEMILL_PROGRAM"] = str(TOP / "build/release/tidemill")
sys.path.insert(0, str(TOP / "tests"))

from support import server as support  # noqa: E402
from support import terraform  # noqa: E402

LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
TARGET = re.compile(rb"x-amz-target: *(\S+)", re.IGNORECASE)
ACTION = re.compile(rb"Action=(\w+)")


async def read_message(reader):
    """A request or an answer, whole: (head, body); None at the end."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return None
    if b"chunked" in head.lower():
        raise ValueError("a chunked message, which this proxy doesn't know")
    length = LENGTH.search(head)
    return head, await reader.readexactly(int(length.group(1)) if length else 0)


def name_of(head, body):
    if found := TARGET.search(head):
        return found.group(1).decode()
    if found := ACTION.match(body):
        return found.group(1).decode()
    method, target, _ = head.split(b"\r\n", 1)[0].decode().split(" ", 2)
    path, _, query = target.partition("?")
    depth = path.strip("/").count("/")
    return f"{method} {'object' if depth else 'bucket'}{'?' + query[:30] if query else ''}"


class Proxy:
    def __init__(self, port):
        self.server_port = port
        self.requests = []

    async def serve(self, reader, writer):
        upstream, downstream = await asyncio.open_connection("127.0.0.1", self.server_port)
        try:
            while request := await read_message(reader):
                began = time.perf_counter()
                downstream.write(request[0] + request[1])
                if b"expect: 100-continue" in request[0].lower():
                    await upstream.readuntil(b"\r\n\r\n")
                answer = await self._answer(upstream, request[0])
                self.requests.append((time.perf_counter() - began, name_of(*request)))
                writer.write(answer[0] + answer[1])
                await writer.drain()
        except (ConnectionError, asyncio.CancelledError):
            pass
        finally:
            downstream.close()
            writer.close()

    @staticmethod
    async def _answer(upstream, request_head):
        if not request_head.startswith(b"HEAD "):
            return await read_message(upstream)
        return await upstream.readuntil(b"\r\n\r\n"), b""


def told(command, proxy, seconds):
    times = sorted(ms for ms, _ in proxy.requests)
    by_name = {}
    for took, name in proxy.requests:
        by_name.setdefault(name, []).append(took)
    slowest = sorted(by_name, key=lambda name: -max(by_name[name]))[:3]
    return {
        "command": command,
        "seconds": round(seconds, 1),
        "requests": len(times),
        "median_ms": round(statistics.median(times) * 1000, 2),
        "p99_ms": round(times[len(times) * 99 // 100] * 1000, 2),
        "sum_s": round(sum(times), 3),
        "slowest_ms": {name: round(max(by_name[name]) * 1000, 2) for name in slowest},
    }


class Behind:
    """The server as clients see it through the proxy."""

    def __init__(self, server, port):
        self.server, self.port = server, port

    def variables(self):
        return self.server.variables() | {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{self.port}"}


async def measure(arguments, scratch):
    server = support.Server(scratch / "data").start()
    proxy = Proxy(server.port)
    listener = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
    port = listener.sockets[0].getsockname()[1]
    try:
        tree = await asyncio.to_thread(
            terraform.Terraform.of_tree,
            arguments.tree,
            scratch / "tree",
            Behind(server, port),
            arguments.root,
        )
        steps = {"apply": tree.apply, "plan": tree.changes, "destroy": tree.destroy}
        for name, step in steps.items():
            proxy.requests.clear()
            began = time.perf_counter()
            await asyncio.to_thread(step)
            print(json.dumps(told(name, proxy, time.perf_counter() - began)), flush=True)
    finally:
        listener.close()
        server.stop()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--program")
    parser.add_argument("--tree", default=TOP / "examples/data-platform")
    parser.add_argument("--root", default="infrastructure/environments/dev")
    arguments = parser.parse_args()
    if terraform.MIRROR is None:
        sys.exit(terraform.MISSING)
    if arguments.program:
        support.PROGRAM = arguments.program
    with tempfile.TemporaryDirectory() as scratch:
        asyncio.run(measure(arguments, Path(scratch)))


if __name__ == "__main__":
    main()
