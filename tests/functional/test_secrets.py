"""Secrets Manager with boto3: versions and their stages, deletion, policies; and a job that reads
a secret and a parameter with its role's keys."""

import json
import re
import uuid
from datetime import datetime, timedelta, timezone

import pytest
from support import platform
from support.errors import refused
from support.platform import ACCOUNT


@pytest.fixture
def secrets(server):
    return server.client("secretsmanager")


def value(secrets, name, **more):
    return secrets.get_secret_value(SecretId=name, **more)["SecretString"]


def stages(secrets, name):
    listed = secrets.list_secret_version_ids(SecretId=name, IncludeDeprecated=True)["Versions"]
    return {one["VersionId"]: sorted(one.get("VersionStages", [])) for one in listed}


def token():
    return str(uuid.uuid4())


def test_life_of_a_secret(secrets, name):
    made = secrets.create_secret(
        Name=name, Description="d", SecretString="s3cret", Tags=[{"Key": "a", "Value": "b"}])
    arn = made["ARN"]
    assert re.fullmatch(
        rf"arn:aws:secretsmanager:us-east-1:{ACCOUNT}:secret:{name}-[A-Za-z0-9]{{6}}", arn)
    got = secrets.get_secret_value(SecretId=name)
    assert (got["SecretString"], got["ARN"], got["Name"]) == ("s3cret", arn, name)
    assert (got["VersionId"], got["VersionStages"]) == (made["VersionId"], ["AWSCURRENT"])
    assert value(secrets, arn) == value(secrets, arn[:-7]) == "s3cret"
    with refused("ResourceNotFoundException", 400, "can't find the specified secret."):
        value(secrets, arn[:-6] + "000000")
    described = secrets.describe_secret(SecretId=name)
    assert described["Description"] == "d" and described["Tags"] == [{"Key": "a", "Value": "b"}]
    assert described["VersionIdsToStages"] == {made["VersionId"]: ["AWSCURRENT"]}
    assert described["LastAccessedDate"].time().isoformat() == "00:00:00"
    with refused("ResourceExistsException", 400, f"because the secret {name} already exists"):
        secrets.create_secret(Name=name, SecretString="other")
    secrets.delete_secret(SecretId=name, ForceDeleteWithoutRecovery=True)
    with refused("ResourceNotFoundException"):
        secrets.describe_secret(SecretId=name)
    again = secrets.create_secret(Name=name)
    assert again["ARN"] != arn, "another secret with the same name"
    assert "VersionId" not in again


def test_binary_values(secrets, name):
    secrets.create_secret(Name=name, SecretBinary=b"\x00\xff")
    got = secrets.get_secret_value(SecretId=name)
    assert got["SecretBinary"] == b"\x00\xff" and "SecretString" not in got
    with refused("InvalidParameterException", 400, "both a binary secret value and a string"):
        secrets.put_secret_value(SecretId=name, SecretBinary=b"a", SecretString="a")


def test_new_value_is_current_and_the_old_one_previous(secrets, name):
    first = secrets.create_secret(Name=name, SecretString="1")["VersionId"]
    second = secrets.put_secret_value(SecretId=name, SecretString="2")
    assert second["VersionStages"] == ["AWSCURRENT"]
    third = secrets.update_secret(SecretId=name, SecretString="3", Description="new")["VersionId"]
    assert stages(secrets, name) == {
        first: [], second["VersionId"]: ["AWSPREVIOUS"], third: ["AWSCURRENT"]}
    assert value(secrets, name) == "3"
    assert value(secrets, name, VersionStage="AWSPREVIOUS") == "2"
    assert value(secrets, name, VersionId=first) == "1"
    shown = secrets.list_secret_version_ids(SecretId=name)["Versions"]
    assert {one["VersionId"] for one in shown} == {second["VersionId"], third}
    assert "VersionId" not in secrets.update_secret(SecretId=name, Description="newer")
    assert secrets.describe_secret(SecretId=name)["Description"] == "newer"
    with refused("ResourceNotFoundException", 400, "for staging label: NONE"):
        value(secrets, name, VersionStage="NONE")
    with refused("ResourceNotFoundException", 400, "for VersionId: "):
        value(secrets, name, VersionId=token())
    with refused("InvalidRequestException", 400, "not associated to the provided VersionId"):
        value(secrets, name, VersionId=first, VersionStage="AWSCURRENT")


def test_same_token_is_the_same_version(server, secrets, name):
    once = token()
    made = [secrets.create_secret(Name=name, SecretString="1", ClientRequestToken=once)
            for _ in range(2)]
    assert made[0]["ARN"] == made[1]["ARN"] and made[0]["VersionId"] == once
    again = token()
    for _ in range(2):
        put = secrets.put_secret_value(SecretId=name, SecretString="2", ClientRequestToken=again)
        assert put["VersionId"] == again
    assert len(stages(secrets, name)) == 2
    with refused("ResourceExistsException", 400, f"ClientRequestToken {again}") as refusal:
        secrets.put_secret_value(SecretId=name, SecretString="hunter2", ClientRequestToken=again)
    assert "hunter2" not in refusal.message
    with refused("ValidationException", 400, "length greater than or equal to 32"):
        server.client("secretsmanager", parameter_validation=False).put_secret_value(
            SecretId=name, SecretString="3", ClientRequestToken="short")


def test_rotation_by_hand(secrets, name):
    old = secrets.create_secret(Name=name, SecretString="old")["VersionId"]
    new = secrets.put_secret_value(
        SecretId=name, SecretString="new", VersionStages=["AWSPENDING"])["VersionId"]
    assert value(secrets, name) == "old"
    assert value(secrets, name, VersionStage="AWSPENDING") == "new"
    with refused("InvalidParameterException", 400, f"attached to version {old}"):
        secrets.update_secret_version_stage(
            SecretId=name, VersionStage="AWSCURRENT", MoveToVersionId=new)
    with refused("InvalidParameterException", 400, "can't be completely removed"):
        secrets.update_secret_version_stage(
            SecretId=name, VersionStage="AWSCURRENT", RemoveFromVersionId=old)
    secrets.update_secret_version_stage(
        SecretId=name, VersionStage="AWSCURRENT", RemoveFromVersionId=old, MoveToVersionId=new)
    secrets.update_secret_version_stage(
        SecretId=name, VersionStage="AWSPENDING", RemoveFromVersionId=new)
    assert stages(secrets, name) == {old: ["AWSPREVIOUS"], new: ["AWSCURRENT"]}
    secrets.update_secret_version_stage(
        SecretId=name, VersionStage="AWSCURRENT", RemoveFromVersionId=new, MoveToVersionId=old)
    assert stages(secrets, name) == {old: ["AWSCURRENT"], new: ["AWSPREVIOUS"]}


def test_a_hundred_versions_are_kept(secrets, name):
    first = secrets.create_secret(Name=name, SecretString="0")["VersionId"]
    secrets.put_secret_value(SecretId=name, SecretString="1", VersionStages=["kept"])
    second = list(stages(secrets, name))[1]
    for number in range(2, 103):
        secrets.put_secret_value(SecretId=name, SecretString=str(number))
    left = stages(secrets, name)
    assert len(left) == 100 and first not in left and left[second] == ["kept"]
    assert value(secrets, name) == "102"


def test_deleted_secret_can_be_restored(secrets, name):
    secrets.create_secret(Name=name, SecretString="1")
    for wrong, text in (
        ({"RecoveryWindowInDays": 6}, "must be between 7 and 30 days (inclusive)"),
        ({"RecoveryWindowInDays": 7, "ForceDeleteWithoutRecovery": True}, "in conjunction with"),
    ):
        with refused("InvalidParameterException", 400, text):
            secrets.delete_secret(SecretId=name, **wrong)
    gone = secrets.delete_secret(SecretId=name, RecoveryWindowInDays=7)["DeletionDate"]
    assert timedelta(days=6, hours=23) < gone - datetime.now(timezone.utc) < timedelta(days=7)
    for call in (
        lambda: value(secrets, name),
        lambda: secrets.put_secret_value(SecretId=name, SecretString="2"),
        lambda: secrets.delete_secret(SecretId=name),
    ):
        with refused("InvalidRequestException", 400, "because it was marked for deletion"):
            call()
    with refused("InvalidRequestException", 400, "already scheduled for deletion"):
        secrets.create_secret(Name=name, SecretString="2")
    assert secrets.describe_secret(SecretId=name)["DeletedDate"]
    by_name = [{"Key": "name", "Values": [name]}]
    assert secrets.list_secrets(Filters=by_name)["SecretList"] == []
    assert secrets.list_secrets(Filters=by_name, IncludePlannedDeletion=True)["SecretList"]
    secrets.restore_secret(SecretId=name)
    assert value(secrets, name) == "1"


def test_deleted_secret_is_gone_after_its_window(test_mode_server, name):
    secrets = test_mode_server.client("secretsmanager")
    begin = datetime(2030, 1, 1, tzinfo=timezone.utc)
    test_mode_server.set_clock(begin)
    secrets.create_secret(Name=name, SecretString="1")
    secrets.delete_secret(SecretId=name, RecoveryWindowInDays=7)
    test_mode_server.set_clock(begin + timedelta(days=7, seconds=-1))
    assert secrets.describe_secret(SecretId=name)["DeletedDate"] == begin
    test_mode_server.set_clock(begin + timedelta(days=7))
    with refused("ResourceNotFoundException"):
        secrets.describe_secret(SecretId=name)
    secrets.create_secret(Name=name, SecretString="2")
    assert value(secrets, name) == "2"


def test_what_is_not_there_can_be_deleted_without_recovery(secrets, name):
    assert secrets.delete_secret(SecretId=name, ForceDeleteWithoutRecovery=True)["Name"] == name
    with refused("ResourceNotFoundException"):
        secrets.delete_secret(SecretId=name)


def test_lists_are_filtered_sorted_and_paged(secrets, name):
    made = [f"{name}/{letter}" for letter in "cab"]
    for one in made:
        secrets.create_secret(Name=one, Tags=[{"Key": f"team-{name}", "Value": one[-1]}])

    def shown(**more):
        pages = secrets.get_paginator("list_secrets").paginate(
            Filters=more.pop("Filters", [{"Key": "name", "Values": [f"{name}/"]}]),
            PaginationConfig={"PageSize": 2}, **more)
        return [one["Name"] for page in pages for one in page["SecretList"]]

    assert shown() == made
    assert shown(SortOrder="desc") == made[::-1]
    assert shown(SortBy="name") == sorted(made)
    assert shown(SortBy="name", SortOrder="desc") == sorted(made)[::-1]
    assert shown(Filters=[{"Key": "tag-key", "Values": [f"team-{name}"]},
                          {"Key": "tag-value", "Values": ["a", "b"]}]) == made[1:]


def test_tags(secrets, name):
    secrets.create_secret(Name=name)
    secrets.tag_resource(SecretId=name, Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": ""}])
    secrets.untag_resource(SecretId=name, TagKeys=["a", "none"])
    assert secrets.describe_secret(SecretId=name)["Tags"] == [{"Key": "b", "Value": ""}]
    with refused("InvalidParameterException", 400, "at most 50 tags"):
        secrets.tag_resource(SecretId=name, Tags=[{"Key": f"k{n}", "Value": ""} for n in range(50)])


def test_bad_names(secrets):
    for bad in ("a b", "a*"):
        with refused("ValidationException", 400, "Invalid name. Must be a valid name"):
            secrets.create_secret(Name=bad)


def test_random_password(secrets):
    first, second = (secrets.get_random_password(PasswordLength=20)["RandomPassword"]
                     for _ in range(2))
    assert len(first) == 20 and first != second
    digits = secrets.get_random_password(
        ExcludeLowercase=True, ExcludeUppercase=True, ExcludePunctuation=True)["RandomPassword"]
    assert digits.isdigit() and len(digits) == 32
    with refused("InvalidParameterException", 400, "too short based on the required types"):
        secrets.get_random_password(PasswordLength=2)


def test_several_values_at_once(server, secrets, name):
    for letter in "ab":
        secrets.create_secret(Name=f"{name}-{letter}", SecretString=letter)
    found = secrets.batch_get_secret_value(SecretIdList=[f"{name}-a", f"{name}-b", f"{name}-no"])
    assert [one["SecretString"] for one in found["SecretValues"]] == ["a", "b"]
    assert [one["ErrorCode"] for one in found["Errors"]] == ["ResourceNotFoundException"]
    found = secrets.batch_get_secret_value(Filters=[{"Key": "name", "Values": [f"{name}-"]}])
    assert len(found["SecretValues"]) == 2
    batch = {"Effect": "Allow", "Action": "secretsmanager:BatchGetSecretValue", "Resource": "*"}
    only_a = {"Effect": "Allow", "Action": "secretsmanager:GetSecretValue",
              "Resource": f"arn:aws:secretsmanager:us-east-1:{ACCOUNT}:secret:{name}-a-??????"}
    _, key = platform.make_user(server, name, batch, only_a)
    found = server.client("secretsmanager", key).batch_get_secret_value(
        SecretIdList=[f"{name}-a", f"{name}-b"])
    assert [one["SecretString"] for one in found["SecretValues"]] == ["a"]
    assert [one["ErrorCode"] for one in found["Errors"]] == ["AccessDeniedException"]


def test_policy_of_a_secret_counts_beside_the_callers_own(server, secrets, name):
    arn = secrets.create_secret(Name=name, SecretString="1")["ARN"]
    user, key = platform.make_user(server, name)
    theirs = server.client("secretsmanager", key)
    with refused("AccessDeniedException", 400, "secretsmanager:GetSecretValue"):
        value(theirs, name)
    allow = {"Effect": "Allow", "Principal": {"AWS": user},
             "Action": "secretsmanager:GetSecretValue", "Resource": "*"}
    put = secrets.put_resource_policy(SecretId=name, ResourcePolicy=platform.policy(allow))
    assert (put["ARN"], put["Name"]) == (arn, name)
    assert value(theirs, name) == "1"
    got = secrets.get_resource_policy(SecretId=name)["ResourcePolicy"]
    assert json.loads(got)["Statement"] == [allow]
    with refused("PublicPolicyException"):
        secrets.put_resource_policy(
            SecretId=name, ResourcePolicy=platform.policy(allow | {"Principal": "*"}),
            BlockPublicPolicy=True)
    with refused("MalformedPolicyDocumentException"):
        secrets.put_resource_policy(SecretId=name, ResourcePolicy="{}")
    secrets.delete_resource_policy(SecretId=name)
    assert "ResourcePolicy" not in secrets.get_resource_policy(SecretId=name)
    with refused("AccessDeniedException"):
        value(theirs, name)


def test_who_may_not_read_is_not_told_what_is_there(server, secrets, name):
    secrets.create_secret(Name=name, SecretString="1")
    _, key = platform.make_user(server, name)
    for asked in (name, f"{name}-no"):
        with refused("AccessDeniedException"):
            value(server.client("secretsmanager", key), asked)


def test_values_are_encrypted_at_rest_and_never_logged(fresh_server, name):
    secrets = fresh_server.client("secretsmanager")
    secrets.create_secret(Name=name, SecretString="hunter2-hunter2", Description="plain-sight-91")
    with refused("ValidationException", 400, "Value at 'secretString'") as refusal:
        secrets.put_secret_value(SecretId=name, SecretString="hunter2" * 10_000)
    assert "hunter2" not in refusal.message
    fresh_server.restart()
    assert value(fresh_server.client("secretsmanager"), name) == "hunter2-hunter2"
    holding = {
        text: [path for path in fresh_server.data.rglob("*")
               if path.is_file() and text in path.read_bytes()]
        for text in (b"plain-sight-91", b"hunter2")
    }
    assert holding[b"plain-sight-91"] and not holding[b"hunter2"]
    assert "hunter2" not in fresh_server.log()


READER = """
import boto3
host = boto3.client("ssm").get_parameter(Name="/{name}/host", WithDecryption=True)
print("host:", host["Parameter"]["Value"])
secret = boto3.client("secretsmanager").get_secret_value(SecretId="{name}")
print("secret has", len(secret["SecretString"]), "characters")
assert secret["SecretString"] == "s3cret"
"""


@pytest.fixture
def reader(server, secrets, name):
    """A job that reads a parameter and a secret; its role may read the parameter only."""
    server.client("ssm").put_parameter(Name=f"/{name}/host", Value="db.test", Type="SecureString")
    secrets.create_secret(Name=name, SecretString="s3cret")
    job = platform.make_job(server, name, READER.replace("{name}", name))
    may = platform.policy(
        {"Effect": "Allow", "Action": ["s3:GetObject", "logs:*"], "Resource": "*"},
        {"Effect": "Allow", "Action": "ssm:GetParameter",
         "Resource": f"arn:aws:ssm:us-east-1:{ACCOUNT}:parameter/{name}/*"})
    server.client("iam").put_role_policy(
        RoleName=f"{name}-role", PolicyName="own", PolicyDocument=may)
    return job


def ended(server, job):
    run = server.client("glue").start_job_run(JobName=job)["JobRunId"]
    return platform.wait_for_run(server, job, run)


def test_job_reads_parameters_and_secrets_as_its_role(server, secrets, reader, name):
    run = ended(server, reader)
    assert run["JobRunState"] == "FAILED"
    assert "AccessDeniedException" in run["ErrorMessage"]
    assert "secretsmanager:GetSecretValue" in run["ErrorMessage"]
    also = platform.policy(
        {"Effect": "Allow", "Action": "secretsmanager:GetSecretValue",
         "Resource": f"arn:aws:secretsmanager:us-east-1:{ACCOUNT}:secret:{name}-*"})
    server.client("iam").put_role_policy(
        RoleName=f"{name}-role", PolicyName="secrets", PolicyDocument=also)
    run = ended(server, reader)
    assert run["JobRunState"] == "SUCCEEDED", run.get("ErrorMessage")
