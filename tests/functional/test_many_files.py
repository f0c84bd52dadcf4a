"""The tag tidemill:batch of a rule: many files start one run."""

import json
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from support import platform
from support.errors import refused
from support.waiting import wait_until

SHOWS = """import json, os, sys
given = sys.argv[1:]
arguments = dict(zip(given[::2], given[1::2]))
lines = [json.loads(line) for line in open(arguments["--manifest"])]
assert os.environ["MANIFEST"] == arguments["--manifest"]
print(json.dumps({"arguments": arguments, "lines": lines}))
"""


class Pipe:
    """A bucket whose objects start `job` together, as the tag `plan` says."""

    def __init__(self, server, name, plan, script=SHOWS, **job):
        self.server, self.bucket = server, platform.make_bucket(server, name)
        self.job = platform.make_job(server, f"{name}-job", script, **job)
        self.rule = platform.connect(server, self.bucket, self.job)
        self.arn = platform.rule_arn(self.rule)
        if plan:
            self.plan(plan)

    def plan(self, value):
        tags = [{"Key": "tidemill:batch", "Value": value}]
        self.server.client("events").tag_resource(ResourceARN=self.arn, Tags=tags)

    def put(self, *keys, body=b"x"):
        for key in keys:
            self.server.client("s3").put_object(Bucket=self.bucket, Key=key, Body=body)

    def runs(self):
        return platform.runs_of(self.server, self.job)

    def shown(self, count=1):
        """What the first `count` runs printed, the oldest first."""
        runs = platform.wait_for_runs(self.server, self.job, count)
        assert len(runs) == count, runs
        printed = []
        for run in reversed(runs):
            assert run["JobRunState"] == "SUCCEEDED", run
            lines = wait_until(
                lambda run=run: platform.messages_of(
                    self.server, "/aws-glue/jobs/output", run["Id"]
                ), 20,
            )
            printed.append(json.loads(lines[0]))
        return printed

    def keys(self, count=1):
        return [[line["key"] for line in one["lines"]] for one in self.shown(count)]

    def deliveries(self):
        said = self.server.command("deliveries", "list", "--rule", self.rule, "--json").stdout
        return json.loads(said)["deliveries"][::-1]

    def states(self):
        return [delivery["state"] for delivery in self.deliveries()]

    def decisions(self):
        lines = platform.messages_of(self.server, f"/aws/events/rule/{self.rule}")
        return [json.loads(line) for line in lines]


@pytest.fixture
def pipe(server, name):
    return lambda plan, **more: Pipe(server, name, plan, **more)


def test_so_many_files_start_one_run_that_is_given_all_of_them(pipe):
    p = pipe("count=3")
    p.put("a/1.csv", "a/2.csv")
    assert p.states() == ["batched"] * 2 and p.runs() == []
    p.put("a/ü 3.csv", body=b"three")
    (told,) = p.shown()
    given = told["arguments"]
    assert given["--bucket"] == p.bucket and given["--trigger_source"] == "s3_event"
    assert given["--object_count"] == "3" and given["--batch_reason"] == "count"
    assert given["--rule_name"] == p.rule and "--object_key" not in given
    assert json.loads(given["--object_keys"]) == ["a/1.csv", "a/2.csv", "a/ü 3.csv"]
    kept = p.deliveries()
    assert [d["state"] for d in kept] == ["done"] * 3
    assert given["--batch_id"] == str(kept[0]["id"])
    (run,) = p.runs()
    assert {d["result"] for d in kept} == {run["Id"]}
    last = told["lines"][2]
    assert last["bucket"] == p.bucket and last["key"] == "a/ü 3.csv" and last["size"] == 5
    assert last["event_id"] == kept[2]["event_id"] and last["etag"] and last["sequencer"]
    assert "version_id" not in last


def test_quiet_period_of_less_than_a_second(pipe):
    p = pipe("quiet=300ms")
    begun = time.monotonic()
    p.put("1", "2", "3")
    (told,) = p.shown()
    assert told["arguments"]["--batch_reason"] == "quiet"
    assert [line["key"] for line in told["lines"]] == ["1", "2", "3"]
    assert time.monotonic() - begun >= 0.3


def test_window_begins_with_the_first_file(pipe):
    p = pipe("window=400ms quiet=390ms")
    p.put("0")
    first = p.deliveries()[0]
    number = 1
    while p.deliveries()[0]["state"] == "batched":
        p.put(str(number))
        number += 1
    wait_until(lambda: set(p.states()) == {"done"}, 30)
    runs = p.shown(len(platform.wait_for_runs(p.server, p.job)))
    assert runs[0]["arguments"]["--batch_reason"] == "window"
    assert sum(len(run["lines"]) for run in runs) == number
    log = p.decisions()
    started = next(line for line in log if line["decision"] == "STARTED")
    assert started["batch"] == first["id"] and started["batch-reason"] == "window"
    took = started["time"], log[0]["time"]
    assert took[0] > took[1]


def test_groups_are_batches_of_their_own_and_markers_complete_them(pipe):
    p = pipe("marker=_SUCCESS window=1h group=dt=")
    p.put("out/dt=1/a", "out/dt=2/b", "out/dt=1/c")
    p.put("out/dt=1/_SUCCESS")
    (told,) = p.shown()
    given = told["arguments"]
    assert [line["key"] for line in told["lines"]] == ["out/dt=1/a", "out/dt=1/c"]
    assert given["--batch_group"] == "dt=1" and given["--batch_reason"] == "marker"
    assert given["--batch_marker"] == f"s3://{p.bucket}/out/dt=1/_SUCCESS"
    assert p.states() == ["done", "batched", "done", "done"]
    p.put("out/dt=1/late", "out/dt=2/_SUCCESS")
    assert p.keys(2) == [["out/dt=1/a", "out/dt=1/c"], ["out/dt=2/b"]]
    assert p.states()[4] == "batched", "it came after its set was complete"


@pytest.mark.parametrize("order", ["last", "first", "large"])
def test_manifest_completes_the_batch_when_all_that_it_lists_is_there(pipe, order):
    p = pipe("manifest=.manifest window=1h")
    wanted = [f"day/{number:04}" for number in range(2000 if order == "large" else 3)]
    text = "\n".join(f"s3://{p.bucket}/{key}" for key in wanted).encode()
    if order == "last":
        p.put(*wanted)
        p.put("day/x.manifest", body=text)
    elif order == "first":
        p.put("day/x.manifest", "day/extra", body=text)
        p.put(*wanted)
        wanted = ["day/extra", *wanted]
    else:
        p.put("day/x.manifest", body=text)
        story = wait_until(lambda: missing(p, 2000), 20)
        assert len(story["awaited"]) == 20
        p.put("day/x.manifest", body=b"0000\n0001\n")
        wait_until(lambda: missing(p, 2), 20)
        wanted = wanted[:2]
        p.put(*wanted)
    (told,) = p.shown()
    assert [line["key"] for line in told["lines"]] == wanted
    assert told["arguments"]["--batch_reason"] == "manifest"
    assert told["arguments"]["--batch_marker"] == f"s3://{p.bucket}/day/x.manifest"


def missing(p, count):
    told = p.server.command("deliveries", "show", str(p.deliveries()[0]["id"]), "--json").stdout
    batch = json.loads(told)["batch"]
    return batch if batch["missing"] == count else None


def test_same_key_counts_once_and_its_newest_content_is_told(pipe):
    p = pipe("count=2")
    p.put("a", body=b"old")
    p.put("a", body=b"newer")
    p.put("b")
    (told,) = p.shown()
    assert [(line["key"], line["size"]) for line in told["lines"]] == [("a", 5), ("b", 1)]
    assert p.states() == ["done"] * 3, "the older one is with the run too"


def test_versions_are_told(server, name):
    p = Pipe(server, name, "count=1")
    server.client("s3").put_bucket_versioning(
        Bucket=p.bucket, VersioningConfiguration={"Status": "Enabled"}
    )
    made = server.client("s3").put_object(Bucket=p.bucket, Key="a", Body=b"x")
    assert p.shown()[0]["lines"][0]["version_id"] == made["VersionId"]


def test_keys_that_are_many_are_in_the_manifest_only(pipe):
    p = pipe("count=300 window=1h")
    keys = [f"{'long' * 10}/{number:05}" for number in range(300)]
    p.put(*keys)
    (told,) = p.shown()
    assert "--object_keys" not in told["arguments"]
    assert [line["key"] for line in told["lines"]] == keys


def test_job_that_is_full_lets_the_batch_wait(pipe, tmp_path):
    gate = tmp_path / "gate"
    waits = f"import os, time\nwhile not os.path.exists({str(gate)!r}): time.sleep(0.02)\n"
    p = pipe("count=2", script=waits + SHOWS, ExecutionProperty={"MaxConcurrentRuns": 1})
    p.put("1", "2", "3", "4", "5", "6")
    assert p.states() == ["done", "done", "pending", "batched", "pending", "batched"]
    gate.touch()
    assert p.keys(3) == [["1", "2"], ["3", "4"], ["5", "6"]]


def test_other_targets_and_other_events_come_one_by_one(server, name):
    p = Pipe(server, name, "count=2")
    queue = server.client("sqs").create_queue(QueueName=name, Attributes={
        "Policy": platform.policy({
            "Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"},
            "Action": "sqs:SendMessage", "Resource": "*"})})["QueueUrl"]
    server.client("events").put_targets(
        Rule=p.rule, Targets=[{"Id": "q", "Arn": platform.queue_arn(name)}]
    )
    p.put("a")
    got = server.client("sqs").receive_message(QueueUrl=queue)["Messages"]
    assert json.loads(got[0]["Body"])["detail"]["object"]["key"] == "a"
    assert sorted(p.states()) == ["batched", "done"]


def test_refused_batch_is_a_dead_letter_for_each_file_and_can_be_tried_again(server, name):
    sqs = server.client("sqs")
    allow = {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"},
             "Action": "sqs:SendMessage", "Resource": "*"}
    url = sqs.create_queue(QueueName=name, Attributes={"Policy": platform.policy(allow)})["QueueUrl"]
    p = Pipe(server, name, None)
    role = platform.make_role(server, f"{name}-none", "events.amazonaws.com")
    target = {"Id": "job", "Arn": platform.job_arn(p.job), "RoleArn": role,
              "DeadLetterConfig": {"Arn": platform.queue_arn(name)}}
    server.client("events").put_targets(Rule=p.rule, Targets=[target])
    p.plan("count=3")
    p.put("1", "2", "3")
    kept = p.deliveries()
    assert {(d["state"], d["code"]) for d in kept} == {("failed", "NO_PERMISSIONS")}
    letters = []
    while got := sqs.receive_message(
        QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"]
    ).get("Messages"):
        letters += got
    keys = [json.loads(letter["Body"])["detail"]["object"]["key"] for letter in letters]
    assert sorted(keys) == ["1", "2", "3"]
    assert {letter["MessageAttributes"]["BATCH_ID"]["StringValue"] for letter in letters} == {
        str(kept[0]["id"])
    }
    server.client("iam").put_role_policy(
        RoleName=f"{name}-none", PolicyName="own", PolicyDocument=platform.policy(platform.START)
    )
    said = server.command("deliveries", "redrive", str(kept[2]["id"])).stdout
    assert "3 tried again" in said
    assert p.keys() == [["1", "2", "3"]]
    assert p.states() == ["done"] * 3


def test_change_of_the_tag_is_for_the_next_batch(pipe):
    p = pipe("count=2")
    p.put("1")
    p.plan("count=3")
    p.put("2")
    assert p.keys() == [["1", "2"]]
    p.put("3")
    p.server.client("events").untag_resource(ResourceARN=p.arn, TagKeys=["tidemill:batch"])
    p.put("4")
    platform.wait_for_runs(p.server, p.job, 2)
    assert p.states() == ["done", "done", "batched", "done"]


def test_open_batch_of_a_disabled_rule_closes_as_planned(pipe):
    p = pipe("quiet=400ms")
    p.put("1")
    p.server.client("events").disable_rule(Name=p.rule)
    p.put("2")
    assert p.keys() == [["1"]]


@pytest.mark.parametrize("value, text", [
    ("count=5 windw=3s", 'column 9: there is no option "windw"; did you mean window?'),
    ("count=5 window=3", "column 16: window can't be"),
    ("group=2", "nothing says when a batch is complete"),
])
def test_what_it_cannot_read_is_refused_with_the_place(pipe, value, text):
    p = pipe(None)
    with refused("ValidationException", text=text):
        p.plan(value)
    with refused("ValidationException", text=text):
        p.server.client("events").put_rule(
            Name=f"{p.rule}-2", EventPattern='{"source":["aws.s3"]}',
            Tags=[{"Key": "tidemill:batch", "Value": value}],
        )


def test_once_and_batch_go_together(pipe):
    p = pipe("count=2")
    tags = [{"Key": "tidemill:once", "Value": "content"}]
    p.server.client("events").tag_resource(ResourceARN=p.arn, Tags=tags)
    p.put("a", "a", "b")
    assert p.keys() == [["a", "b"]]
    assert p.states() == ["done", "skipped", "done"]


def test_marker_that_is_written_again_is_no_duplicate(pipe):
    p = pipe("marker=_SUCCESS window=1h")
    tags = [{"Key": "tidemill:once", "Value": "content"}]
    p.server.client("events").tag_resource(ResourceARN=p.arn, Tags=tags)
    p.put("a", "_SUCCESS", "b", "_SUCCESS", body=b"")
    assert p.keys(2) == [["a"], ["b"]]


def test_restart_in_the_middle(fresh_server, name):
    p = Pipe(fresh_server, name, "count=4 group=1")
    p.put("x/1", "y/1", "x/2")
    fresh_server.restart()
    assert p.states() == ["batched"] * 3
    p.put("x/3", "x/4")
    assert p.keys() == [["x/1", "x/2", "x/3", "x/4"]]


def test_window_that_ends_while_the_server_is_down(fresh_server, name):
    p = Pipe(fresh_server, name, "window=700ms")
    p.put("1", "2")
    fresh_server.stop()
    assert p.server.start().is_running
    assert p.keys() == [["1", "2"]]


def test_test_modes_clock_ends_a_window(tmp_path):
    from support.server import Server

    server = Server(tmp_path / "data", "--test-mode").start()
    try:
        server.set_clock("2024-01-15T09:30:00Z")
        p = Pipe(server, "clocked", "window=6h")
        p.put("1", "2")
        assert p.states() == ["batched"] * 2
        server.set_clock("2024-01-15T15:29:59Z")
        assert p.states() == ["batched"] * 2
        server.set_clock("2024-01-15T15:30:00Z")
        assert p.keys() == [["1", "2"]]
    finally:
        server.stop()


def test_burst_with_silence_after_it_leaves_nothing_behind(pipe):
    p = pipe("count=50 quiet=300ms")
    keys = [f"{number:04}" for number in range(430)]
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(p.put, keys))
    wait_until(lambda: len(platform.wait_for_runs(p.server, p.job)) >= 9, 60)
    given = p.keys(9)
    assert sorted(key for run in given for key in run) == keys
    assert sorted(map(len, given)) == [30] + [50] * 8


def test_marker_alone_says_that_there_are_no_files(pipe):
    p = pipe("marker=_SUCCESS window=1h")
    p.put("day/_SUCCESS")
    (told,) = p.shown()
    assert told["lines"] == [] and told["arguments"]["--object_count"] == "0"
    assert told["arguments"]["--object_keys"] == "[]"
    assert told["arguments"]["--bucket"] == p.bucket


def test_input_of_the_target_is_given_besides(server, name):
    p = Pipe(server, name, None)
    target = server.client("events").list_targets_by_rule(Rule=p.rule)["Targets"][0]
    target["Input"] = json.dumps({"--day": "monday", "--batch_group": "mine"})
    server.client("events").put_targets(Rule=p.rule, Targets=[target])
    p.plan("count=1")
    p.put("a")
    given = p.shown()[0]["arguments"]
    assert given["--day"] == "monday" and given["--batch_group"] == "mine"
    assert given["--object_count"] == "1"


def test_retried_run_gets_the_manifest_again(pipe, tmp_path):
    failed = tmp_path / "failed"
    script = f"import os\nif not os.path.exists({str(failed)!r}):\n"
    script += f"    open({str(failed)!r}, 'x'); raise SystemExit(3)\n" + SHOWS
    p = pipe("count=2", script=script, MaxRetries=1)
    p.put("a", "b")
    runs = platform.wait_for_runs(p.server, p.job, 2)
    assert [run["JobRunState"] for run in runs] == ["SUCCEEDED", "FAILED"]
    lines = wait_until(
        lambda: platform.messages_of(p.server, "/aws-glue/jobs/output", runs[0]["Id"]), 20
    )
    assert [line["key"] for line in json.loads(lines[0])["lines"]] == ["a", "b"]


def test_explain_tells_the_batch_of_object_delivery_rule_and_run(pipe):
    p = pipe("count=10 window=1h marker=_SUCCESS group=1")
    p.put("day/a", "day/b")
    uri, number = f"s3://{p.bucket}/day/a", str(p.deliveries()[0]["id"])
    for what in (uri, number, p.rule):
        said = p.server.command("explain", what).stdout
        assert f"batch {number}" in said and "closes in 59 min" in said, said
        assert "it closes with 10 files or with _SUCCESS or at 20" in said, said
    listed = p.server.command("deliveries", "list", "--state", "batched", "--rule", p.rule).stdout
    assert f"in batch {number} (2 so far), closes in 59 min" in listed
    p.put("day/_SUCCESS")
    (run,) = platform.wait_for_runs(p.server, p.job)
    for what in (uri, number, run["Id"]):
        said = p.server.command("explain", what).stdout
        assert f"batch {number} of day: closed, 2 files" in said and "by marker" in said, said
        assert f"s3://{p.bucket}/day/b" in said and run["Id"] in said, said
    assert f"2 files of batch {number}" in p.server.command("runs", "list").stdout


def test_open_batch_can_be_closed_by_hand(pipe):
    p = pipe("marker=_SUCCESS")
    p.put("a", "b")
    number = str(p.deliveries()[1]["id"])
    assert "closed" in p.server.command("deliveries", "close", number).stdout
    (told,) = p.shown()
    assert told["arguments"]["--batch_reason"] == "asked" and len(told["lines"]) == 2
    again = p.server.command("deliveries", "close", number, check=False)
    assert again.returncode == 1 and "is closed already (asked)" in again.stderr
    none = p.server.command("deliveries", "close", "999999", check=False)
    assert none.returncode == 1 and "is in no batch" in none.stderr


def test_backfill_fills_batches(pipe):
    p = pipe(None)
    p.server.client("events").disable_rule(Name=p.rule)
    p.put("a", "b", "c")
    p.server.client("events").enable_rule(Name=p.rule)
    p.plan("count=3")
    p.server.command("backfill", p.rule, "--yes")
    assert p.keys() == [["a", "b", "c"]]


def test_lint_sees_a_marker_that_never_comes(server, name):
    bucket = platform.make_bucket(server, name)
    job = platform.make_job(server, f"{name}-job", "pass")
    pattern = {"source": ["aws.s3"], "detail-type": ["Object Created"], "detail": {
        "bucket": {"name": [bucket]}, "object": {"key": [{"suffix": ".csv"}]}}}
    rule = platform.connect(server, bucket, job, pattern=pattern)
    server.client("events").tag_resource(
        ResourceARN=platform.rule_arn(rule),
        Tags=[{"Key": "tidemill:batch", "Value": "marker=_SUCCESS"}],
    )
    found = json.loads(server.command("rules", "lint", "--json", check=False).stdout)["findings"]
    kinds = {finding["kind"]: finding for finding in found if finding["rules"] == [rule]}
    assert set(kinds) >= {"batch-marker", "batch-waits"}, kinds
    assert "_SUCCESS" in kinds["batch-marker"]["mend"]
