"""Metric filters of log groups, and resource policies of the logs."""

import json
import time

import pytest
from support import platform
from support.errors import refused
from support.waiting import wait_until


@pytest.fixture
def logs(server):
    return server.client("logs")


@pytest.fixture
def group(logs, name):
    logs.create_log_group(logGroupName=f"/test/{name}")
    logs.create_log_stream(logGroupName=f"/test/{name}", logStreamName="s")
    return f"/test/{name}"


def write(logs, group, *messages):
    now = int(time.time() * 1000)
    logs.put_log_events(logGroupName=group, logStreamName="s", logEvents=[
        {"timestamp": now, "message": message} for message in messages])


def values(server, space, metric, statistic="Sum", **dimensions):
    now = time.time()
    points = server.client("cloudwatch").get_metric_statistics(
        Namespace=space, MetricName=metric, StartTime=now - 600, EndTime=now + 120, Period=3600,
        Statistics=[statistic],
        Dimensions=[{"Name": n, "Value": v} for n, v in dimensions.items()],
    )["Datapoints"]
    return sum(point[statistic] for point in points)


def transformation(name, value="1", **more):
    return [{"metricNamespace": name, "metricName": "Found", "metricValue": value, **more}]


def test_what_a_filter_finds_is_a_metric(server, logs, group, name):
    logs.put_metric_filter(
        logGroupName=group, filterName="slow", filterPattern="{ $.latency > 100 }",
        metricTransformations=transformation(
            name, "$.latency", unit="Milliseconds", dimensions={"Job": "$.job"}))
    write(logs, group, json.dumps({"latency": 250, "job": "a"}),
          json.dumps({"latency": 150, "job": "b"}), json.dumps({"latency": 50, "job": "a"}),
          "no JSON")
    assert values(server, name, "Found", Job="a") == 250
    assert values(server, name, "Found", Job="b") == 150
    assert values(server, "AWS/Logs", "IncomingLogEvents", LogGroupName=group) == 4


def test_an_alarm_can_watch_what_a_run_prints(server, logs, name):
    bucket = platform.make_bucket(server, name)
    platform.make_job(server, name, "print('ERROR: rows=17')")
    for output in ("output", "error"):
        try:
            logs.create_log_group(logGroupName=f"/aws-glue/jobs/{output}")
        except logs.exceptions.ResourceAlreadyExistsException:
            pass
    logs.put_metric_filter(
        logGroupName="/aws-glue/jobs/output", filterName=name, filterPattern="ERROR",
        metricTransformations=transformation(name))
    platform.connect(server, bucket, name)
    server.client("s3").put_object(Bucket=bucket, Key="a", Body=b"x")
    platform.wait_for_runs(server, name)
    wait_until(lambda: values(server, name, "Found") == 1)
    logs.delete_metric_filter(logGroupName="/aws-glue/jobs/output", filterName=name)


def test_a_filter_is_echoed_and_counted(logs, group, name):
    given = transformation(name, defaultValue=0.0, unit="Count")
    logs.put_metric_filter(
        logGroupName=group, filterName=name, filterPattern="ERROR", metricTransformations=given)
    (shown,) = logs.describe_metric_filters(logGroupName=group)["metricFilters"]
    assert shown["creationTime"] > 0
    assert {member: shown[member] for member in shown if member != "creationTime"} == {
        "filterName": name, "filterPattern": "ERROR", "metricTransformations": given,
        "logGroupName": group, "applyOnTransformedLogs": False}
    (counted,) = logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]
    assert counted["metricFilterCount"] == 1
    found = logs.describe_metric_filters(metricName="Found", metricNamespace=name)
    assert [f["filterName"] for f in found["metricFilters"]] == [name]
    assert logs.describe_metric_filters(
        logGroupName=group, filterNamePrefix="other")["metricFilters"] == []
    logs.delete_metric_filter(logGroupName=group, filterName=name)
    with refused("ResourceNotFoundException", 400, "The specified metric filter does not exist."):
        logs.delete_metric_filter(logGroupName=group, filterName=name)


def test_filters_are_listed_in_pages(logs, group, name):
    for n in range(5):
        logs.put_metric_filter(logGroupName=group, filterName=f"f{n}", filterPattern="",
                               metricTransformations=transformation(name))
    pages = logs.get_paginator("describe_metric_filters").paginate(
        logGroupName=group, PaginationConfig={"PageSize": 2})
    assert [[f["filterName"] for f in page["metricFilters"]] for page in pages] == [
        ["f0", "f1"], ["f2", "f3"], ["f4"]]


@pytest.mark.parametrize(("pattern", "changes", "words"), [
    ("ERROR", {"dimensions": {"Job": "$.job"}},
     "The specified filter pattern does not support dimensions"),
    ("{ $.job = * }", {"dimensions": {"Job": "$.job"}, "defaultValue": 1.0},
     "dimensions and default value are mutually exclusive properties"),
    ("ERROR", {"metricValue": "$.latency"}, "neither a number nor a field"),
    ("ERROR", {"metricNamespace": "AWS/Mine"}, "must not begin with AWS/"),
    ("{ $.a = ", {}, "it must end with '}'"),
])
def test_bad_filters_are_refused(logs, group, name, pattern, changes, words):
    (given,) = transformation(name)
    with refused("InvalidParameterException", 400, words):
        logs.put_metric_filter(logGroupName=group, filterName=name, filterPattern=pattern,
                               metricTransformations=[given | changes])


def test_a_filters_name_has_no_colon(logs, group, name):
    with refused("InvalidParameterException", 400, "filterName"):
        logs.put_metric_filter(logGroupName=group, filterName="a:b", filterPattern="",
                               metricTransformations=transformation(name))


def test_a_filter_needs_its_group(logs, name):
    with refused("ResourceNotFoundException", 400, "The specified log group does not exist."):
        logs.put_metric_filter(logGroupName=f"/absent/{name}", filterName=name, filterPattern="",
                               metricTransformations=transformation(name))


def test_a_pattern_is_tried_on_messages(logs):
    fields = logs.test_metric_filter(
        filterPattern="[ip, user, ..., status=4*, bytes]",
        logEventMessages=["::1 me [10/Oct] 404 12", "::1 me [10/Oct] 200 12"])
    assert fields["matches"] == [{
        "eventNumber": 1, "eventMessage": "::1 me [10/Oct] 404 12",
        "extractedValues": {"$ip": "::1", "$user": "me", "$status": "404", "$bytes": "12"}}]
    (match,) = logs.test_metric_filter(
        filterPattern='{ $.kind = "a" && $.n > 1 }', logEventMessages=['{"kind": "a", "n": 2}'],
    )["matches"]
    assert match["extractedValues"] == {"$.kind": "a", "$.n": "2"}
    (match,) = logs.test_metric_filter(
        filterPattern="ERROR", logEventMessages=["fine", "an ERROR"])["matches"]
    assert match["eventNumber"] == 2 and match["extractedValues"] == {}


def test_life_of_a_resource_policy(logs, name):
    document = platform.policy({
        "Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"},
        "Action": ["logs:CreateLogStream", "logs:PutLogEvents"], "Resource": "*"})
    made = logs.put_resource_policy(policyName=name, policyDocument=document)["resourcePolicy"]
    assert made["policyName"] == name and made["policyDocument"] == document
    shown = logs.describe_resource_policies()["resourcePolicies"]
    assert [p["policyDocument"] for p in shown if p["policyName"] == name] == [document]
    logs.delete_resource_policy(policyName=name)
    with refused("ResourceNotFoundException", 400, f"Policy with name [{name}] does not exist."):
        logs.delete_resource_policy(policyName=name)
    with refused("InvalidParameterException", 400, "The policyDocument is not valid"):
        logs.put_resource_policy(policyName=name, policyDocument="{}")
