"""Composite alarms: their rules, what follows from a change of a child, what is refused."""

import json

import pytest
from support import platform
from support.errors import refused

ALARM = {
    "Namespace": "Sales", "MetricName": "Failures", "Statistic": "Sum", "Period": 60,
    "EvaluationPeriods": 1, "Threshold": 0.0, "ComparisonOperator": "GreaterThanThreshold",
}


@pytest.fixture
def children(cloudwatch, name):
    names = [f"{name}-a", f"{name}-b"]
    for child in names:
        cloudwatch.put_metric_alarm(AlarmName=child, **ALARM)
    return names


def set_state(cloudwatch, alarm, state):
    cloudwatch.set_alarm_state(AlarmName=alarm, StateValue=state, StateReason="a test")


def describe(cloudwatch, name):
    answer = cloudwatch.describe_alarms(AlarmNames=[name], AlarmTypes=["CompositeAlarm"])
    assert answer["MetricAlarms"] == []
    (alarm,) = answer["CompositeAlarms"]
    return alarm


def state_of(cloudwatch, name):
    return describe(cloudwatch, name)["StateValue"]


def test_what_is_given_is_echoed(cloudwatch, children, name):
    a, _ = children
    topic = "arn:aws:sns:us-east-1:000000000000:alerts"
    given = {
        "AlarmName": name, "AlarmRule": f'ALARM("{a}") OR FALSE', "AlarmDescription": "says why",
        "ActionsEnabled": False, "AlarmActions": [topic], "OKActions": [topic],
        "InsufficientDataActions": [topic],
    }
    cloudwatch.put_composite_alarm(**given, Tags=[{"Key": "team", "Value": "data"}])
    alarm = describe(cloudwatch, name)
    assert {member: alarm[member] for member in given} == given
    assert alarm["AlarmArn"].endswith(f":alarm:{name}")
    tags = cloudwatch.list_tags_for_resource(ResourceARN=alarm["AlarmArn"])["Tags"]
    assert tags == [{"Key": "team", "Value": "data"}]


def test_a_change_of_a_child_decides_at_once(cloudwatch, children, name):
    a, b = children
    cloudwatch.put_composite_alarm(AlarmName=name, AlarmRule=f"ALARM({a}) AND NOT ALARM({b})")
    assert state_of(cloudwatch, name) == "OK"
    set_state(cloudwatch, a, "ALARM")
    alarm = describe(cloudwatch, name)
    assert alarm["StateValue"] == "ALARM"
    arn = cloudwatch.describe_alarms(AlarmNames=[a])["MetricAlarms"][0]["AlarmArn"]
    assert alarm["StateReason"] == (
        f"{arn} transitioned to ALARM at Monday 03 February, 2031 04:05:30 UTC")
    (trigger,) = json.loads(alarm["StateReasonData"])["triggeringAlarms"]
    assert trigger == {
        "arn": arn, "state": {"value": "ALARM", "timestamp": "2031-02-03T04:05:30.000+0000"}}
    set_state(cloudwatch, b, "ALARM")
    assert state_of(cloudwatch, name) == "OK"


def test_composites_of_composites_follow_and_each_change_is_an_event(
        still, cloudwatch, children, name):
    a, b = children
    inner, other, outer = f"{name}-inner", f"{name}-other", f"{name}-outer"
    cloudwatch.put_composite_alarm(AlarmName=inner, AlarmRule=f"ALARM({a})")
    cloudwatch.put_composite_alarm(AlarmName=other, AlarmRule=f"NOT ALARM({a})")
    cloudwatch.put_composite_alarm(
        AlarmName=outer, AlarmRule=f"ALARM({inner}) AND ALARM({other}) OR ALARM({b})")
    url, arn = platform.make_queue_for_events(still, name)
    pattern = {"source": ["aws.cloudwatch"], "resources": [{"wildcard": f"*:{name}-*"}]}
    platform.put_rule(still, name, {"Id": "q", "Arn": arn}, pattern=pattern)
    assert [state_of(cloudwatch, n) for n in (inner, other, outer)] == ["OK", "ALARM", "OK"]

    set_state(cloudwatch, a, "ALARM")
    assert [state_of(cloudwatch, n) for n in (inner, other, outer)] == ["ALARM", "OK", "OK"]
    sqs, details = still.client("sqs"), {}
    while messages := sqs.receive_message(
            QueueUrl=url, MaxNumberOfMessages=10).get("Messages", []):
        for message in messages:
            detail = json.loads(message["Body"])["detail"]
            details[detail["alarmName"]] = detail
    assert set(details) == {a, inner, other}, "outer never rang in between"
    assert details[inner]["configuration"] == {"alarmRule": f"ALARM({a})"}
    assert details[inner]["state"]["value"] == "ALARM"


def test_what_a_rule_names_must_be_there(cloudwatch, children, name):
    a, _ = children
    words = f"Could not save the composite alarm as alarms [{name}-x] in the alarm rule do not exist"
    with refused("ValidationError", 400, words):
        cloudwatch.put_composite_alarm(
            AlarmName=name, AlarmRule=f"ALARM({a}) OR ALARM({name}-x)")
    with refused("ValidationError", 400, "Unsupported token ')' at char 1"):
        cloudwatch.put_composite_alarm(AlarmName=name, AlarmRule="()")
    answer = cloudwatch.describe_alarms(AlarmNames=[name], AlarmTypes=["CompositeAlarm"])
    assert answer["CompositeAlarms"] == []


def test_a_cycle_is_refused(cloudwatch, name):
    first, second = f"{name}-1", f"{name}-2"
    cloudwatch.put_composite_alarm(AlarmName=first, AlarmRule="TRUE")
    cloudwatch.put_composite_alarm(AlarmName=second, AlarmRule=f"ALARM({first})")
    with refused("ValidationError", 400, "would make a cycle"):
        cloudwatch.put_composite_alarm(AlarmName=first, AlarmRule=f"OK({second})")
    with refused("ValidationError", 400, "would make a cycle"):
        cloudwatch.put_composite_alarm(AlarmName=first, AlarmRule=f"OK({first})")
    assert describe(cloudwatch, first)["AlarmRule"] == "TRUE"


def test_what_a_composite_alarm_needs_stays(cloudwatch, children, name):
    a, b = children
    cloudwatch.put_composite_alarm(AlarmName=name, AlarmRule=f"ALARM({a}) OR ALARM({b})")
    with refused("ValidationError", 400,
                 f"Cannot delete {a} as there are composite alarm(s) depending on it."):
        cloudwatch.delete_alarms(AlarmNames=[a])
    with refused("ValidationError", 400,
                 f"Cannot delete {a},{b} as there are composite alarm(s) depending on them."):
        cloudwatch.delete_alarms(AlarmNames=[b, a])
    cloudwatch.put_composite_alarm(AlarmName=name, AlarmRule=f"ALARM({a})")
    cloudwatch.delete_alarms(AlarmNames=[b])
    cloudwatch.delete_alarms(AlarmNames=[name, a])
    answer = cloudwatch.describe_alarms(
        AlarmNamePrefix=name, AlarmTypes=["CompositeAlarm", "MetricAlarm"])
    assert answer["CompositeAlarms"] == answer["MetricAlarms"] == []


def test_kinds_are_listed_as_asked_in_pages(cloudwatch, children, name):
    a, b = children
    cloudwatch.put_composite_alarm(AlarmName=f"{name}-aa", AlarmRule=f"ALARM({a})")
    ask = {"AlarmNamePrefix": name}
    only = cloudwatch.describe_alarms(**ask)
    assert [x["AlarmName"] for x in only["MetricAlarms"]] == [a, b]
    assert only["CompositeAlarms"] == []
    both, token = [], {}
    while True:
        page = cloudwatch.describe_alarms(
            **ask, AlarmTypes=["MetricAlarm", "CompositeAlarm"], MaxRecords=1, **token)
        both += [x["AlarmName"] for x in page["MetricAlarms"] + page["CompositeAlarms"]]
        if "NextToken" not in page:
            break
        token = {"NextToken": page["NextToken"]}
    assert both == [a, f"{name}-aa", b]


def test_children_and_parents_are_told(cloudwatch, children, name):
    a, b = children
    cloudwatch.put_composite_alarm(AlarmName=name, AlarmRule=f"ALARM({a}) OR ALARM({b})")
    below = cloudwatch.describe_alarms(ChildrenOfAlarmName=name)
    assert [x["AlarmName"] for x in below["MetricAlarms"]] == [a, b]
    assert "MetricName" not in below["MetricAlarms"][0]
    above = cloudwatch.describe_alarms(ParentsOfAlarmName=a)
    assert [x["AlarmName"] for x in above["CompositeAlarms"]] == [name]


def test_a_name_belongs_to_one_kind(cloudwatch, children, name):
    a, _ = children
    with refused("ValidationError", 400, "is a metric alarm"):
        cloudwatch.put_composite_alarm(AlarmName=a, AlarmRule="TRUE")


def test_history_tells_the_kind(cloudwatch, name):
    cloudwatch.put_composite_alarm(AlarmName=name, AlarmRule="TRUE")
    items = cloudwatch.describe_alarm_history(
        AlarmName=name, AlarmTypes=["CompositeAlarm"], ScanBy="TimestampAscending",
    )["AlarmHistoryItems"]
    assert [item["HistorySummary"] for item in items] == [
        f'Alarm "{name}" created', "Alarm updated from INSUFFICIENT_DATA to ALARM"]
    assert {item["AlarmType"] for item in items} == {"CompositeAlarm"}
    assert cloudwatch.describe_alarm_history(
        AlarmName=name, AlarmTypes=["MetricAlarm"])["AlarmHistoryItems"] == []


def test_at_least_some_of_many(cloudwatch, children, name):
    a, b = children
    cloudwatch.put_composite_alarm(AlarmName=name, AlarmRule=f"AT_LEAST(2, ALARM, ({a}, {b}))")
    set_state(cloudwatch, a, "ALARM")
    assert state_of(cloudwatch, name) == "OK"
    set_state(cloudwatch, b, "ALARM")
    assert state_of(cloudwatch, name) == "ALARM"
