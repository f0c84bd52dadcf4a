"""Policies of event buses: put, shown, removed, and in the decision beside the caller's own."""

import json

import pytest
from support import platform
from support.errors import refused
from support.platform import ACCOUNT, bus_arn, rule_arn
from support.waiting import wait_until


def statement(bus, effect="Allow", principal="*", action="events:PutEvents", **more):
    more.setdefault("Resource", bus_arn(bus))
    return {"Effect": effect, "Principal": principal, "Action": action, **more}


def put_policy(events, bus, *statements):
    events.put_permission(EventBusName=bus, Policy=platform.policy(*statements))


def policy_of(events, bus):
    policy = events.describe_event_bus(Name=bus).get("Policy")
    return policy and json.loads(policy)


def entry(bus, source="shop", detail_type="Order"):
    return {"EventBusName": bus, "Source": source, "DetailType": detail_type, "Detail": "{}"}


def test_a_permission_is_a_statement_of_the_policy(events, bus):
    assert policy_of(events, bus) is None
    events.put_permission(
        EventBusName=bus, Action="events:PutEvents", Principal="111111111111", StatementId="one"
    )
    assert policy_of(events, bus) == {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "one",
                "Effect": "Allow",
                "Principal": {"AWS": "arn:aws:iam::111111111111:root"},
                "Action": "events:PutEvents",
                "Resource": bus_arn(bus),
            }
        ],
    }
    organization = {"Type": "StringEquals", "Key": "aws:PrincipalOrgID", "Value": "o-1234567890"}
    events.put_permission(
        EventBusName=bus,
        Action="events:PutEvents",
        Principal="*",
        StatementId="two",
        Condition=organization,
    )
    second = policy_of(events, bus)["Statement"][1]
    assert second["Principal"] == "*"
    assert second["Condition"] == {"StringEquals": {"aws:PrincipalOrgID": "o-1234567890"}}
    (listed,) = events.list_event_buses(NamePrefix=bus)["EventBuses"]
    assert json.loads(listed["Policy"]) == policy_of(events, bus)

    events.remove_permission(EventBusName=bus, StatementId="one")
    assert [s["Sid"] for s in policy_of(events, bus)["Statement"]] == ["two"]
    with refused("ResourceNotFoundException", 400, "Statement with the provided id"):
        events.remove_permission(EventBusName=bus, StatementId="one")
    events.remove_permission(EventBusName=bus, StatementId="two")
    assert policy_of(events, bus) is None
    with refused("ResourceNotFoundException", 400, "EventBus does not have a policy."):
        events.remove_permission(EventBusName=bus, StatementId="two")


def test_a_policy_takes_the_place_of_all_permissions(events, bus):
    events.put_permission(
        EventBusName=bus, Action="events:PutEvents", Principal="111111111111", StatementId="one"
    )
    put_policy(events, bus, statement(bus, Sid="other"))
    assert [s["Sid"] for s in policy_of(events, bus)["Statement"]] == ["other"]
    events.remove_permission(EventBusName=bus, RemoveAllPermissions=True)
    assert policy_of(events, bus) is None
    events.remove_permission(EventBusName=bus, RemoveAllPermissions=True)


def test_a_policy_goes_with_its_bus(events, bus):
    put_policy(events, bus, statement(bus))
    events.delete_event_bus(Name=bus)
    events.create_event_bus(Name=bus)
    assert policy_of(events, bus) is None


def test_a_policy_outlives_a_restart(make_server, name):
    server = make_server().start()
    events = server.client("events")
    put_policy(events, "default", statement("default", "Deny", action="events:PutEvents"))
    _, key = platform.make_user(server, name, platform.ALLOW_ALL)
    server.restart()
    assert policy_of(server.client("events"), "default")["Statement"][0]["Effect"] == "Deny"
    with refused("AccessDeniedException", 400, "explicit deny in a resource-based policy"):
        server.client("events", key).put_events(Entries=[entry("default")])


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "Parameter Principal must be specified."),
        ({"Principal": "111111111111", "StatementId": "s"}, "Parameter Action must be"),
        ({"Principal": "111111111111", "Action": "events:PutEvents"}, "Parameter StatementId must"),
        (
            {"Principal": "111111111111", "Action": "events:PutRule", "StatementId": "s"},
            "'action' is not supported",
        ),
        (
            {"Principal": "11", "Action": "events:PutEvents", "StatementId": "s"},
            r"Member must satisfy regular expression pattern: (\d{12}|\*)",
        ),
        (
            {
                "Principal": "111111111111",
                "Action": "events:PutEvents",
                "StatementId": "s",
                "Condition": {"Type": "StringEquals", "Key": "aws:PrincipalOrgID", "Value": "o"},
            },
            "must be '*' when the parameter 'condition' is set",
        ),
        ({"Policy": "{}", "StatementId": "s"}, "can't be given together"),
        ({"Policy": "{"}, "This policy contains invalid Json"),
        ({"Policy": platform.policy({"Effect": "Allow"})}, "Policy statement must contain actions"),
        (
            {"Policy": platform.policy(statement("another"))},
            'The relative-id "event-bus/another" is invalid for ARN',
        ),
    ],
)
def test_what_is_no_permission_is_refused(events, bus, given, said):
    with refused("ValidationException", 400, said):
        events.put_permission(EventBusName=bus, **given)
    assert policy_of(events, bus) is None


def test_long_policies_and_unknown_buses_are_refused(events, bus):
    sid = "x" * 10_240
    with refused("PolicyLengthExceededException", 400, "it may have 10240"):
        put_policy(events, bus, statement(bus, Sid=sid))
    with refused("ResourceNotFoundException", 400, "Event bus no-such-bus does not exist."):
        put_policy(events, "no-such-bus", statement("no-such-bus"))
    with refused("ResourceNotFoundException", 400, "Event bus no-such-bus does not exist."):
        events.remove_permission(EventBusName="no-such-bus", RemoveAllPermissions=True)
    with refused("ValidationException", 400, "Parameter StatementId must be specified."):
        events.remove_permission(EventBusName=bus)
    with refused("ValidationException", 400, "Member must satisfy regular expression pattern"):
        put_policy(events, bus_arn(bus), statement(bus))


def test_a_policy_allows_who_may_nothing_else(server, events, bus, name):
    arn, key = platform.make_user(server, name)
    theirs = server.client("events", key)
    with refused("AccessDeniedException", 400, "no identity-based policy allows"):
        theirs.put_events(Entries=[entry(bus)])
    condition = {"StringEquals": {"events:source": "shop"}}
    put_policy(
        events,
        bus,
        statement(bus, principal={"AWS": arn}, Condition=condition),
        statement(bus, principal={"AWS": arn}, action="events:PutRule", Resource=rule_arn("*", bus)),
    )
    assert theirs.put_events(Entries=[entry(bus)])["FailedEntryCount"] == 0
    answer = theirs.put_events(Entries=[entry(bus), entry(bus, "other"), entry("default")])
    assert [e.get("ErrorCode") for e in answer["Entries"]] == [
        None,
        "AccessDeniedException",
        "AccessDeniedException",
    ]
    with refused("AccessDeniedException", 400, "events:PutEvents"):
        theirs.put_events(Entries=[entry(bus, "other")])
    pattern = json.dumps({"source": ["shop"]})
    theirs.put_rule(Name="theirs", EventBusName=bus, EventPattern=pattern)
    with refused("AccessDeniedException", 400, "events:DescribeRule"):
        theirs.describe_rule(Name="theirs", EventBusName=bus)
    with refused("AccessDeniedException", 400, "events:PutRule"):
        theirs.put_rule(Name="theirs", EventPattern=pattern)
    events.remove_permission(EventBusName=bus, RemoveAllPermissions=True)
    with refused("AccessDeniedException", 400):
        theirs.put_events(Entries=[entry(bus)])
    events.delete_rule(Name="theirs", EventBusName=bus)


def test_a_policy_denies_who_may_everything(server, events, bus, name):
    _, key = platform.make_user(server, name, platform.ALLOW_ALL)
    theirs = server.client("events", key)
    put_policy(
        events,
        bus,
        statement(bus, "Deny"),
        statement(bus, "Deny", action="events:DeleteRule", Resource=rule_arn("kept", bus)),
    )
    with refused("AccessDeniedException", 400, "with an explicit deny in a resource-based policy"):
        theirs.put_events(Entries=[entry(bus)])
    pattern = json.dumps({"source": ["shop"]})
    theirs.put_rule(Name="kept", EventBusName=bus, EventPattern=pattern)
    with refused("AccessDeniedException", 400, "rule/"):
        theirs.delete_rule(Name="kept", EventBusName=bus)
    assert theirs.put_events(Entries=[entry("default")])["FailedEntryCount"] == 0
    # The account's own administrator is never locked out.
    assert events.put_events(Entries=[entry(bus)])["FailedEntryCount"] == 0
    events.delete_rule(Name="kept", EventBusName=bus)


def test_a_session_may_what_the_policy_gives_its_role(server, events, bus, name):
    role = platform.make_role(server, name, "glue.amazonaws.com")
    trust = {"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "sts:AssumeRole"}
    server.client("iam").update_assume_role_policy(
        RoleName=name, PolicyDocument=platform.policy(trust)
    )
    given = server.client("sts").assume_role(RoleArn=role, RoleSessionName="session")["Credentials"]
    keys = (given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])
    theirs = server.client("events", keys)
    with refused("AccessDeniedException", 400):
        theirs.put_events(Entries=[entry(bus)])
    put_policy(events, bus, statement(bus, principal={"AWS": role}))
    assert theirs.put_events(Entries=[entry(bus)])["FailedEntryCount"] == 0


def delivery_to(server, bus, name, role=None):
    """What comes of an event that a rule of the default bus hands on to `bus`."""
    target = {"Id": "bus", "Arn": bus_arn(bus), **({"RoleArn": role} if role else {})}
    platform.put_rule(server, name, target, pattern={"source": [name]})
    server.client("events").put_events(Entries=[entry("default", name)])

    def ended():
        told = server.command("deliveries", "list", "--rule", name, "--json").stdout
        return json.loads(told)["deliveries"]

    delivery = wait_until(ended, 20, "the delivery")[0]
    return delivery["state"], delivery.get("message") or ""


def test_a_bus_takes_what_its_policy_lets_eventbridge_send(server, events, bus, name):
    source = {"ArnEquals": {"aws:SourceArn": rule_arn(f"{name}-let")}}
    account = {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
    put_policy(events, bus, statement(bus, principal=account, Condition=source))
    assert delivery_to(server, bus, f"{name}-let")[0] == "done"
    state, message = delivery_to(server, bus, f"{name}-other")
    assert state == "failed" and "no role" in message


def test_a_policy_denies_a_rule_whose_role_may(server, events, bus, name):
    role = platform.make_role(server, name, "events.amazonaws.com", platform.ALLOW_ALL)
    assert delivery_to(server, bus, f"{name}-before", role)[0] == "done"
    put_policy(events, bus, statement(bus, "Deny"))
    state, message = delivery_to(server, bus, f"{name}-after", role)
    assert state == "failed"
    assert "with an explicit deny in a resource-based policy" in message
