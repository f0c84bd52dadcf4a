"""The real program on a port and a data directory of its own."""

import json
import os
import queue
import re
import signal
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from datetime import datetime
from pathlib import Path

import boto3
from botocore.config import Config

TOP = Path(__file__).resolve().parent.parent.parent
PROGRAM = os.environ.get("TIDEMILL_PROGRAM", str(TOP / "build/dev/tidemill"))
READY = re.compile(r"^tidemill ready on (http://\S+)")
READY_DEADLINE_S = 20


def clean_environment(**more):
    """Our environment without any AWS or Tidemill setting of the person who runs the tests."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("AWS_", "BOTO_", "TIDEMILL_"))
        and name.lower() not in ("http_proxy", "https_proxy", "all_proxy")
    }
    kept |= {
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_PAGER": "",
        "NO_PROXY": "*",
    }
    return kept | more


class Server:
    """Made stopped; `start` waits until it is ready. Its data outlives any number of restarts."""

    def __init__(self, data, *arguments, environment=None):
        self.data = Path(data)
        self.arguments = list(arguments)
        self.environment = environment or {}
        self.endpoint = None
        self.process = None
        self.port = 0
        self._clients = {}

    def start(self):
        command = [PROGRAM, "serve", "--data", str(self.data), "--listen", f"127.0.0.1:{self.port}"]
        command += ["--python", sys.executable, *self.arguments]
        self.data.parent.mkdir(parents=True, exist_ok=True)
        log = open(self.log_path, "ab")
        self.process = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=log,
            env=clean_environment(**({"TIDEMILL_RESERVE_MIB": "0"} | self.environment)),
            text=True,
        )
        log.close()
        self.endpoint = self._wait_ready()
        self.port = int(self.endpoint.rsplit(":", 1)[1])
        return self

    def _wait_ready(self):
        lines = queue.Queue()

        def read(stream):
            for line in stream:
                lines.put(line)
            lines.put(None)

        threading.Thread(target=read, args=(self.process.stdout,), daemon=True).start()
        try:
            while (line := lines.get(timeout=READY_DEADLINE_S)) is not None:
                if found := READY.match(line):
                    return found.group(1)
        except queue.Empty:
            pass
        self.process.kill()
        raise AssertionError(f"tidemill was not ready: {self.log()[-2000:]}")

    @property
    def log_path(self):
        return self.data.with_name(self.data.name + ".log")

    def log(self):
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    @property
    def is_running(self):
        return self.process is not None and self.process.poll() is None

    def stop(self, deadline_s=15):
        """SIGTERM; the exit code."""
        if not self.is_running:
            return self.process.returncode if self.process else None
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(deadline_s)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"still there {deadline_s} s after SIGTERM") from None

    def kill(self):
        """SIGKILL: what a power cut does to the process."""
        self.process.kill()
        self.process.wait()

    def restart(self):
        self.stop()
        return self.start()

    def credentials(self):
        """The administrator's key: (id, secret)."""
        kept = json.loads((self.data / "credentials").read_text())
        return kept["access_key_id"], kept["secret_access_key"]

    def variables(self, credentials=None):
        """What points an AWS client at this server."""
        key_id, secret, *token = credentials or self.credentials()
        variables = {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": key_id,
            "AWS_SECRET_ACCESS_KEY": secret,
            "AWS_REGION": "us-east-1",
            "AWS_DEFAULT_REGION": "us-east-1",
        }
        if token:
            variables["AWS_SESSION_TOKEN"] = token[0]
        return variables

    def client(self, service, credentials=None, region="us-east-1", **config):
        """A boto3 client. One try a call: what fails is seen to fail."""
        key = (service, credentials, region, tuple(sorted(map(str, config.items()))), self.endpoint)
        if key not in self._clients:
            key_id, secret, *token = credentials or self.credentials()
            settings = {"retries": {"total_max_attempts": 1}, "connect_timeout": 5}
            settings |= {"read_timeout": 60, "max_pool_connections": 64} | config
            self._clients[key] = boto3.session.Session().client(
                service,
                endpoint_url=self.endpoint,
                region_name=region,
                aws_access_key_id=key_id,
                aws_secret_access_key=secret,
                aws_session_token=token[0] if token else None,
                config=Config(**settings),
            )
        return self._clients[key]

    def command(self, *arguments, check=True, **environment):
        """Runs `tidemill ARGUMENTS` with this server's variables; the finished process."""
        finished = subprocess.run(
            [PROGRAM, *arguments],
            env=clean_environment(**(self.variables() | environment)),
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert not check or finished.returncode == 0, finished.stdout + finished.stderr
        return finished

    def explain(self, uri):
        return json.loads(self.command("explain", uri, "--json").stdout)

    def schedule_story(self, name):
        return json.loads(self.command("schedule", "explain", name, "--count", "100", "--json").stdout)

    def set_clock(self, when):
        """Stops the clock of test mode at `when`, a text or a datetime; None lets it go on."""
        time = when.isoformat() if isinstance(when, datetime) else when
        status, said = self.get("/_tidemill/clock", "PUT", {"time": time})
        assert status == 200, said

    def get(self, path, method="GET", body=None):
        """An unsigned request under /_tidemill/: (status, text)."""
        request = urllib.request.Request(
            self.endpoint + path, method=method, data=json.dumps(body).encode() if body else None
        )
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=20) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
