"""The program's own metrics at /_tidemill/metrics, in Prometheus's text format."""

import re
import stat
import urllib.error
import urllib.request
from pathlib import Path

from support import platform
from support.waiting import wait_until

ROOT = Path(__file__).parents[2]
SAMPLE = re.compile(r"^(\w+)(?:\{(.*)\})? (\S+)$")


def fetch(server, token=None):
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    request = urllib.request.Request(f"{server.endpoint}/_tidemill/metrics", headers=headers)
    with urllib.request.urlopen(request) as answer:
        assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
        return answer.read().decode()


def token_of(server):
    path = Path(server.data) / "metrics-token"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    return path.read_text().strip()


def samples(text):
    """{(name, labels): value}, and every line must be one that Prometheus reads."""
    found = {}
    for line in text.splitlines():
        if line.startswith("# "):
            continue
        match = SAMPLE.match(line)
        assert match, line
        name, labels, value = match.groups()
        assert (name, labels) not in found, line
        found[name, labels] = float(value)
    return found


def test_who_has_the_token_may_ask(server):
    for token in (None, "0" * 64):
        try:
            fetch(server, token)
            raise AssertionError("it must be refused")
        except urllib.error.HTTPError as refused:
            assert refused.code == 403, refused
    assert "tidemill_build_info" in fetch(server, token_of(server))


def test_the_token_opens_nothing_else(server):
    request = urllib.request.Request(
        f"{server.endpoint}/_tidemill/api/runs",
        headers={"Authorization": f"Bearer {token_of(server)}"})
    try:
        urllib.request.urlopen(request)
        raise AssertionError("it must be refused")
    except urllib.error.HTTPError as refused:
        assert refused.code in (400, 403)


def test_names_and_texts_are_those_of_the_reference(test_mode_server):
    text = fetch(test_mode_server)
    helps = dict(re.findall(r"^# HELP (\w+) (.*)$", text, re.M))
    types = dict(re.findall(r"^# TYPE (\w+) (.*)$", text, re.M))
    page = (ROOT / "docs/reference/metrics.md").read_text()
    rows = re.findall(r"^\| `(\w+)` \| (\w+) \| ([^|]*) \| (.*) \|$", page, re.M)
    assert {name: help_ for name, _, _, help_ in rows} == helps
    assert {name: type_ for name, type_, _, _ in rows} == types
    labels = {name: set(filter(None, given.strip().split(", "))) for name, _, given, _ in rows}
    for (name, given), _ in samples(text).items():
        base = name if name in labels else re.sub(r"_(bucket|sum|count)$", "", name)
        seen = set(re.findall(r"(\w+)=", given or "")) - {"le"}
        assert seen == labels[base], name


def test_what_happens_is_counted(test_mode_server, name):
    server = test_mode_server
    before = samples(fetch(server))
    bucket = platform.make_bucket(server, name)
    platform.make_job(server, name, "print(1)")
    platform.connect(server, bucket, name)
    server.client("s3").put_object(Bucket=bucket, Key="a", Body=b"x")
    platform.wait_for_runs(server, name)
    url, _ = platform.make_queue_for_events(server, f"{name}-q")
    server.client("sqs").send_message(QueueUrl=url, MessageBody="x")

    def grown():
        after = samples(fetch(server))

        def by(metric, labels=None):
            return after.get((metric, labels), 0) - before.get((metric, labels), 0)

        assert by("tidemill_events_published_total") >= 1
        assert by("tidemill_events_matched_total") == 1
        assert by("tidemill_invocations_total") == 1
        assert by("tidemill_queue_messages_sent_total") == 1
        assert by("tidemill_requests_total", 'service="s3",operation="PutObject"') >= 1
        assert by("tidemill_store_commit_seconds_count", 'store="tidemill"') > 1
        assert after["tidemill_disk_free_bytes", None] > 0
        queue = f'region="us-east-1",queue="{name}-q",state="visible"'
        assert after["tidemill_queue_messages", queue] == 1
        return by("tidemill_runs_completed_total") == 1 and by("tidemill_log_events_total") >= 1

    wait_until(grown)


def test_buckets_of_a_histogram_add_up(test_mode_server):
    found = samples(fetch(test_mode_server))
    store = 'store="tidemill"'
    buckets = [value for (name, labels), value in found.items()
               if name == "tidemill_store_commit_seconds_bucket" and labels.startswith(store)]
    assert buckets == sorted(buckets) and len(buckets) == 13
    assert buckets[-1] == found["tidemill_store_commit_seconds_count", store]
