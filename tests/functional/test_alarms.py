"""CloudWatch alarms: in the three protocols that clients speak."""

import json
from urllib.parse import urlencode

import pytest
from support import platform
from support.errors import refused
from support.raw import Signer

ALARM = {
    "Namespace": "Sales", "MetricName": "Failures", "Statistic": "Sum", "Period": 60,
    "EvaluationPeriods": 1, "Threshold": 0.0, "ComparisonOperator": "GreaterThanThreshold",
}
TOPIC = "arn:aws:sns:us-east-1:000000000000:alerts"


def describe(cloudwatch, name):
    (alarm,) = cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"]
    return alarm


def test_what_is_not_given_is_echoed_as_aws_does(cloudwatch, name):
    cloudwatch.put_metric_alarm(AlarmName=name, **ALARM)
    answer = cloudwatch.describe_alarms(AlarmNames=[name])
    assert answer["CompositeAlarms"] == []
    (alarm,) = answer["MetricAlarms"]
    times = {member for member in alarm if member.endswith("Timestamp")}
    assert times == {
        "StateUpdatedTimestamp", "StateTransitionedTimestamp", "AlarmConfigurationUpdatedTimestamp",
    }
    assert {member: value for member, value in alarm.items() if member not in times} == ALARM | {
        "AlarmName": name,
        "AlarmArn": f"arn:aws:cloudwatch:us-east-1:000000000000:alarm:{name}",
        "ActionsEnabled": True, "OKActions": [], "AlarmActions": [], "InsufficientDataActions": [],
        "Dimensions": [], "StateValue": "INSUFFICIENT_DATA",
        "StateReason": "Unchecked: Initial alarm creation",
    }


def test_what_is_given_is_echoed(cloudwatch, name):
    given = ALARM | {
        "AlarmDescription": "says why", "ActionsEnabled": False, "OKActions": [TOPIC],
        "AlarmActions": [TOPIC], "InsufficientDataActions": [TOPIC], "Unit": "Count",
        "Dimensions": [{"Name": "Job", "Value": "a"}], "TreatMissingData": "notBreaching",
        "DatapointsToAlarm": 2, "EvaluationPeriods": 3, "Threshold": 1.5, "Period": 300,
    }
    cloudwatch.put_metric_alarm(AlarmName=name, **given)
    alarm = describe(cloudwatch, name)
    assert {member: alarm[member] for member in given} == given


def test_an_alarm_on_a_percentile_is_echoed(cloudwatch, name):
    given = {k: v for k, v in ALARM.items() if k != "Statistic"} | {
        "ExtendedStatistic": "p99.9", "EvaluateLowSampleCountPercentile": "ignore",
    }
    cloudwatch.put_metric_alarm(AlarmName=name, **given)
    alarm = describe(cloudwatch, name)
    assert {member: alarm[member] for member in given} == given and "Statistic" not in alarm
    (created,) = cloudwatch.describe_alarm_history(AlarmName=name)["AlarmHistoryItems"]
    told = json.loads(created["HistoryData"])["createdAlarm"]
    assert told["extendedStatistic"] == "p99.9"
    with refused("InvalidParameterValue", 400, "The value 90 for parameter ExtendedStatistic"):
        cloudwatch.put_metric_alarm(AlarmName=name, **(given | {"ExtendedStatistic": "90"}))
    with refused("ValidationError", 400, "Exactly one of Statistic or ExtendedStatistic"):
        cloudwatch.put_metric_alarm(AlarmName=name, Statistic="Sum", **given)
    with refused("ValidationError", 400, "Option maybe is not supported."):
        cloudwatch.put_metric_alarm(
            AlarmName=name, **(given | {"EvaluateLowSampleCountPercentile": "maybe"}))


def test_a_change_replaces_the_settings_and_leaves_the_state(cloudwatch, name):
    cloudwatch.put_metric_alarm(AlarmName=name, AlarmDescription="first", **ALARM)
    cloudwatch.set_alarm_state(AlarmName=name, StateValue="OK", StateReason="by hand")
    cloudwatch.put_metric_alarm(AlarmName=name, **(ALARM | {"Threshold": 7.0}))
    alarm = describe(cloudwatch, name)
    assert alarm["Threshold"] == 7 and "AlarmDescription" not in alarm
    assert (alarm["StateValue"], alarm["StateReason"]) == ("OK", "by hand")


def test_alarms_are_listed_by_prefix_state_action_and_in_pages(cloudwatch, name):
    for n in range(5):
        more = {"AlarmActions": [TOPIC + name]} if n == 3 else {}
        cloudwatch.put_metric_alarm(AlarmName=f"{name}-{n}", **ALARM, **more)
    cloudwatch.set_alarm_state(AlarmName=f"{name}-1", StateValue="ALARM", StateReason="x")

    def names(**query):
        pages = cloudwatch.get_paginator("describe_alarms").paginate(**query)
        return [alarm["AlarmName"][-1] for page in pages for alarm in page["MetricAlarms"]]

    assert names(AlarmNamePrefix=name, MaxRecords=2) == ["0", "1", "2", "3", "4"]
    assert names(AlarmNamePrefix=name, StateValue="ALARM") == ["1"]
    assert names(ActionPrefix=TOPIC + name) == ["3"]
    assert names(AlarmNames=[f"{name}-4", f"{name}-0", "absent"]) == ["0", "4"]
    assert names(AlarmNamePrefix=name, AlarmTypes=["CompositeAlarm"]) == []
    with refused("InvalidNextToken", 400):
        cloudwatch.describe_alarms(NextToken="!")


def test_a_state_set_by_hand_is_in_the_history_with_what_could_not_be_done(cloudwatch, name):
    cloudwatch.put_metric_alarm(AlarmName=name, AlarmActions=[TOPIC], **ALARM)
    cloudwatch.set_alarm_state(
        AlarmName=name, StateValue="ALARM", StateReason="a drill", StateReasonData='{"a":1}'
    )
    history = cloudwatch.describe_alarm_history(AlarmName=name)["AlarmHistoryItems"]
    assert [item["HistorySummary"] for item in history] == [
        f"Failed to execute action {TOPIC}",
        "Alarm updated from INSUFFICIENT_DATA to ALARM",
        f'Alarm "{name}" created',
    ]
    action, update, created = (json.loads(item["HistoryData"]) for item in history)
    assert action["notificationResource"] == TOPIC and action["actionState"] == "Failed"
    assert update["newState"] == {
        "stateValue": "ALARM", "stateReason": "a drill", "stateReasonData": {"a": 1},
    }
    assert created["createdAlarm"]["threshold"] == 0.0
    only = cloudwatch.describe_alarm_history(
        AlarmName=name, HistoryItemType="StateUpdate", ScanBy="TimestampAscending"
    )["AlarmHistoryItems"]
    assert len(only) == 1
    pages = cloudwatch.get_paginator("describe_alarm_history").paginate(
        AlarmName=name, PaginationConfig={"PageSize": 1}
    )
    assert len([item for page in pages for item in page["AlarmHistoryItems"]]) == 3


def test_actions_can_be_disabled(cloudwatch, name):
    cloudwatch.put_metric_alarm(AlarmName=name, AlarmActions=[TOPIC], **ALARM)
    cloudwatch.disable_alarm_actions(AlarmNames=[name])
    assert describe(cloudwatch, name)["ActionsEnabled"] is False
    cloudwatch.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="x")
    actions = cloudwatch.describe_alarm_history(AlarmName=name, HistoryItemType="Action")
    assert actions["AlarmHistoryItems"] == []
    cloudwatch.enable_alarm_actions(AlarmNames=[name])
    assert describe(cloudwatch, name)["ActionsEnabled"] is True


def test_tags_go_with_their_alarm(cloudwatch, name):
    cloudwatch.put_metric_alarm(AlarmName=name, Tags=[{"Key": "env", "Value": "dev"}], **ALARM)
    arn = describe(cloudwatch, name)["AlarmArn"]

    def tags():
        shown = cloudwatch.list_tags_for_resource(ResourceARN=arn)["Tags"]
        return {tag["Key"]: tag["Value"] for tag in shown}

    cloudwatch.tag_resource(ResourceARN=arn, Tags=[{"Key": "team", "Value": "a"}])
    assert tags() == {"env": "dev", "team": "a"}
    cloudwatch.untag_resource(ResourceARN=arn, TagKeys=["env"])
    assert tags() == {"team": "a"}
    cloudwatch.delete_alarms(AlarmNames=[name])
    assert tags() == {}
    cloudwatch.put_metric_alarm(AlarmName=name, **ALARM)
    assert tags() == {}


def test_errors_are_aws_own(cloudwatch, name):
    with refused("ResourceNotFound", 404):
        cloudwatch.set_alarm_state(AlarmName=name, StateValue="OK", StateReason="x")
    with refused("ValidationError", 400, "[INSUFFICIENT_DATA, ALARM, OK]"):
        cloudwatch.set_alarm_state(AlarmName=name, StateValue="FINE", StateReason="x")
    with refused("ResourceNotFound", 404):
        cloudwatch.delete_alarms(AlarmNames=[name])
    with refused("ValidationError", 400):
        cloudwatch.put_metric_alarm(AlarmName=name, **(ALARM | {"Period": 61}))
    with refused("ValidationError", 400, "EvaluationPeriods * Period"):
        cloudwatch.put_metric_alarm(AlarmName=name, **(ALARM | {"EvaluationPeriods": 1500}))


@pytest.fixture
def signed(server):
    return Signer(server.endpoint, *server.credentials(), service="monitoring")


def test_the_query_protocol_as_terraform_speaks_it(signed, server, name):
    def do(action, **parameters):
        body = urlencode({"Action": action, "Version": "2010-08-01"} | parameters).encode()
        headers = {"content-type": "application/x-www-form-urlencoded"}
        return signed.send("POST", "/", body, headers)

    made = do(
        "PutMetricAlarm", AlarmName=name, **{k: str(v) for k, v in ALARM.items()},
        **{"Dimensions.member.1.Name": "Job", "Dimensions.member.1.Value": "a",
           "Tags.member.1.Key": "env", "Tags.member.1.Value": "dev"},
    )
    assert made.status == 200, made.text
    shown = do("DescribeAlarms", **{"AlarmNames.member.1": name})
    assert 'xmlns="http://monitoring.amazonaws.com/doc/2010-08-01/"' in shown.text
    assert "<member><Name>Job</Name><Value>a</Value></member>" in shown.text
    assert "<AlarmActions/>" in shown.text or "<AlarmActions></AlarmActions>" in shown.text
    refusal = do("SetAlarmState", AlarmName="absent", StateValue="OK", StateReason="x")
    assert refusal.status == 404 and "<Code>ResourceNotFound</Code>" in refusal.text
    assert "<Code>ValidationError</Code>" in do("PutMetricAlarm", AlarmName=name).text
    arn = describe(server.client("cloudwatch"), name)["AlarmArn"]
    assert "<Key>env</Key>" in do("ListTagsForResource", ResourceARN=arn).text


def test_the_json_protocol(signed, name):
    def do(operation, body):
        headers = {
            "content-type": "application/x-amz-json-1.0",
            "x-amz-target": f"GraniteServiceVersion20100801.{operation}",
        }
        return signed.send("POST", "/", json.dumps(body).encode(), headers)

    assert do("PutMetricAlarm", {"AlarmName": name} | ALARM).status == 200
    (alarm,) = json.loads(do("DescribeAlarms", {"AlarmNames": [name]}).text)["MetricAlarms"]
    assert alarm["Threshold"] == 0 and alarm["Dimensions"] == []


def test_alarms_outlive_a_restart(fresh_server):
    fresh_server.client("cloudwatch").put_metric_alarm(AlarmName="a", **ALARM)
    before = describe(fresh_server.client("cloudwatch"), "a")
    fresh_server.kill()
    fresh_server.start()
    assert describe(fresh_server.client("cloudwatch"), "a") == before


def test_iam_is_asked_about_the_alarm(server, name):
    _, key = platform.make_user(server, name, {
        "Effect": "Allow", "Action": "cloudwatch:PutMetricAlarm",
        "Resource": f"arn:aws:cloudwatch:*:*:alarm:{name}-*",
    })
    caller = server.client("cloudwatch", key)
    caller.put_metric_alarm(AlarmName=f"{name}-mine", **ALARM)
    with refused("AccessDenied", None):
        caller.put_metric_alarm(AlarmName="other", **ALARM)
    with refused("AccessDenied", None):
        caller.describe_alarms()


def test_aws_commands(aws, name):
    aws.run(
        "cloudwatch", "put-metric-alarm", "--alarm-name", name, "--namespace", "Sales",
        "--metric-name", "Failures", "--statistic", "Sum", "--period", "300",
        "--evaluation-periods", "1", "--threshold", "0", "--comparison-operator",
        "GreaterThanThreshold", "--treat-missing-data", "notBreaching",
    )
    shown = aws.json("cloudwatch", "describe-alarms", "--alarm-names", name)
    assert shown["MetricAlarms"][0]["TreatMissingData"] == "notBreaching"
    aws.run("cloudwatch", "set-alarm-state", "--alarm-name", name, "--state-value", "ALARM",
            "--state-reason", "drill")
    history = aws.json("cloudwatch", "describe-alarm-history", "--alarm-name", name)
    told = [item["HistorySummary"] for item in history["AlarmHistoryItems"]]
    assert any(summary.endswith("to ALARM") for summary in told), told
    aws.run("cloudwatch", "delete-alarms", "--alarm-names", name)
