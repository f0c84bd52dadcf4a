"""SSM Parameter Store with boto3: values, versions, labels, hierarchies, filters, tags, who may."""

import base64
import json
import stat

import pytest
from support import awscli, platform
from support.errors import refused
from support.platform import ACCOUNT


@pytest.fixture
def ssm(server):
    return server.client("ssm")


def value(ssm, name, **more):
    return ssm.get_parameter(Name=name, **more)["Parameter"]["Value"]


def names(answer):
    return [parameter["Name"] for parameter in answer["Parameters"]]


def arn(name):
    return f"arn:aws:ssm:us-east-1:{ACCOUNT}:parameter/{name.lstrip('/')}"


def test_life_of_a_parameter(ssm, name):
    made = ssm.put_parameter(Name=name, Value="1", Type="String", Description="first")
    assert (made["Version"], made["Tier"]) == (1, "Standard")
    found = ssm.get_parameter(Name=name)["Parameter"]
    assert found.pop("LastModifiedDate").tzinfo is not None
    assert found == {
        "Name": name,
        "Type": "String",
        "Value": "1",
        "Version": 1,
        "ARN": arn(name),
        "DataType": "text",
    }
    with refused("ParameterAlreadyExists", 400, "set the overwrite option in the request to true"):
        ssm.put_parameter(Name=name, Value="2", Type="String")
    assert ssm.put_parameter(Name=name, Value="2", Overwrite=True)["Version"] == 2
    assert value(ssm, name) == "2"
    assert value(ssm, arn(name)) == "2"
    described = ssm.describe_parameters(
        ParameterFilters=[{"Key": "Name", "Values": [name]}])["Parameters"]
    assert described[0]["Description"] == "first", "what isn't given stays"
    assert described[0]["LastModifiedUser"] == f"arn:aws:iam::{ACCOUNT}:root"
    ssm.delete_parameter(Name=name)
    for call in (ssm.get_parameter, ssm.delete_parameter, ssm.get_parameter_history):
        with refused("ParameterNotFound", 400):
            call(Name=name)
    assert ssm.put_parameter(Name=name, Value="1", Type="String")["Version"] == 1


def test_bad_parameters(ssm, name):
    with refused("ValidationException", 400, "A parameter type is required"):
        ssm.put_parameter(Name=name, Value="1")
    with refused("ValidationException", 400, "must be a fully qualified name"):
        ssm.put_parameter(Name="a/b", Value="1", Type="String")
    with refused("ValidationException", 400, "Member must satisfy enum value set"):
        ssm.put_parameter(Name=name, Value="1", Type="Number")
    with refused("ParameterPatternMismatchException", 400, "allowedPattern: ^\\d+$"):
        ssm.put_parameter(Name=name, Value="x", Type="String", AllowedPattern="^\\d+$")
    with refused("ValidationException", 400, "KeyId is required for SecureString"):
        ssm.put_parameter(Name=name, Value="x", Type="String", KeyId="alias/x")
    with refused("InvalidPolicyTypeException", 400):
        ssm.put_parameter(Name=name, Value="x", Type="String", Policies="[]")
    ssm.put_parameter(Name=name, Value="1", Type="String", AllowedPattern="\\d+")
    with refused("ParameterPatternMismatchException"):
        ssm.put_parameter(Name=name, Value="x", Overwrite=True)
    with refused("HierarchyTypeMismatchException"):
        ssm.put_parameter(Name=name, Value="1", Type="SecureString", Overwrite=True)
    with refused("ValidationException", 400, "tags and overwrite can't be used together"):
        ssm.put_parameter(
            Name=name, Value="2", Overwrite=True, Tags=[{"Key": "a", "Value": "b"}])
    assert value(ssm, name) == "1"


def test_versions_and_labels(ssm, name):
    for number in (1, 2, 3):
        ssm.put_parameter(Name=name, Value=str(number), Type="String", Overwrite=True)
    labelled = ssm.label_parameter_version(
        Name=name, ParameterVersion=2, Labels=["live", "1bad", "aws-x"])
    assert labelled["InvalidLabels"] == ["1bad", "aws-x"]
    assert labelled["ParameterVersion"] == 2
    found = ssm.get_parameter(Name=f"{name}:live")["Parameter"]
    assert (found["Name"], found["Value"], found["Selector"]) == (name, "2", ":live")
    assert value(ssm, f"{name}:1") == "1"
    assert value(ssm, f"{arn(name)}:1") == "1"
    with refused("ParameterVersionNotFound", 400, f"could not find version 9 of {name}"):
        ssm.get_parameter(Name=f"{name}:9")
    with refused("ParameterVersionNotFound", 400, "could not find label dead"):
        ssm.get_parameter(Name=f"{name}:dead")
    assert ssm.label_parameter_version(Name=name, Labels=["live"])["ParameterVersion"] == 3
    assert value(ssm, f"{name}:live") == "3"
    gone = ssm.unlabel_parameter_version(
        Name=name, ParameterVersion=3, Labels=["live", "never"])
    assert (gone["RemovedLabels"], gone["InvalidLabels"]) == (["live"], ["never"])
    with refused("ParameterVersionNotFound"):
        ssm.get_parameter(Name=f"{name}:live")


def test_history_comes_in_pages_oldest_first(ssm, name):
    for number in range(1, 6):
        ssm.put_parameter(Name=name, Value=str(number), Type="String", Overwrite=True)
    ssm.label_parameter_version(Name=name, ParameterVersion=4, Labels=["live"])
    first = ssm.get_parameter_history(Name=name, MaxResults=3)
    rest = ssm.get_parameter_history(Name=name, MaxResults=3, NextToken=first["NextToken"])
    both = first["Parameters"] + rest["Parameters"]
    assert [one["Value"] for one in both] == ["1", "2", "3", "4", "5"]
    assert [one["Labels"] for one in both] == [[], [], [], ["live"], []]
    assert "NextToken" not in rest


def test_a_hundred_versions_are_kept_but_none_with_a_label_is_lost(ssm, name):
    for number in range(1, 102):
        ssm.put_parameter(Name=name, Value=str(number), Type="String", Overwrite=True)
    with refused("ParameterVersionNotFound"):
        ssm.get_parameter(Name=f"{name}:1")
    ssm.label_parameter_version(Name=name, ParameterVersion=2, Labels=["kept"])
    with refused("ParameterMaxVersionLimitExceeded", 400, "Version 2, the oldest version"):
        ssm.put_parameter(Name=name, Value="more", Overwrite=True)
    assert value(ssm, name) == "101"


def test_several_at_once(ssm, name):
    here = [f"{name}-{letter}" for letter in "ab"]
    for one in here:
        ssm.put_parameter(Name=one, Value=one, Type="String")
    found = ssm.get_parameters(Names=[here[1], f"{name}-no", here[0], f"{here[0]}:7"])
    assert names(found) == [here[1], here[0]]
    assert found["InvalidParameters"] == [f"{name}-no", f"{here[0]}:7"]
    gone = ssm.delete_parameters(Names=[*here, f"{name}-no"])
    assert (gone["DeletedParameters"], gone["InvalidParameters"]) == (here, [f"{name}-no"])
    with refused("ValidationException", 400, "less than or equal to 10"):
        ssm.get_parameters(Names=[f"{name}-{n}" for n in range(11)])


def test_hierarchies(ssm, name):
    made = [f"/{name}/{path}" for path in ("a", "b", "db/host", "db/port", "db/x/deep")]
    for one in (*made, f"/{name}2/a"):
        ssm.put_parameter(Name=one, Value="1", Type="String")
    assert names(ssm.get_parameters_by_path(Path=f"/{name}")) == made[:2]
    assert names(ssm.get_parameters_by_path(Path=f"/{name}/", Recursive=True)) == made
    pages = ssm.get_paginator("get_parameters_by_path").paginate(
        Path=f"/{name}", Recursive=True, MaxResults=2)
    assert [names(page) for page in pages] == [made[:2], made[2:4], made[4:]]
    assert names(ssm.get_parameters_by_path(Path=f"/{name}/none")) == []
    with refused("ValidationException", 400, "must begin with a forward slash"):
        ssm.get_parameters_by_path(Path=name)
    with refused("InvalidFilterKey", 400, "Valid filter keys include: [Type, KeyId, Label]"):
        ssm.get_parameters_by_path(
            Path=f"/{name}", ParameterFilters=[{"Key": "Name", "Values": ["a"]}])
    with refused("InvalidNextToken"):
        ssm.get_parameters_by_path(Path=f"/{name}", NextToken="?")


def test_filters_of_describe_parameters(ssm, name):
    ssm.put_parameter(Name=f"/{name}/plain", Value="1", Type="String",
                      Tags=[{"Key": f"team-{name}", "Value": "data"}])
    ssm.put_parameter(Name=f"/{name}/sub/list", Value="a,b", Type="StringList", Tier="Advanced")
    ssm.put_parameter(Name=f"/{name}/sub/secret", Value="1", Type="SecureString")
    ssm.label_parameter_version(Name=f"/{name}/plain", Labels=[f"label-{name}"])

    def shown(*filters):
        keys = ("Key", "Option", "Values")
        given = [dict(zip(keys, one, strict=True)) for one in filters]
        answer = ssm.describe_parameters(ParameterFilters=given)
        return [one.removeprefix(f"/{name}/") for one in names(answer)]

    all_of_it = ("Path", "Recursive", [f"/{name}"])
    assert shown(all_of_it) == ["plain", "sub/list", "sub/secret"]
    assert shown(("Path", "OneLevel", [f"/{name}"])) == ["plain"]
    assert shown(("Name", "BeginsWith", [f"/{name}/s"])) == ["sub/list", "sub/secret"]
    assert shown(("Name", "Contains", [f"{name}/sub/l"])) == ["sub/list"]
    assert shown(("Name", "Equals", [f"/{name}/plain"])) == ["plain"]
    assert shown(all_of_it, ("Type", "Equals", ["StringList", "String"])) == ["plain", "sub/list"]
    assert shown(all_of_it, ("Tier", "Equals", ["Advanced"])) == ["sub/list"]
    assert shown(all_of_it, ("KeyId", "BeginsWith", ["alias/aws"])) == ["sub/secret"]
    assert shown((f"tag:team-{name}", "Equals", ["data"])) == ["plain"]
    assert shown((f"tag:team-{name}", "Equals", ["other"])) == []
    assert shown(("Label", "Equals", [f"label-{name}"])) == ["plain"]
    with refused("InvalidFilterOption", 400, "Valid options include: [Recursive, OneLevel]"):
        shown(("Path", "Equals", [f"/{name}"]))
    with refused("InvalidFilterOption", 400, "[String, StringList, SecureString]"):
        shown(("Type", "Equals", ["Number"]))
    with refused("InvalidFilterKey", 400, "duplicated"):
        shown(all_of_it, all_of_it)
    with refused("ValidationException", 400, "regular expression pattern"):
        shown(("Colour", "Equals", ["red"]))


def test_tags(ssm, name):
    ssm.put_parameter(Name=name, Value="1", Type="String", Tags=[{"Key": "a", "Value": "1"}])
    about = {"ResourceType": "Parameter", "ResourceId": name}
    ssm.add_tags_to_resource(**about, Tags=[{"Key": "a", "Value": "2"}, {"Key": "b", "Value": ""}])
    assert ssm.list_tags_for_resource(**about)["TagList"] == [
        {"Key": "a", "Value": "2"}, {"Key": "b", "Value": ""}]
    ssm.remove_tags_from_resource(**about, TagKeys=["a", "zz"])
    assert ssm.list_tags_for_resource(**about)["TagList"] == [{"Key": "b", "Value": ""}]
    with refused("TooManyTagsError"):
        ssm.add_tags_to_resource(**about, Tags=[{"Key": f"k{n}", "Value": ""} for n in range(50)])
    assert len(ssm.list_tags_for_resource(**about)["TagList"]) == 1, "all or none"
    with refused("InvalidResourceId", 400, f'"{name}-no" is not valid'):
        ssm.list_tags_for_resource(ResourceType="Parameter", ResourceId=f"{name}-no")
    with refused("InvalidResourceType"):
        ssm.list_tags_for_resource(ResourceType="Document", ResourceId=name)


def files_that_hold(data, text):
    return [path for path in data.rglob("*") if path.is_file() and text in path.read_bytes()]


def test_secure_strings_are_encrypted_at_rest_and_in_the_log(fresh_server, name):
    ssm = fresh_server.client("ssm")
    ssm.put_parameter(Name=name, Value="plain-sight-91", Type="String")
    ssm.put_parameter(Name=name + "s", Value="hunter2-hunter2", Type="SecureString")
    assert value(ssm, name + "s", WithDecryption=True) == "hunter2-hunter2"
    shown = value(ssm, name + "s")
    assert b"hunter2" not in base64.b64decode(shown)
    with refused("ParameterPatternMismatchException") as refusal:
        ssm.put_parameter(Name=name + "t", Value="hunter2-again", Type="SecureString",
                          AllowedPattern="[0-9]+")
    assert "hunter2" not in refusal.message
    fresh_server.restart()
    ssm = fresh_server.client("ssm")
    assert value(ssm, name + "s", WithDecryption=True) == "hunter2-hunter2"
    assert files_that_hold(fresh_server.data, b"plain-sight-91"), "the search finds what is there"
    assert not files_that_hold(fresh_server.data, b"hunter2")
    assert "hunter2" not in fresh_server.log()
    assert stat.S_IMODE((fresh_server.data / "sealing.key").stat().st_mode) == 0o600


def test_values_sealed_with_a_lost_key_are_said_to_be_so(fresh_server, name):
    ssm = fresh_server.client("ssm")
    ssm.put_parameter(Name=name, Value="s3cret", Type="SecureString")
    fresh_server.stop()
    (fresh_server.data / "sealing.key").unlink()
    fresh_server.start()
    with refused("InvalidKeyId", 400, "another key than that of this data directory"):
        value(fresh_server.client("ssm"), name, WithDecryption=True)


def test_iam_decides_on_each_parameter(server, ssm, name):
    for one in (f"/{name}/mine/a", f"/{name}/theirs/a"):
        ssm.put_parameter(Name=one, Value="1", Type="String")
    mine = {"Effect": "Allow", "Action": ["ssm:Get*", "ssm:PutParameter"],
            "Resource": f"{arn(name)}/mine*"}
    _, key = platform.make_user(server, name, mine)
    theirs = server.client("ssm", key)
    assert value(theirs, f"/{name}/mine/a") == "1"
    assert names(theirs.get_parameters_by_path(Path=f"/{name}/mine")) == [f"/{name}/mine/a"]
    theirs.put_parameter(Name=f"/{name}/mine/b", Value="1", Type="String")
    with refused("AccessDeniedException", 400, f"ssm:GetParameter on resource: {arn(name)}/theirs/a"):
        value(theirs, f"/{name}/theirs/a")
    with refused("AccessDeniedException"):
        theirs.get_parameters(Names=[f"/{name}/mine/a", f"/{name}/theirs/a"])
    with refused("AccessDeniedException"):
        theirs.get_parameters_by_path(Path=f"/{name}", Recursive=True)
    with refused("AccessDeniedException"):
        theirs.delete_parameters(Names=[f"/{name}/mine/a"])
    with refused("AccessDeniedException", 400, "ssm:AddTagsToResource"):
        theirs.put_parameter(
            Name=f"/{name}/mine/c", Value="1", Type="String", Tags=[{"Key": "a", "Value": "b"}])


def test_changes_are_events(server, ssm, name):
    queue = server.client("sqs").create_queue(QueueName=name)["QueueUrl"]
    role = platform.make_role(server, f"{name}-r", "events.amazonaws.com", platform.ALLOW_ALL)
    platform.put_rule(
        server, name, {"Id": "q", "Arn": platform.queue_arn(name), "RoleArn": role},
        pattern={"source": ["aws.ssm"], "detail": {"name": [name]}})
    ssm.put_parameter(Name=name, Value="1", Type="String", Description="d")
    ssm.put_parameter(Name=name, Value="2", Overwrite=True)
    ssm.delete_parameter(Name=name)
    told = server.client("sqs").receive_message(QueueUrl=queue, MaxNumberOfMessages=10)["Messages"]
    events = [json.loads(message["Body"]) for message in told]
    assert [event["detail"] for event in events] == [
        {"operation": operation, "name": name, "type": "String", "description": "d"}
        for operation in ("Create", "Update", "Delete")
    ]
    assert events[0]["detail-type"] == "Parameter Store Change"
    assert events[0]["resources"] == [arn(name)]


def test_command_line(server, name):
    aws = awscli.AwsCli(awscli.available()[0], server)
    aws.run("ssm", "put-parameter", "--name", name, "--type", "String", "--value", "v")
    assert aws.json("ssm", "get-parameter", "--name", name)["Parameter"]["Value"] == "v"
