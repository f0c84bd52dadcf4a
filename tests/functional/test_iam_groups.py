"""IAM groups, whose policies count for who is in them; instance profiles."""

import json

import pytest
from support import platform
from support.errors import refused
from support.platform import ACCOUNT

LIST_QUEUES = {"Effect": "Allow", "Action": "sqs:ListQueues", "Resource": "*"}


@pytest.fixture
def iam(server):
    return server.client("iam")


def test_life_of_a_group(iam, name):
    group = iam.create_group(GroupName=name, Path="/team/")["Group"]
    assert group["Arn"] == f"arn:aws:iam::{ACCOUNT}:group/team/{name}"
    assert group["GroupId"].startswith("AGPA")
    with refused("EntityAlreadyExists", 409, f"Group with name {name} already exists."):
        iam.create_group(GroupName=name)
    assert name in [one["GroupName"] for one in iam.list_groups(PathPrefix="/team/")["Groups"]]
    iam.update_group(GroupName=name, NewGroupName=f"{name}-new")
    with refused("NoSuchEntity", 404, f"The group with name {name} cannot be found."):
        iam.get_group(GroupName=name)
    iam.delete_group(GroupName=f"{name}-new")
    with refused("NoSuchEntity"):
        iam.get_group(GroupName=f"{name}-new")


def test_members(iam, name):
    iam.create_group(GroupName=name)
    for letter in "ab":
        iam.create_user(UserName=f"{name}-{letter}")
        for _ in range(2):
            iam.add_user_to_group(GroupName=name, UserName=f"{name}-{letter}")
    first = iam.get_group(GroupName=name, MaxItems=1)
    assert [one["UserName"] for one in first["Users"]] == [f"{name}-a"] and first["IsTruncated"]
    pages = iam.get_paginator("get_group").paginate(GroupName=name)
    assert [user["UserName"] for page in pages for user in page["Users"]] == [
        f"{name}-a", f"{name}-b"]
    iam.update_user(UserName=f"{name}-a", NewUserName=f"{name}-c")
    groups = iam.list_groups_for_user(UserName=f"{name}-c")["Groups"]
    assert [one["GroupName"] for one in groups] == [name]
    with refused("DeleteConflict", 409, "must remove users from group first"):
        iam.delete_group(GroupName=name)
    with refused("DeleteConflict", 409, "must remove users from group first"):
        iam.delete_user(UserName=f"{name}-b")
    iam.remove_user_from_group(GroupName=name, UserName=f"{name}-b")
    with refused("NoSuchEntity"):
        iam.remove_user_from_group(GroupName=name, UserName=f"{name}-b")
    iam.delete_user(UserName=f"{name}-b")


def test_policies_of_a_group_decide_for_its_members(server, iam, name):
    _, key = platform.make_user(server, name)
    sqs = server.client("sqs", key)
    iam.create_group(GroupName=name)
    iam.put_group_policy(
        GroupName=name, PolicyName="p", PolicyDocument=platform.policy(LIST_QUEUES))
    with refused("AccessDenied"):
        sqs.list_queues()
    iam.add_user_to_group(GroupName=name, UserName=name)
    sqs.list_queues()
    assert iam.list_group_policies(GroupName=name)["PolicyNames"] == ["p"]
    document = iam.get_group_policy(GroupName=name, PolicyName="p")["PolicyDocument"]
    assert document["Statement"] == [LIST_QUEUES]
    deny = platform.policy(LIST_QUEUES | {"Effect": "Deny"})
    arn = iam.create_policy(PolicyName=name, PolicyDocument=deny)["Policy"]["Arn"]
    iam.attach_group_policy(GroupName=name, PolicyArn=arn)
    assert iam.list_attached_group_policies(GroupName=name)["AttachedPolicies"] == [
        {"PolicyName": name, "PolicyArn": arn}]
    assert iam.list_entities_for_policy(PolicyArn=arn)["PolicyGroups"][0]["GroupName"] == name
    with refused("AccessDenied", text="explicit deny"):
        sqs.list_queues()
    with refused("DeleteConflict"):
        iam.delete_policy(PolicyArn=arn)
    iam.detach_group_policy(GroupName=name, PolicyArn=arn)
    sqs.list_queues()
    iam.remove_user_from_group(GroupName=name, UserName=name)
    with refused("AccessDenied"):
        sqs.list_queues()
    with refused("DeleteConflict", 409, "must delete policies first"):
        iam.delete_group(GroupName=name)
    iam.delete_group_policy(GroupName=name, PolicyName="p")
    iam.delete_group(GroupName=name)


def test_pages_of_a_groups_policies_have_them_all(iam, name):
    iam.create_group(GroupName=name)
    allow = platform.policy(LIST_QUEUES)
    arns = [iam.create_policy(PolicyName=f"z-{name}", PolicyDocument=allow)["Policy"]["Arn"],
            "arn:aws:iam::aws:policy/AmazonSQSFullAccess"]
    for arn in arns:
        iam.attach_group_policy(GroupName=name, PolicyArn=arn)
    pages = iam.get_paginator("list_attached_group_policies").paginate(
        GroupName=name, PaginationConfig={"PageSize": 1})
    assert [one["PolicyArn"] for page in pages for one in page["AttachedPolicies"]] == arns


def test_groups_outlive_a_restart(fresh_server, name):
    _, key = platform.make_user(fresh_server, name)
    iam = fresh_server.client("iam")
    iam.create_group(GroupName=name)
    iam.put_group_policy(
        GroupName=name, PolicyName="p", PolicyDocument=platform.policy(LIST_QUEUES))
    iam.add_user_to_group(GroupName=name, UserName=name)
    fresh_server.restart()
    fresh_server.client("sqs", key).list_queues()


def test_life_of_an_instance_profile(server, iam, name):
    role = platform.make_role(server, name, "ec2.amazonaws.com")
    tags = [{"Key": "a", "Value": "b"}]
    made = iam.create_instance_profile(InstanceProfileName=name, Tags=tags)["InstanceProfile"]
    assert made["Arn"] == f"arn:aws:iam::{ACCOUNT}:instance-profile/{name}"
    assert made["InstanceProfileId"].startswith("AIPA") and made["Roles"] == []
    with refused("EntityAlreadyExists", 409, f"Instance Profile {name} already exists."):
        iam.create_instance_profile(InstanceProfileName=name)
    iam.add_role_to_instance_profile(InstanceProfileName=name, RoleName=name)
    with refused("LimitExceeded", 409, "InstanceSessionsPerInstanceProfile: 1"):
        iam.add_role_to_instance_profile(InstanceProfileName=name, RoleName=name)
    found = iam.get_instance_profile(InstanceProfileName=name)["InstanceProfile"]
    assert [one["Arn"] for one in found["Roles"]] == [role] and found["Tags"] == tags
    assert found["Roles"][0]["AssumeRolePolicyDocument"] == json.loads(
        platform.trust("ec2.amazonaws.com"))
    for listed in (iam.list_instance_profiles_for_role(RoleName=name),
                   iam.list_instance_profiles()):
        assert name in [one["InstanceProfileName"] for one in listed["InstanceProfiles"]]
    with refused("DeleteConflict", 409, "must remove roles from instance profile first"):
        iam.delete_role(RoleName=name)
    with refused("DeleteConflict", 409, "must remove roles from instance profile first"):
        iam.delete_instance_profile(InstanceProfileName=name)
    iam.untag_instance_profile(InstanceProfileName=name, TagKeys=["a"])
    assert iam.list_instance_profile_tags(InstanceProfileName=name)["Tags"] == []
    iam.remove_role_from_instance_profile(InstanceProfileName=name, RoleName=name)
    iam.delete_instance_profile(InstanceProfileName=name)
    iam.delete_role(RoleName=name)
    with refused("NoSuchEntity", 404, f"Instance Profile {name} cannot be found."):
        iam.get_instance_profile(InstanceProfileName=name)


def test_whoever_gives_a_role_to_a_profile_must_be_let_pass_it(server, iam, name):
    platform.make_role(server, name, "ec2.amazonaws.com")
    iam.create_instance_profile(InstanceProfileName=name)
    _, key = platform.make_user(
        server, name,
        {"Effect": "Allow", "Action": "iam:AddRoleToInstanceProfile", "Resource": "*"})
    with refused("AccessDenied", 403, "iam:PassRole"):
        server.client("iam", key).add_role_to_instance_profile(
            InstanceProfileName=name, RoleName=name)
