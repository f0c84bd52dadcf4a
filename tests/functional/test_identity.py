"""IAM and STS: what is put is given back, and decides."""

import json

import pytest
from support import platform
from support.errors import refused

TRUST = json.loads(platform.trust("glue.amazonaws.com"))


@pytest.fixture
def iam(server):
    return server.client("iam")


def test_life_of_a_role(iam, name):
    made = iam.create_role(
        RoleName=name, Path="/team/", AssumeRolePolicyDocument=json.dumps(TRUST),
        Description="runs jobs", Tags=[{"Key": "a", "Value": "1"}],
    )["Role"]
    assert made["Arn"] == f"arn:aws:iam::{platform.ACCOUNT}:role/team/{name}"
    assert made["RoleId"].startswith("AROA") and made["AssumeRolePolicyDocument"] == TRUST
    role = iam.get_role(RoleName=name)["Role"]
    assert role["MaxSessionDuration"] == 3600 and role["Description"] == "runs jobs"
    assert role["Tags"] == [{"Key": "a", "Value": "1"}]
    listed = [one["RoleName"] for one in iam.list_roles(PathPrefix="/team/")["Roles"]]
    assert name in listed
    with refused("EntityAlreadyExists", 409):
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST))
    other = json.loads(platform.trust("events.amazonaws.com"))
    iam.update_assume_role_policy(RoleName=name, PolicyDocument=json.dumps(other))
    assert iam.get_role(RoleName=name)["Role"]["AssumeRolePolicyDocument"] == other
    iam.delete_role(RoleName=name)
    with refused("NoSuchEntity", 404, f"The role with name {name} cannot be found."):
        iam.get_role(RoleName=name)


def test_policies_of_a_role(iam, name):
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST))
    document = json.loads(platform.policy(platform.ALLOW_ALL))
    iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=json.dumps(document))
    assert iam.get_role_policy(RoleName=name, PolicyName="p")["PolicyDocument"] == document
    assert iam.list_role_policies(RoleName=name)["PolicyNames"] == ["p"]
    managed = "arn:aws:iam::aws:policy/service-role/AWSGlueServiceRole"
    iam.attach_role_policy(RoleName=name, PolicyArn=managed)
    attached = iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]
    assert attached == [{"PolicyName": "AWSGlueServiceRole", "PolicyArn": managed}]
    with refused("DeleteConflict", 409):
        iam.delete_role(RoleName=name)
    iam.detach_role_policy(RoleName=name, PolicyArn=managed)
    iam.delete_role_policy(RoleName=name, PolicyName="p")
    iam.delete_role(RoleName=name)


def test_policies_that_aws_refuses(iam, name):
    with refused("MalformedPolicyDocument", 400):
        iam.create_role(RoleName=name, AssumeRolePolicyDocument="{not json")
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST))
    with refused("MalformedPolicyDocument", 400):
        iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument="{}")
    with refused("NoSuchEntity", 404):
        iam.attach_role_policy(RoleName=name, PolicyArn="arn:aws:iam::aws:policy/NoSuchPolicy")
    with refused("NoSuchEntity", 404):
        iam.get_role_policy(RoleName=name, PolicyName="absent")


def test_users_and_keys(iam, name):
    user = iam.create_user(UserName=name)["User"]
    assert user["Arn"] == f"arn:aws:iam::{platform.ACCOUNT}:user/{name}"
    key = iam.create_access_key(UserName=name)["AccessKey"]
    assert key["Status"] == "Active" and key["AccessKeyId"].startswith("AKIA")
    assert len(key["SecretAccessKey"]) == 40
    listed = iam.list_access_keys(UserName=name)["AccessKeyMetadata"]
    assert [one["AccessKeyId"] for one in listed] == [key["AccessKeyId"]]
    assert "SecretAccessKey" not in listed[0]
    assert name in [one["UserName"] for one in iam.list_users()["Users"]]
    iam.delete_access_key(UserName=name, AccessKeyId=key["AccessKeyId"])
    iam.delete_user(UserName=name)
    with refused("NoSuchEntity", 404, f"The user with name {name} cannot be found."):
        iam.get_user(UserName=name)


def test_user_without_a_policy_may_nothing(server, bucket, name):
    _, user = platform.make_user(server, f"{name}-u")
    with refused("AccessDenied", 403):
        server.client("s3", user).list_buckets()
    with refused("AccessDeniedException", 400) as seen:
        server.client("events", user).list_rules()
    assert f"user/{name}-u" in seen.message and "events:ListRules" in seen.message
    assert "is not authorized to perform" in seen.message
    with refused("AccessDeniedException", 400):
        server.client("glue", user).get_jobs()
    with refused("AccessDenied", 403):
        server.client("iam", user).list_users()
    with refused("AccessDeniedException", 400):
        server.client("logs", user).describe_log_groups()
    assert server.client("sts", user).get_caller_identity()["Arn"].endswith(f"user/{name}-u")


def test_allow_deny_and_conditions(server, bucket, name):
    arn = f"arn:aws:s3:::{bucket}"
    _, user = platform.make_user(
        server, f"{name}-u",
        {"Effect": "Allow", "Action": ["s3:Get*", "s3:PutObject"], "Resource": f"{arn}/*"},
        {"Effect": "Deny", "Action": "s3:*", "Resource": f"{arn}/secret/*"},
        {
            "Effect": "Allow", "Action": "s3:ListBucket", "Resource": arn,
            "Condition": {"StringLike": {"s3:prefix": ["in/*"]}},
        },
    )
    s3 = server.client("s3", user)
    s3.put_object(Bucket=bucket, Key="in/a", Body=b"x")
    assert s3.get_object(Bucket=bucket, Key="in/a")["Body"].read() == b"x"
    for call, given in (
        ("put_object", {"Key": "secret/a", "Body": b"x"}),
        ("delete_object", {"Key": "in/a"}),
        ("list_objects_v2", {}),
        ("list_objects_v2", {"Prefix": "out/"}),
    ):
        with refused("AccessDenied", 403):
            getattr(s3, call)(Bucket=bucket, **given)
    assert s3.list_objects_v2(Bucket=bucket, Prefix="in/")["KeyCount"] == 1


def test_inactive_key_and_changed_policy(server, bucket, name):
    _, user = platform.make_user(server, f"{name}-u", platform.ALLOW_ALL)
    s3, iam = server.client("s3", user), server.client("iam")
    s3.list_buckets()
    iam.put_user_policy(
        UserName=f"{name}-u", PolicyName="own",
        PolicyDocument=platform.policy({"Effect": "Deny", "Action": "*", "Resource": "*"}),
    )
    with refused("AccessDenied", 403):
        s3.list_buckets()
    iam.update_access_key(UserName=f"{name}-u", AccessKeyId=user[0], Status="Inactive")
    with refused("InvalidAccessKeyId", 403):
        s3.list_buckets()


def test_caller_identity_of_the_administrator(server):
    identity = server.client("sts").get_caller_identity()
    assert identity["Account"] == platform.ACCOUNT
    assert identity["Arn"].startswith(f"arn:aws:iam::{platform.ACCOUNT}:")


def test_assume_role(server, iam, name):
    role = platform.make_role(server, name, "glue.amazonaws.com")
    sts = server.client("sts")
    with refused("AccessDenied", 403):
        sts.assume_role(RoleArn=role, RoleSessionName="me")
    trust = platform.policy({
        "Effect": "Allow", "Action": "sts:AssumeRole",
        "Principal": {"AWS": f"arn:aws:iam::{platform.ACCOUNT}:root"},
    })
    iam.update_assume_role_policy(RoleName=name, PolicyDocument=trust)
    answer = sts.assume_role(RoleArn=role, RoleSessionName="me", DurationSeconds=900)
    arn = f"arn:aws:sts::{platform.ACCOUNT}:assumed-role/{name}/me"
    assert answer["AssumedRoleUser"]["Arn"] == arn
    given = answer["Credentials"]
    assert given["AccessKeyId"].startswith("ASIA")
    session = (given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])
    assert server.client("sts", session).get_caller_identity()["Arn"] == arn
    with refused("ValidationError", 400, "roleSessionName"):
        sts.assume_role(RoleArn=role, RoleSessionName="not valid!")


def test_job_runs_with_its_roles_rights_only(server, name):
    script = (
        "import boto3, sys\n"
        "s3, out = boto3.client('s3'), sys.argv[sys.argv.index('--out') + 1]\n"
        "print('who', boto3.client('sts').get_caller_identity()['Arn'])\n"
        "s3.put_object(Bucket=out, Key='allowed/a', Body=b'x')\n"
        "s3.put_object(Bucket=out, Key='refused/a', Body=b'x')\n"
    )
    out = platform.make_bucket(server, f"{name}-out", events=False)
    job = platform.make_job(server, name, script, DefaultArguments={"--out": out})
    read = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
    write = {"Effect": "Allow", "Action": "s3:PutObject", "Resource": f"arn:aws:s3:::{out}/allowed/*"}
    server.client("iam").put_role_policy(
        RoleName=f"{name}-role", PolicyName="own", PolicyDocument=platform.policy(read, write)
    )
    run_id = server.client("glue").start_job_run(JobName=job)["JobRunId"]
    run = platform.wait_for_run(server, job, run_id)
    assert run["JobRunState"] == "FAILED" and "AccessDenied" in run["ErrorMessage"]
    keys = [item["Key"] for item in server.client("s3").list_objects_v2(Bucket=out)["Contents"]]
    assert keys == ["allowed/a"]
