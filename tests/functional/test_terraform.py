"""Terraform, OpenTofu and their AWS provider, as they are, with nothing but AWS_ENDPOINT_URL set."""

import json
import re
import threading

import pytest
from support import platform, terraform
from support.server import TOP, Server
from support.waiting import wait_until

PLATFORM = TOP / "examples/data-platform"
EVERYTHING = TOP / "tests/terraform"

pytestmark = pytest.mark.timeout(900)


class Applied(threading.Thread):
    """A tree that is applied to a server of its own while others are: nearly all the time that this
    takes is the provider's own waiting for queues."""

    def __init__(self, program, directory, source, root="."):
        super().__init__(daemon=True)
        self.program, self.directory = program, directory
        self.source, self.root = source, root
        self.server = Server(directory / "data")
        self.failure = None
        self.start()

    def run(self):
        try:
            self.server.start()
            self.terraform = terraform.Terraform.of_tree(
                self.program, self.source, self.directory / "tree", self.server, self.root
            )
            self.terraform.apply()
            self.second_plan = self.terraform.changes()
        except Exception as error:
            self.failure = error

    def ready(self):
        self.join()
        if self.failure:
            raise self.failure
        return self


@pytest.fixture(scope="module")
def trees(program, tmp_path_factory):
    """All begin at once."""
    roots = {
        "dev": (PLATFORM, "infrastructure/environments/dev"),
        "everything": (EVERYTHING, "."),
    }
    trees = {
        name: Applied(program, tmp_path_factory.mktemp(name), source, root)
        for name, (source, root) in roots.items()
    }
    yield trees
    for tree in trees.values():
        tree.join()
        tree.server.stop()


@pytest.fixture
def dev(trees):
    return trees["dev"].ready()


@pytest.fixture
def everything(trees):
    return trees["everything"].ready()


@pytest.mark.parametrize("name", ["dev", "everything"])
def test_second_plan_is_empty(trees, name):
    assert trees[name].ready().second_plan == ""


def test_an_applied_platform_runs_what_is_uploaded(dev):
    buckets = dev.terraform.outputs()["s3_buckets"]
    s3 = dev.server.client("s3")
    body = platform.SALES_FILE.read_bytes()
    s3.put_object(Bucket=buckets["bronze"], Key="sales/day.csv", Body=body)

    def ended():
        runs = platform.runs_of(dev.server, "sales-etl-dev")
        return runs if runs and runs[0]["JobRunState"] in platform.FINAL else None

    runs = wait_until(ended, 60, "the run of sales/day.csv")
    assert [run["JobRunState"] for run in runs] == ["SUCCEEDED"], runs
    assert runs[0]["Arguments"]["--rule_name"] == "dev-sales_file_trigger"
    silver = s3.get_object(Bucket=buckets["silver"], Key="sales/day.jsonl")["Body"].read()
    assert len(silver.splitlines()) == 7


def test_running_jobs_and_files_are_no_drift(dev):
    s3 = dev.server.client("s3")
    stock = json.dumps([{"product": "P-1187", "stock": 4}])
    s3.put_object(
        Bucket="data-lake-dev-bronze", Key="inventory/updates/a.json", Body=stock.encode()
    )
    wait_until(
        lambda: [r["JobRunState"] for r in platform.runs_of(dev.server, "inventory-sync-dev")]
        == ["SUCCEEDED"],
        60,
        "the run of inventory/updates/a.json",
    )
    assert dev.terraform.changes() == ""


def test_resources_made_by_hand_are_imported_without_changes(dev):
    glue = dev.server.client("glue")
    made = glue.get_job(JobName="sales-etl-dev")["Job"]
    address = 'module.platform.module.data_platform.aws_glue_job.this["sales_etl"]'
    glue.delete_job(JobName="sales-etl-dev")
    glue.create_job(
        **{name: made[name] for name in ("Name", "Description", "Role", "Command", "Timeout")},
        GlueVersion=made["GlueVersion"],
        WorkerType=made["WorkerType"],
        NumberOfWorkers=made["NumberOfWorkers"],
        DefaultArguments=made["DefaultArguments"],
        ExecutionProperty=made["ExecutionProperty"],
        Tags={"Project": "data-platform", "Environment": "dev"},
    )
    dev.terraform.run("state", "rm", address)
    dev.terraform.run("import", address, "sales-etl-dev")
    assert dev.terraform.changes() == ""


def test_a_changed_value_is_changed_in_place(everything):
    planned = everything.terraform.changes(note="second")
    replaced = re.findall(r"# (\S+) must be replaced", planned)
    # The provider gives a new value of a secret a version of its own.
    assert replaced == ["aws_secretsmanager_secret_version.database"], planned
    everything.terraform.apply(note="second")
    assert everything.terraform.changes(note="second") == ""


def test_what_was_deleted_behind_its_back_is_planned_again(everything):
    everything.server.client("events").remove_targets(Rule="everything-files", Ids=["job"])
    planned = everything.terraform.changes(note="second")
    assert "aws_cloudwatch_event_target.job will be created" in planned
    assert "Plan: 1 to add, 0 to change, 0 to destroy" in planned


def test_destroy_leaves_nothing(everything):
    everything.terraform.destroy(note="second")
    assert everything.terraform.state() == []
    client = everything.server.client
    assert client("s3").list_buckets()["Buckets"] == []
    assert client("glue").list_jobs()["JobNames"] == []
    assert client("events").list_rules()["Rules"] == []
    assert client("sqs").list_queues().get("QueueUrls", []) == []
    assert client("iam").list_roles()["Roles"] == []
    assert client("cloudwatch").describe_alarms()["MetricAlarms"] == []
