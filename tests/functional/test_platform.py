"""A file lands, its job runs: the platform of docs and README, from the upload to the silver rows."""

import json
import time

import pytest
from support import platform
from support.platform import BRONZE, DASHED_LOG_GROUP, JOB, LOG_GROUP, RULE, SILVER
from support.waiting import wait_until

SALES = platform.SALES_FILE.read_bytes()


@pytest.fixture
def upload(platform_server, name):
    """Uploads the sales file under a key of its own and waits for its run."""

    def do(key=None, body=SALES):
        key = key or f"sales/{name}.csv"
        platform_server.client("s3").put_object(Bucket=BRONZE, Key=key, Body=body)

        def ended():
            runs = [
                run
                for run in platform.runs_of(platform_server, JOB)
                if run["Arguments"].get("--object_key") == key
            ]
            return runs if runs and runs[0]["JobRunState"] in platform.FINAL else None

        return wait_until(ended, 60, f"the run of {key}")

    return do


def uri(name):
    return f"s3://{BRONZE}/sales/{name}.csv"


def test_upload_becomes_silver_rows(platform_server, upload, name):
    runs = upload()
    assert [run["JobRunState"] for run in runs] == ["SUCCEEDED"], runs
    silver = platform_server.client("s3").get_object(Bucket=SILVER, Key=f"sales/{name}.jsonl")
    rows = [json.loads(line) for line in silver["Body"].read().splitlines()]
    assert len(rows) == 7
    assert rows[0]["amount"] == pytest.approx(59.7)


def test_run_is_told_what_started_it(upload, name):
    run = upload()[0]
    told = run["Arguments"]
    assert told["--trigger_source"] == "s3_event"
    assert (told["--bucket"], told["--object_key"]) == (BRONZE, f"sales/{name}.csv")
    assert told["--object_size"] == str(len(SALES))
    assert told["--rule_name"] == RULE
    assert told["--object_etag"] and told["--event_id"] and told["--event_time"]
    assert told["--object_sequencer"]
    assert run["Id"].startswith("jr_") and len(run["Id"]) == 67
    int(run["Id"][3:], 16)


def test_output_of_the_run_is_in_glues_log_groups(platform_server, upload, name):
    run = upload()[0]

    def printed(group):
        return "\n".join(platform.messages_of(platform_server, group, run["Id"]))

    wait_until(lambda: f"{name}.csv: 7 rows" in printed("/aws-glue/jobs/output"), 20)
    wait_until(lambda: "order SO-10246 is there twice" in printed("/aws-glue/jobs/error"), 20)
    listed = platform_server.command("runs", "logs", run["Id"]).stdout
    assert f"{name}.csv: 7 rows" in listed


def test_decisions_are_in_both_log_groups_of_the_rule(platform_server, upload, name):
    run = upload()[0]
    for group in (LOG_GROUP, DASHED_LOG_GROUP):
        messages = wait_until(
            lambda group=group: [
                text for text in platform.messages_of(platform_server, group) if name in text
            ],
            20,
            f"a line on {name} in {group}",
        )
        assert any(run["Id"] in text for text in messages), messages


def test_suffix_is_case_sensitive_and_explain_says_so(platform_server, name):
    key = f"sales/{name}.CSV"
    platform_server.client("s3").put_object(Bucket=BRONZE, Key=key, Body=SALES)
    story = platform_server.explain(f"s3://{BRONZE}/{key}")
    (rule,) = [rule for rule in story["events"][0]["rules"] if rule["name"] == RULE]
    assert rule["matched"] is False and "deliveries" not in rule
    assert "key" in rule["path"]
    assert ".csv" in rule["expected"] and f"{name}.CSV" in rule["actual"]
    told = platform_server.command("explain", f"s3://{BRONZE}/{key}").stdout
    assert "no match" in told and ".csv" in told and "Nothing started" in told
    assert not [
        run
        for run in platform.runs_of(platform_server, JOB)
        if run["Arguments"].get("--object_key") == key
    ]


@pytest.mark.parametrize("key", ["returns/a.csv", "Sales/a.csv", "sales/a.csv.gz", "sales.csv"])
def test_other_keys_start_nothing(platform_server, key):
    platform_server.client("s3").put_object(Bucket=BRONZE, Key=key, Body=b"x")
    story = platform_server.explain(f"s3://{BRONZE}/{key}")
    assert not [rule for rule in story["events"][0]["rules"] if rule["matched"]]


def test_explain_tells_the_whole_way(platform_server, upload, name):
    run = upload()[0]
    story = platform_server.explain(uri(name))
    assert story["object"]["exists"] and story["object"]["size"] == len(SALES)
    event = story["events"][0]
    assert event["detail_type"] == "Object Created"
    (rule,) = [rule for rule in event["rules"] if rule["matched"]]
    (delivery,) = rule["deliveries"]
    assert (delivery["state"], delivery["run"]["id"]) == ("done", run["Id"])
    seen = delivery["run"]
    steps = [story["object"]["last_modified_ms"], event["published_ms"], delivery["created_ms"]]
    steps += [seen["created_ms"], seen["spawned_ms"], seen["first_line_ms"], seen["completed_ms"]]
    assert steps == sorted(steps)
    text = platform_server.command("explain", uri(name)).stdout
    assert RULE in text and run["Id"] in text and "SUCCEEDED" in text


def test_runs_list_shows_the_run(platform_server, upload):
    run = upload()[0]
    table = platform_server.command("runs", "list", "--job", JOB).stdout
    assert run["Id"] in table and "SUCCEEDED" in table
    listed = json.loads(platform_server.command("runs", "list", "--job", JOB, "--json").stdout)
    assert run["Id"] in [entry["id"] for entry in listed["runs"]]


def test_uploading_again_runs_again(upload):
    upload()
    started = time.time()
    runs = upload()
    assert len(runs) == 2, runs
    assert runs[0]["StartedOn"].timestamp() > started - 5


def test_copy_and_multipart_start_the_job_too(platform_server, upload, name):
    upload()
    s3 = platform_server.client("s3")
    source = {"Bucket": BRONZE, "Key": f"sales/{name}.csv"}
    s3.copy_object(Bucket=BRONZE, Key=f"sales/{name}-copy.csv", CopySource=source)
    key = f"sales/{name}-parts.csv"
    upload_id = s3.create_multipart_upload(Bucket=BRONZE, Key=key)["UploadId"]
    part = s3.upload_part(Bucket=BRONZE, Key=key, UploadId=upload_id, PartNumber=1, Body=SALES)
    parts = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
    s3.complete_multipart_upload(Bucket=BRONZE, Key=key, UploadId=upload_id, MultipartUpload=parts)
    for ending, reason in (("copy", "CopyObject"), ("parts", "CompleteMultipartUpload")):
        story = platform_server.explain(uri(f"{name}-{ending}"))
        assert story["events"][0]["envelope"]["detail"]["reason"] == reason
        assert any(rule["matched"] for rule in story["events"][0]["rules"])


def test_disabled_rule_starts_nothing(platform_server, name):
    events = platform_server.client("events")
    events.disable_rule(Name=RULE)
    try:
        platform_server.client("s3").put_object(Bucket=BRONZE, Key=f"sales/{name}.csv", Body=SALES)
    finally:
        events.enable_rule(Name=RULE)
    story = platform_server.explain(uri(name))
    assert not [rule for rule in story["events"][0]["rules"] if rule.get("deliveries")]


def test_malformed_file_fails_the_run_with_its_reason(upload):
    run = upload(body=b"not,a,sales,file\n1,2,3,4\n")[0]
    assert run["JobRunState"] == "FAILED"
    assert "ValueError" in run["ErrorMessage"] and "no column order_id" in run["ErrorMessage"]
