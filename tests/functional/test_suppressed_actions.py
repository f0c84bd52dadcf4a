"""Actions of composite alarms that wait for a suppressor: when they are taken, and what is told."""

import json
from datetime import timedelta

import pytest
from support import platform
from support.errors import refused
from support.still import NOW
from support.waiting import wait_until

ALARM = {
    "Namespace": "Sales", "MetricName": "Failures", "Statistic": "Sum", "Period": 60,
    "EvaluationPeriods": 1, "Threshold": 0.0, "ComparisonOperator": "GreaterThanThreshold",
    "TreatMissingData": "ignore",
}
WAIT, EXTENSION = 20, 40


class Suppressed:
    """A composite alarm `name` with a child and a suppressor, whose actions go to a queue."""

    def __init__(self, still, name):
        self.still, self.name, self.now = still, name, NOW
        self.child, self.suppressor = f"{name}-child", f"{name}-suppressor"
        self.cloudwatch, self.sqs = still.client("cloudwatch"), still.client("sqs")
        for alarm in (self.child, self.suppressor):
            self.cloudwatch.put_metric_alarm(AlarmName=alarm, **ALARM)
        self.set(self.child, "OK")
        self.set(self.suppressor, "OK")
        sns = still.client("sns")
        self.topic = sns.create_topic(Name=name)["TopicArn"]
        queue = platform.queue_arn(name)
        self.url = self.sqs.create_queue(QueueName=name, Attributes={"Policy": platform.policy(
            platform.let("sns", "sqs:SendMessage", queue))})["QueueUrl"]
        sns.subscribe(TopicArn=self.topic, Protocol="sqs", Endpoint=queue)

    def put(self, **more):
        settings = {
            "AlarmName": self.name, "AlarmRule": f"ALARM({self.child})",
            "AlarmActions": [self.topic], "OKActions": [self.topic],
            "ActionsSuppressor": self.suppressor, "ActionsSuppressorWaitPeriod": WAIT,
            "ActionsSuppressorExtensionPeriod": EXTENSION,
        }
        self.cloudwatch.put_composite_alarm(
            **{k: v for k, v in (settings | more).items() if v is not None})

    def set(self, alarm, state):
        self.cloudwatch.set_alarm_state(AlarmName=alarm, StateValue=state, StateReason="a test")

    def described(self):
        (alarm,) = self.cloudwatch.describe_alarms(
            AlarmNames=[self.name], AlarmTypes=["CompositeAlarm"])["CompositeAlarms"]
        return alarm

    def suppressed_by(self):
        return self.described().get("ActionsSuppressedBy")

    def passes(self, seconds):
        self.now += timedelta(seconds=seconds)
        self.still.set_clock(self.now)

    def told(self):
        """The states that were told since the last question."""
        got = []
        while messages := self.sqs.receive_message(
                QueueUrl=self.url, MaxNumberOfMessages=10).get("Messages", []):
            for message in messages:
                body = json.loads(json.loads(message["Body"])["Message"])
                got.append((body["OldStateValue"], body["NewStateValue"]))
                self.sqs.delete_message(
                    QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"])
        return got

    def wait_for_end(self):
        wait_until(lambda: self.suppressed_by() is None, what=self.described)


@pytest.fixture
def suppressed(still, name):
    made = Suppressed(still, name)
    made.put()
    assert made.suppressed_by() == "WaitPeriod", "the state that it was made in waits too"
    made.passes(WAIT)
    made.wait_for_end()
    assert made.told() == [("INSUFFICIENT_DATA", "OK")]
    return made


def test_what_is_given_is_echoed(suppressed):
    alarm = suppressed.described()
    assert alarm["ActionsSuppressor"] == suppressed.suppressor
    assert alarm["ActionsSuppressorWaitPeriod"] == WAIT
    assert alarm["ActionsSuppressorExtensionPeriod"] == EXTENSION
    assert "ActionsSuppressedBy" not in alarm and "ActionsSuppressedReason" not in alarm
    below = suppressed.cloudwatch.describe_alarms(ChildrenOfAlarmName=suppressed.name)
    assert [x["AlarmName"] for x in below["MetricAlarms"]] == [suppressed.child]


def test_actions_are_taken_when_the_wait_period_is_over(suppressed, still, name):
    url, arn = platform.make_queue_for_events(still, f"{name}-events")
    pattern = {"source": ["aws.cloudwatch"], "detail": {"alarmName": [name]}}
    platform.put_rule(still, name, {"Id": "q", "Arn": arn}, pattern=pattern)
    suppressed.set(suppressed.child, "ALARM")
    alarm = suppressed.described()
    assert alarm["StateValue"] == "ALARM" and alarm["ActionsSuppressedBy"] == "WaitPeriod"
    assert alarm["ActionsSuppressedReason"] == "Actions suppressed by WaitPeriod"
    assert suppressed.told() == []
    (message,) = suppressed.sqs.receive_message(QueueUrl=url)["Messages"]
    detail = json.loads(message["Body"])["detail"]
    assert detail["state"]["actionsSuppressedBy"] == "WaitPeriod"
    assert detail["state"]["actionsSuppressedReason"] == "Actions suppressed by WaitPeriod"
    assert "actionsSuppressedBy" not in detail["previousState"]
    assert detail["configuration"] == {
        "alarmRule": f"ALARM({suppressed.child})", "actionsSuppressor": suppressed.suppressor,
        "actionsSuppressorWaitPeriod": WAIT, "actionsSuppressorExtensionPeriod": EXTENSION,
    }
    suppressed.passes(WAIT)
    suppressed.wait_for_end()
    assert suppressed.told() == [("OK", "ALARM")]
    items = suppressed.cloudwatch.describe_alarm_history(
        AlarmName=name, AlarmTypes=["CompositeAlarm"], MaxRecords=3)["AlarmHistoryItems"]
    assert [item["HistorySummary"] for item in items] == [
        f"Successfully executed action {suppressed.topic}", "Actions suppressed by WaitPeriod",
        "Alarm updated from OK to ALARM"]
    assert json.loads(items[2]["HistoryData"])["newState"]["actionsSuppressedBy"] == "WaitPeriod"


def test_a_suppressor_in_alarm_holds_until_its_extension_is_over(suppressed):
    suppressed.set(suppressed.child, "ALARM")
    suppressed.set(suppressed.suppressor, "ALARM")
    assert suppressed.suppressed_by() == "Alarm"
    suppressed.passes(10 * WAIT)
    assert suppressed.suppressed_by() == "Alarm" and suppressed.told() == []
    suppressed.set(suppressed.suppressor, "OK")
    assert suppressed.suppressed_by() == "ExtensionPeriod"
    suppressed.passes(EXTENSION)
    suppressed.wait_for_end()
    assert suppressed.told() == [("OK", "ALARM")]


def test_a_change_in_the_extension_period_waits_anew_and_the_last_state_is_told(suppressed):
    suppressed.set(suppressed.suppressor, "ALARM")
    suppressed.set(suppressed.child, "ALARM")
    suppressed.set(suppressed.suppressor, "OK")
    suppressed.set(suppressed.child, "OK")
    assert suppressed.suppressed_by() == "WaitPeriod"
    suppressed.passes(WAIT)
    suppressed.wait_for_end()
    assert suppressed.told() == [("ALARM", "OK")]


def test_a_suppressor_that_comes_and_goes_tells_nothing_twice(suppressed):
    suppressed.set(suppressed.suppressor, "ALARM")
    assert suppressed.suppressed_by() == "Alarm"
    suppressed.set(suppressed.suppressor, "OK")
    suppressed.passes(EXTENSION)
    suppressed.wait_for_end()
    assert suppressed.told() == []


def test_without_its_suppressor_an_alarm_tells_at_once(suppressed):
    suppressed.set(suppressed.child, "ALARM")
    suppressed.put(ActionsSuppressor=None, ActionsSuppressorWaitPeriod=None,
                   ActionsSuppressorExtensionPeriod=None)
    assert suppressed.suppressed_by() is None
    assert suppressed.told() == [("OK", "ALARM")]
    suppressed.set(suppressed.child, "OK")
    assert suppressed.told() == [("ALARM", "OK")]


def test_a_suppressor_that_changes_with_the_alarm_holds_it(suppressed):
    """Both are decided by the same child, in one transaction, and neither wait is due."""
    composite = f"{suppressed.name}-z"
    suppressed.cloudwatch.put_composite_alarm(
        AlarmName=composite, AlarmRule=f"ALARM({suppressed.child})")
    suppressed.put(ActionsSuppressor=composite, ActionsSuppressorWaitPeriod=0,
                   ActionsSuppressorExtensionPeriod=0)
    suppressed.set(suppressed.child, "ALARM")
    assert suppressed.suppressed_by() == "Alarm" and suppressed.told() == []


def test_periods_go_on_after_a_restart(fresh_server, name):
    cloudwatch = fresh_server.client("cloudwatch")
    for alarm in ("child", "suppressor"):
        cloudwatch.put_metric_alarm(AlarmName=alarm, **ALARM)
    cloudwatch.put_composite_alarm(
        AlarmName=name, AlarmRule="NOT ALARM(child)", ActionsSuppressor="suppressor",
        AlarmActions=["arn:aws:sns:us-east-1:000000000000:absent"],
        ActionsSuppressorWaitPeriod=1, ActionsSuppressorExtensionPeriod=1)
    fresh_server.kill()
    fresh_server.start()
    cloudwatch = fresh_server.client("cloudwatch")

    def tried():
        items = cloudwatch.describe_alarm_history(
            AlarmName=name, HistoryItemType="Action",
            AlarmTypes=["CompositeAlarm"])["AlarmHistoryItems"]
        return any("Failed to execute action" in item["HistorySummary"] for item in items)

    wait_until(tried, what="the action after the wait period")


def test_what_is_refused(suppressed):
    with refused("ValidationError", 400, "ActionsSuppressorWaitPeriod is required"):
        suppressed.put(ActionsSuppressorWaitPeriod=None)
    with refused("ValidationError", 400, "needs an ActionsSuppressor"):
        suppressed.put(ActionsSuppressor=None)
    with refused("ValidationError", 400, "[absent] does not exist"):
        suppressed.put(ActionsSuppressor="absent")
    with refused("ValidationError", 400, "would make a cycle"):
        suppressed.put(ActionsSuppressor=suppressed.name)
    with refused("ValidationError", 400, "Cannot delete"):
        suppressed.cloudwatch.delete_alarms(AlarmNames=[suppressed.suppressor])
