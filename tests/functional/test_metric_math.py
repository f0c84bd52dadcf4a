"""Metric math: GetMetricData's expressions, and alarms on them."""

import json

import pytest
from support import platform
from support.errors import refused
from support.still import minute
from support.waiting import wait_until


def stat(id_, metric, shown=False, period=60):
    named = {"Namespace": "Math", "MetricName": metric, "Dimensions": []}
    return {"Id": id_, "ReturnData": shown,
            "MetricStat": {"Metric": named, "Period": period, "Stat": "Sum"}}


def put(cloudwatch, metric, values):
    """The last value in the minute before noon."""
    cloudwatch.put_metric_data(Namespace="Math", MetricData=[
        {"MetricName": metric, "Value": value, "Timestamp": minute(n - len(values))}
        for n, value in enumerate(values) if value is not None
    ])


def ask(cloudwatch, *queries, minutes=3):
    return cloudwatch.get_metric_data(
        MetricDataQueries=list(queries), StartTime=minute(-minutes), EndTime=minute(0),
        ScanBy="TimestampAscending",
    )["MetricDataResults"]


def test_an_expression_computes_what_metrics_have(cloudwatch, name):
    put(cloudwatch, f"{name}-bad", [1, None, 3])
    put(cloudwatch, f"{name}-all", [10, 20, 30])
    bad, everything = stat("bad", f"{name}-bad"), stat("all", f"{name}-all")
    rate, twice = ask(
        cloudwatch, {"Id": "e1", "Expression": "100 * FILL(bad, 0) / all", "Label": "Percent"},
        bad, everything, {"Id": "e2", "Expression": "e1 * 2"},
    )
    assert (rate["Id"], rate["Label"], rate["StatusCode"]) == ("e1", "Percent", "Complete")
    assert rate["Timestamps"] == [minute(-3), minute(-2), minute(-1)]
    assert rate["Values"] == [10, 0, 10]
    assert (twice["Label"], twice["Values"]) == ("e2", [20, 0, 20])


def test_an_array_is_a_result_for_each_series(cloudwatch, name):
    put(cloudwatch, f"{name}-a", [1, 2, 3])
    put(cloudwatch, f"{name}-b", [4, 5, 6])
    results = ask(
        cloudwatch, stat("m1", f"{name}-a"), stat("m2", f"{name}-b"),
        {"Id": "e1", "Expression": "METRICS() * 10", "Label": "Tenfold"},
    )
    assert [(r["Id"], r["Label"]) for r in results] == [
        ("e1", f"Tenfold {name}-a"), ("e1", f"Tenfold {name}-b")]
    assert [r["Values"] for r in results] == [[10, 20, 30], [40, 50, 60]]


@pytest.mark.parametrize(("expression", "words"), [
    ("m1 +", "Error in expression 'e1': The expression ends too early"),
    ("NOSUCH(m1)", "Error in expression 'e1': Function 'NOSUCH' not found"),
    ("m1 + m9", "Error in expression 'e1': No metric or expression has the id 'm9'"),
    ("e1 + 1", "Error in expression 'e1': The expression needs its own result"),
    ("SUM(m1)", "must be a time series"),
    ("(" * 500, "nested too deep"),
])
def test_bad_expressions_are_refused_in_words(cloudwatch, expression, words):
    with refused("ValidationError", 400, words):
        ask(cloudwatch, stat("m1", "x"), {"Id": "e1", "Expression": expression})


def test_a_query_is_a_metric_or_an_expression(cloudwatch):
    with refused("ValidationError", 400, "either a MetricStat or an Expression"):
        ask(cloudwatch, {"Id": "e1"})
    with refused("ValidationError", 400, "begins with a small letter"):
        ask(cloudwatch, stat("M1", "x"))


def ratio_alarm(name, **more):
    return {
        "AlarmName": name, "EvaluationPeriods": 1, "Threshold": 5.0,
        "ComparisonOperator": "GreaterThanThreshold", "TreatMissingData": "notBreaching",
        "Metrics": [
            {"Id": "e1", "Expression": "100 * bad / all", "Label": "Percent", "ReturnData": True},
            stat("bad", f"{name}-bad"), stat("all", f"{name}-all"),
        ], **more,
    }


def describe(cloudwatch, name):
    (alarm,) = cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"]
    return alarm


def test_an_alarm_on_an_expression_is_echoed(cloudwatch, name):
    given = ratio_alarm(name)
    cloudwatch.put_metric_alarm(**given)
    alarm = describe(cloudwatch, name)
    assert alarm["Metrics"] == given["Metrics"]
    assert alarm["Dimensions"] == [] and "Period" not in alarm and "MetricName" not in alarm


def test_an_alarm_on_an_expression_rings_and_tells_what_it_looked_at(still, cloudwatch, name):
    sqs = still.client("sqs")
    url, arn = platform.make_queue_for_events(still, name)
    changes = {"source": ["aws.cloudwatch"], "resources": [{"suffix": f":{name}"}]}
    platform.put_rule(still, name, {"Id": "q", "Arn": arn}, pattern=changes)
    cloudwatch.put_metric_alarm(**ratio_alarm(name))
    cloudwatch.put_metric_data(Namespace="Math", MetricData=[
        {"MetricName": f"{name}-bad", "Value": 1}, {"MetricName": f"{name}-all", "Value": 10}])
    still.set_clock(minute(1))
    alarm = wait_until(lambda: (a := describe(cloudwatch, name))["StateValue"] == "ALARM" and a)
    assert alarm["StateReason"] == (
        "Threshold Crossed: 1 datapoint [10.0 (02/03/31 04:05:00)] was greater than the threshold "
        "(5.0)."
    )
    (message,) = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=10)["Messages"]
    e1, bad, _ = json.loads(message["Body"])["detail"]["configuration"]["metrics"]
    assert e1 == {"id": "e1", "label": "Percent", "expression": "100 * bad / all",
                  "returnData": True}
    assert bad["metricStat"]["metric"]["name"] == f"{name}-bad" and not bad["returnData"]


@pytest.mark.parametrize(("change", "words"), [
    ({"Metrics": [stat("m1", "x"), stat("m2", "y")]},
     "Exactly one element of the metrics list should return data."),
    ({"Metrics": [stat("m1", "x", True, 60), stat("m2", "y", False, 300)]}, "same Period"),
    ({"Metrics": [stat("m1", "x"), {"Id": "e1", "Expression": "METRICS()"}]},
     "single time series"),
    ({"Metrics": [stat("m1", "x"), {"Id": "e1", "Expression": "m1 + 'a'"}]},
     "Unsupported operand type(s) for +: 'TimeSeries, String'"),
])
def test_bad_metrics_of_an_alarm_are_refused(cloudwatch, name, change, words):
    with refused("ValidationError", 400, words):
        cloudwatch.put_metric_alarm(**ratio_alarm(name) | change)


def test_metrics_and_a_metric_exclude_each_other(cloudwatch, name):
    with refused("InvalidParameterCombination", 400, "cannot be specified together"):
        cloudwatch.put_metric_alarm(**ratio_alarm(name), Namespace="x", MetricName="y")
