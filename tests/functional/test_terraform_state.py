"""Terraform's state in a bucket of ours: the S3 backend with use_lockfile."""

import json
import os
import re
import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from support import terraform
from support.waiting import wait_until

pytestmark = pytest.mark.timeout(300)

LOCK = "platform/terraform.tfstate.tflock"
TEXT = """
terraform {
  backend "s3" {
    bucket       = "BUCKET"
    key          = "platform/terraform.tfstate"
    region       = "us-east-1"
    use_lockfile = true
  }
}
variable "value" { default = "kept in a bucket" }
variable "begun" { default = "" }
resource "terraform_data" "one" {
  input = var.value
}
resource "terraform_data" "slow" {
  count = var.begun == "" ? 0 : 1
  provisioner "local-exec" { command = "touch ${var.begun}; sleep 60" }
}
"""


@pytest.fixture
def root(program, server, bucket, tmp_path):
    """Makes root modules whose state is one and the same object."""

    def make(name):
        text = TEXT.replace("BUCKET", bucket)
        return terraform.Terraform(program, tmp_path / name, server, text)

    return make


def test_two_machines_share_one_state(root, s3, bucket):
    root("one").apply()
    two = root("two")
    assert two.state() == ["terraform_data.one"]
    assert two.changes() == ""
    keys = [entry["Key"] for entry in s3.list_objects_v2(Bucket=bucket)["Contents"]]
    assert keys == ["platform/terraform.tfstate"], "the lock is given back"


def test_a_lock_that_another_holds_is_told_and_kept(root, s3, bucket):
    one = root("one")
    held = {"ID": "a1b2", "Operation": "OperationTypeApply", "Who": "ann@laptop"}
    s3.put_object(Bucket=bucket, Key=LOCK, Body=json.dumps(held).encode())
    with pytest.raises(terraform.Failed) as refused:
        one.apply()
    for said in ("Error acquiring the state lock", "PreconditionFailed", "a1b2", "ann@laptop"):
        assert said in str(refused.value)
    assert json.loads(s3.get_object(Bucket=bucket, Key=LOCK)["Body"].read()) == held


def test_the_lock_of_a_killed_apply_is_broken_by_force_unlock(root, s3, bucket, tmp_path):
    one = root("one")
    begun = tmp_path / "begun"
    process = one.begin("apply", "-auto-approve", f"-var=begun={begun}")
    wait_until(begun.exists, 60, "the slow resource")
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    with pytest.raises(terraform.Failed, match="Error acquiring the state lock") as refused:
        one.apply()
    lock = re.search(r"^\W*ID:\s+(\S+)", str(refused.value), re.M).group(1)
    with pytest.raises(terraform.Failed):
        one.run("force-unlock", "-force", "00000000-0000-0000-0000-000000000000")
    one.run("force-unlock", "-force", lock)
    one.apply()
    assert one.changes() == ""
    assert Path(begun).exists() and "Contents" in s3.list_objects_v2(Bucket=bucket)


def test_of_applies_at_the_same_time_each_that_says_so_is_in_the_state(root):
    roots = [root(name) for name in ("one", "two", "three")]

    def apply(number):
        try:
            roots[number].apply(value=f"by {number}")
        except terraform.Failed as error:
            return str(error)
        return ""

    with ThreadPoolExecutor() as pool:
        said = list(pool.map(apply, range(len(roots))))
    lost = [text for text in said if text]
    assert len(lost) < len(roots), said
    assert all("Error acquiring the state lock" in text for text in lost), lost
    assert json.loads(roots[0].run("state", "pull"))["serial"] == len(roots) - len(lost)
