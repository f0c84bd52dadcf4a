"""Log groups and other buses as targets of rules."""

import json

from support import platform
from support.waiting import wait_until

REGION = "us-east-1"
SHOP = {"source": ["shop"]}


def put_event(events, bus, detail):
    entry = {"Source": "shop", "DetailType": "Order", "Detail": json.dumps(detail)}
    return events.put_events(Entries=[entry | {"EventBusName": bus}])["Entries"][0]["EventId"]


def group_arn(group):
    return f"arn:aws:logs:{REGION}:{platform.ACCOUNT}:log-group:{group}"


def lines_of(server, group, count=1):
    def found():
        messages = platform.messages_of(server, group)
        return messages if len(messages) >= count else None

    return wait_until(found, 20, group)


def test_log_group_gets_the_whole_event_once(server, events, bus, name):
    group = f"/aws/events/{name}"
    server.client("logs").create_log_group(logGroupName=group)
    log = {"Id": "log", "Arn": group_arn(group)}
    platform.put_rule(server, name, log, pattern=SHOP, bus=bus)
    ids = [put_event(events, bus, {"number": number}) for number in range(20)]
    messages = [json.loads(message) for message in lines_of(server, group, 20)]
    assert [message["id"] for message in messages] == ids
    assert messages[3]["detail"] == {"number": 3} and messages[3]["source"] == "shop"


def test_log_group_takes_a_transformed_line_with_its_time(server, events, bus, name):
    group = f"/aws/events/{name}"
    server.client("logs").create_log_group(logGroupName=group)
    transformer = {
        "InputPathsMap": {"n": "$.detail.number"},
        "InputTemplate": '{"timestamp": 1750000000000, "message": "order <n>"}',
    }
    log = {"Id": "log", "Arn": group_arn(group), "InputTransformer": transformer}
    platform.put_rule(server, name, log, pattern=SHOP, bus=bus)
    put_event(events, bus, {"number": 7})
    assert lines_of(server, group) == ["order 7"]


def test_missing_log_group_fails_the_delivery(server, events, bus, name):
    log = {"Id": "log", "Arn": group_arn(f"/aws/events/{name}-no")}
    platform.put_rule(server, name, log, pattern=SHOP, bus=bus)
    put_event(events, bus, {})
    decision = json.loads(lines_of(server, f"/aws/events/rule/{name}")[0])
    assert (decision["decision"], decision["error-code"]) == ("FAILED", "NO_RESOURCE")


def test_another_bus_gets_the_event_as_it_is(server, events, bus, name):
    events.create_event_bus(Name=f"{name}-second")
    group = f"/aws/events/{name}"
    server.client("logs").create_log_group(logGroupName=group)
    log = {"Id": "log", "Arn": group_arn(group)}
    platform.put_rule(server, f"{name}-log", log, pattern=SHOP, bus=f"{name}-second")
    put_events = {"Effect": "Allow", "Action": "events:PutEvents", "Resource": "*"}
    role = platform.make_role(server, f"{name}-role", "events.amazonaws.com", put_events)
    second = platform.bus_arn(f"{name}-second")
    forward = {"Id": "bus", "Arn": second, "RoleArn": role}
    platform.put_rule(server, name, forward, pattern=SHOP, bus=bus)
    event_id = put_event(events, bus, {"number": 1})
    event = json.loads(lines_of(server, group)[0])
    assert event["id"] == event_id
    assert (event["source"], event["detail"]) == ("shop", {"number": 1})
