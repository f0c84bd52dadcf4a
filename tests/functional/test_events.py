"""EventBridge's own operations."""

import json

import pytest
from support import platform
from support.errors import refused
from support.raw import Signer

PATTERN = json.dumps({"source": ["my.app"]})
REGION = f"us-east-1:{platform.ACCOUNT}"


def queue_free_target(name):
    """A target that can be put anywhere: a job that need not exist."""
    return {
        "Id": "one",
        "Arn": f"arn:aws:glue:{REGION}:job/{name}",
        "RoleArn": f"arn:aws:iam::{platform.ACCOUNT}:role/{name}",
    }


def test_life_of_a_rule(events, name):
    made = events.put_rule(Name=name, EventPattern=PATTERN, Description="mine")
    assert made["RuleArn"] == f"arn:aws:events:{REGION}:rule/{name}"
    rule = events.describe_rule(Name=name)
    assert (rule["State"], rule["Description"]) == ("ENABLED", "mine")
    assert (rule["EventPattern"], rule["EventBusName"]) == (PATTERN, "default")
    assert rule["CreatedBy"] == platform.ACCOUNT and "ScheduleExpression" not in rule
    events.disable_rule(Name=name)
    assert events.describe_rule(Name=name)["State"] == "DISABLED"
    events.enable_rule(Name=name)
    listed = events.list_rules(NamePrefix=name)["Rules"]
    assert [entry["Name"] for entry in listed] == [name] and "CreatedBy" not in listed[0]
    events.delete_rule(Name=name)
    assert events.list_rules(NamePrefix=name)["Rules"] == []
    with refused("ResourceNotFoundException", 400, f"Rule {name} does not exist on EventBus default."):
        events.describe_rule(Name=name)
    events.delete_rule(Name=name)  # AWS doesn't mind


def test_put_rule_again_keeps_the_targets(events, name):
    events.put_rule(Name=name, EventPattern=PATTERN, Description="first")
    events.put_targets(Rule=name, Targets=[queue_free_target(name)])
    events.put_rule(Name=name, EventPattern=PATTERN)
    assert "Description" not in events.describe_rule(Name=name)
    assert len(events.list_targets_by_rule(Rule=name)["Targets"]) == 1


def test_life_of_targets(events, name):
    events.put_rule(Name=name, EventPattern=PATTERN)
    target = queue_free_target(name) | {"Input": '{"--a": "1"}'}
    answer = events.put_targets(Rule=name, Targets=[target])
    assert (answer["FailedEntryCount"], answer["FailedEntries"]) == (0, [])
    assert events.list_targets_by_rule(Rule=name)["Targets"] == [target]
    named = events.list_rule_names_by_target(TargetArn=target["Arn"])["RuleNames"]
    assert named == [name]
    with refused("ValidationException", 400, "Rule can't be deleted since it has targets."):
        events.delete_rule(Name=name)
    assert events.remove_targets(Rule=name, Ids=["one"])["FailedEntryCount"] == 0
    assert events.list_targets_by_rule(Rule=name)["Targets"] == []


def test_pages_of_rules(events, name):
    names = [f"{name}-{number}" for number in range(5)]
    for one in names:
        events.put_rule(Name=one, EventPattern=PATTERN)
    page = events.list_rules(NamePrefix=f"{name}-", Limit=3)
    rest = events.list_rules(NamePrefix=f"{name}-", Limit=3, NextToken=page["NextToken"])
    assert [rule["Name"] for rule in page["Rules"] + rest["Rules"]] == names
    assert "NextToken" not in rest


def test_custom_bus(events, name):
    made = events.create_event_bus(Name=name)
    assert made["EventBusArn"] == f"arn:aws:events:{REGION}:event-bus/{name}"
    assert events.describe_event_bus(Name=name)["Name"] == name
    buses = [bus["Name"] for bus in events.list_event_buses()["EventBuses"]]
    assert {"default", name} <= set(buses)
    with refused("ResourceAlreadyExistsException", 400, f"Event bus {name} already exists."):
        events.create_event_bus(Name=name)
    rule = events.put_rule(Name="r", EventPattern=PATTERN, EventBusName=name)
    assert rule["RuleArn"] == f"arn:aws:events:{REGION}:rule/{name}/r"
    with refused("ResourceNotFoundException", 400):
        events.describe_rule(Name="r")
    events.delete_rule(Name="r", EventBusName=name)
    events.delete_event_bus(Name=name)
    with refused("ResourceNotFoundException", 400, f"Event bus {name} does not exist."):
        events.describe_event_bus(Name=name)


def test_events_of_one_bus_stay_there(server, events, name):
    events.create_event_bus(Name=name)
    job = platform.make_job(server, f"{name}-job", "pass\n")
    platform.connect(server, None, job, pattern={"source": [name]})
    entry = {"Source": name, "DetailType": "t", "Detail": "{}"}
    events.put_events(Entries=[entry | {"EventBusName": name}])
    events.put_events(Entries=[entry])
    assert len(platform.wait_for_runs(server, job, 1)) == 1


def test_tags(events, name):
    arn = events.put_rule(Name=name, EventPattern=PATTERN, Tags=[{"Key": "a", "Value": "1"}])
    arn = arn["RuleArn"]
    events.tag_resource(ResourceARN=arn, Tags=[{"Key": "b", "Value": "2"}])
    tags = events.list_tags_for_resource(ResourceARN=arn)["Tags"]
    assert {tag["Key"]: tag["Value"] for tag in tags} == {"a": "1", "b": "2"}
    events.untag_resource(ResourceARN=arn, TagKeys=["a", "absent"])
    assert [tag["Key"] for tag in events.list_tags_for_resource(ResourceARN=arn)["Tags"]] == ["b"]


ENTRIES = {
    "good": ({"Source": "s", "DetailType": "t", "Detail": "{}"}, None),
    "no detail": ({"Source": "s", "DetailType": "t"}, "InvalidArgument"),
    "no type": ({"Source": "s", "Detail": "{}"}, "InvalidArgument"),
    "no source": ({"DetailType": "t", "Detail": "{}"}, "InvalidArgument"),
    "text": ({"Source": "s", "DetailType": "t", "Detail": "text"}, "MalformedDetail"),
    "array": ({"Source": "s", "DetailType": "t", "Detail": "[1]"}, "MalformedDetail"),
    "aws": ({"Source": "aws.s3", "DetailType": "t", "Detail": "{}"}, "NotAuthorizedForSourceException"),
}


def test_put_events_answers_entry_by_entry(events):
    answer = events.put_events(Entries=[entry for entry, _ in ENTRIES.values()])
    codes = [entry.get("ErrorCode") for entry in answer["Entries"]]
    assert codes == [code for _, code in ENTRIES.values()]
    assert answer["FailedEntryCount"] == len(ENTRIES) - 1
    assert answer["Entries"][0]["EventId"]


def event(**detail):
    return json.dumps({
        "id": "1", "account": platform.ACCOUNT, "source": "s", "time": "2024-01-15T00:00:00Z",
        "region": "us-east-1", "resources": [], "detail-type": "t", "detail": detail,
    })


MATCHES = [
    ({"detail": {"a": ["x", "y"]}}, {"a": "y"}, True),
    ({"detail": {"a": ["x"]}}, {"a": ["z", "x"]}, True),
    ({"detail": {"a": [{"prefix": "s/", "suffix": ".csv"}]}}, {"a": "s/1.csv"}, True),
    ({"detail": {"a": [{"prefix": "s/", "suffix": ".csv"}]}}, {"a": "s/1.txt"}, False),
    ({"detail": {"a": [{"prefix": "s/"}, {"suffix": ".csv"}]}}, {"a": "s/1.txt"}, True),
    ({"detail": {"a": [{"anything-but": ["x"]}]}}, {"a": "y"}, True),
    ({"detail": {"a": [{"anything-but": ["x"]}]}}, {"a": "x"}, False),
    ({"detail": {"a": [{"exists": False}]}}, {"b": 1}, True),
    ({"detail": {"a": [{"exists": True}]}}, {"b": 1}, False),
    ({"detail": {"a": [{"numeric": [">", 0, "<=", 5]}]}}, {"a": 5}, True),
    ({"detail": {"a": [{"numeric": [">", 0, "<=", 5]}]}}, {"a": 5.1}, False),
    ({"detail": {"$or": [{"a": [1]}, {"b": [2]}]}}, {"b": 2}, True),
    ({"detail": {"$or": [{"a": [1]}, {"b": [2]}]}}, {"b": 3}, False),
    ({"detail": {"a": [None]}}, {"a": None}, True),
]


@pytest.mark.parametrize("pattern, detail, expected", MATCHES)
def test_test_event_pattern(events, pattern, detail, expected):
    answer = events.test_event_pattern(EventPattern=json.dumps(pattern), Event=event(**detail))
    assert answer["Result"] is expected


def test_event_that_is_none(events):
    with refused("ValidationException", 400, "Parameter Event is not valid."):
        events.test_event_pattern(EventPattern=PATTERN, Event="{}")


BAD_PATTERNS = {
    '{"source": []}': "Empty arrays are not allowed",
    '{"source": "my.app"}': '"source" must be an object or an array',
    '{"source": [{"prefixx": "a"}]}': "Unrecognized match type prefixx",
    '{"source": [{"prefix": 1}]}': "prefix match pattern must be a string",
    "[]": "Filter is not an object",
}


@pytest.mark.parametrize("pattern", BAD_PATTERNS)
def test_patterns_that_aws_refuses(events, name, pattern):
    reason = f"Event pattern is not valid. Reason: {BAD_PATTERNS[pattern]}"
    with refused("InvalidEventPatternException", 400, reason):
        events.put_rule(Name=name, EventPattern=pattern)
    with refused("ResourceNotFoundException", 400):
        events.describe_rule(Name=name)


def test_validation_speaks_as_aws_does(events, server, name):
    with refused("ValidationException", 400) as seen:
        events.put_rule(Name="bad name!", EventPattern=PATTERN)
    assert seen.message == (
        "1 validation error detected: Value 'bad name!' at 'name' failed to satisfy constraint: "
        "Member must satisfy regular expression pattern: [\\.\\-_A-Za-z0-9]+"
    )
    signer = Signer(server.endpoint, *server.credentials(), service="events")
    headers = {"x-amz-target": "AWSEvents.PutRule", "content-type": "application/x-amz-json-1.1"}
    answer = signer.send("POST", "/", b"{}", headers)
    assert (answer.status, answer.code()) == (400, "ValidationException")
    assert "Value null at 'name' failed to satisfy constraint: Member must not be null" in answer.text


def test_only_one_kind_of_input(events, name):
    events.put_rule(Name=name, EventPattern=PATTERN)
    both = queue_free_target(name) | {"Input": "{}", "InputPath": "$.detail"}
    with refused("ValidationException", 400, "Only one of Input, InputPath, or InputTransformer"):
        events.put_targets(Rule=name, Targets=[both])


def test_sixth_target(events, name):
    events.put_rule(Name=name, EventPattern=PATTERN)
    targets = [queue_free_target(name) | {"Id": str(number)} for number in range(6)]
    with refused("LimitExceededException", 400, "exceeds the maximum number allowed"):
        events.put_targets(Rule=name, Targets=targets)


def test_target_of_an_unknown_rule(events, name):
    with refused("ResourceNotFoundException", 400, f"Rule {name} does not exist"):
        events.put_targets(Rule=name, Targets=[queue_free_target(name)])
