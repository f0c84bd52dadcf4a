"""CloudWatch metrics: what clients put, what Tidemill counts, and the alarms that follow."""

import json
from datetime import datetime, timedelta, timezone

from support import platform
from support.errors import refused
from support.still import NOW, minute
from support.waiting import wait_until

JOB = "import sys\nif 'bad.csv' in sys.argv: raise SystemExit(1)\n"


def statistics(cloudwatch, space, metric, dimensions=None, names=("Sum",), period=60, unit=None):
    asked = {"Unit": unit} if unit else {}
    points = cloudwatch.get_metric_statistics(
        Namespace=space, MetricName=metric, StartTime=minute(-60), EndTime=minute(60),
        Period=period, Statistics=list(names), **asked,
        Dimensions=[{"Name": n, "Value": v} for n, v in (dimensions or {}).items()],
    )["Datapoints"]
    return points


def total(cloudwatch, space, metric, **dimensions):
    return sum(point["Sum"] for point in statistics(cloudwatch, space, metric, dimensions))


def test_what_is_put_comes_back_by_the_minute(cloudwatch):
    cloudwatch.put_metric_data(Namespace="Sales", MetricData=[
        {"MetricName": "Rows", "Value": 3, "Timestamp": minute(-2)},
        {"MetricName": "Rows", "Values": [1, 5], "Counts": [2, 1], "Timestamp": minute(-2)},
        {"MetricName": "Rows", "Timestamp": minute(-1), "StatisticValues": {
            "SampleCount": 2, "Sum": 8, "Minimum": 3, "Maximum": 5}},
    ])
    names = ["SampleCount", "Sum", "Average", "Minimum", "Maximum"]
    first, second = statistics(cloudwatch, "Sales", "Rows", names=names)
    assert first == {
        "Timestamp": minute(-2), "SampleCount": 4, "Sum": 10, "Average": 2.5, "Minimum": 1,
        "Maximum": 5, "Unit": "None",
    }
    assert (second["SampleCount"], second["Average"]) == (2, 4)
    (hour,) = statistics(cloudwatch, "Sales", "Rows", names=["Sum"], period=7200)
    assert hour["Sum"] == 18


def test_metric_data_of_several_queries(cloudwatch):
    cloudwatch.put_metric_data(Namespace="Sales", MetricData=[
        {"MetricName": "Rows", "Value": n, "Timestamp": minute(-n), "Unit": "Count",
         "Dimensions": [{"Name": "Job", "Value": "a"}]} for n in (1, 2, 3)
    ])
    metric = {
        "Namespace": "Sales", "MetricName": "Rows", "Dimensions": [{"Name": "Job", "Value": "a"}],
    }
    queries = [
        {"Id": "a", "MetricStat": {"Metric": metric, "Period": 60, "Stat": "Sum"}},
        {"Id": "b", "MetricStat": {"Metric": metric, "Period": 60, "Stat": "Maximum"}},
        {"Id": "c", "MetricStat": {
            "Metric": metric | {"MetricName": "Absent"}, "Period": 60, "Stat": "Sum"}},
    ]
    ask = {"MetricDataQueries": queries, "StartTime": minute(-10), "EndTime": minute(0)}
    answer = cloudwatch.get_metric_data(**ask)
    a, b, c = answer["MetricDataResults"]
    assert a["Timestamps"] == [minute(-1), minute(-2), minute(-3)] and a["Values"] == [1, 2, 3]
    assert (a["Label"], b["Label"], c["Label"]) == ("Rows Sum", "Rows Maximum", "Absent")
    assert c["Values"] == [] and c["StatusCode"] == "Complete" and answer["Messages"] == []
    a = cloudwatch.get_metric_data(ScanBy="TimestampAscending", **ask)["MetricDataResults"][0]
    assert a["Values"] == [3, 2, 1]
    pages = cloudwatch.get_paginator("get_metric_data").paginate(MaxDatapoints=2, **ask)
    assert len([r for page in pages for r in page["MetricDataResults"]]) == 3


def extended(cloudwatch, space, metric, *names, period=60):
    return cloudwatch.get_metric_statistics(
        Namespace=space, MetricName=metric, StartTime=minute(-60), EndTime=minute(60),
        Period=period, ExtendedStatistics=list(names),
    )["Datapoints"]


def test_percentiles_of_what_is_put(cloudwatch):
    cloudwatch.put_metric_data(Namespace="Sales", MetricData=[
        {"MetricName": "Latency", "Values": [float(n) for n in range(1, 101)],
         "Counts": [10.0] * 100, "Unit": "Milliseconds", "Timestamp": minute(-2)},
        {"MetricName": "Latency", "Value": 5000, "Unit": "Milliseconds", "Timestamp": minute(-1)},
    ])
    first, second = extended(cloudwatch, "Sales", "Latency", "p0.0", "p50", "p99", "p100", "tc90")
    assert first["Timestamp"] == minute(-2) and first["Unit"] == "Milliseconds"
    assert not {"Sum", "Average", "SampleCount"} & set(first)
    shown = first["ExtendedStatistics"]
    assert (shown["p0.0"], shown["p100"], shown["tc90"]) == (1, 100, 900)
    assert abs(shown["p50"] - 50) <= 0.5 and abs(shown["p99"] - 99) <= 0.99
    assert second["ExtendedStatistics"]["p50"] == 5000
    (hour,) = extended(cloudwatch, "Sales", "Latency", "p99.95", "PR(:50)", period=7200)
    assert hour["ExtendedStatistics"]["p99.95"] == 5000
    assert abs(hour["ExtendedStatistics"]["PR(:50)"] - 50) <= 1

    metric = {"Namespace": "Sales", "MetricName": "Latency"}
    answer = cloudwatch.get_metric_data(
        MetricDataQueries=[
            {"Id": "p", "MetricStat": {"Metric": metric, "Period": 60, "Stat": "p90"}},
            {"Id": "t", "MetricStat": {"Metric": metric, "Period": 60, "Stat": "TM(10%:90%)"}},
            {"Id": "twice", "Expression": "p * 2"},
        ],
        StartTime=minute(-10), EndTime=minute(0), ScanBy="TimestampAscending",
    )["MetricDataResults"]
    p, t, twice = answer
    assert (p["Label"], t["Label"]) == ("Latency p90", "Latency TM(10%:90%)")
    assert abs(p["Values"][0] - 90) <= 0.9 and abs(t["Values"][0] - 50.5) <= 0.6
    assert twice["Values"] == [value * 2 for value in p["Values"]]


def test_sets_of_statistics_have_percentiles_only_where_they_tell_all(cloudwatch):
    def put(at, count, total, least, most):
        cloudwatch.put_metric_data(Namespace="Sales", MetricData=[
            {"MetricName": "Set", "Timestamp": minute(at), "StatisticValues": {
                "SampleCount": count, "Sum": total, "Minimum": least, "Maximum": most}}])

    put(-5, 2, 8, 3, 5)
    put(-4, 1, 7, 7, 7)
    put(-3, 4, 8, 2, 2)
    cloudwatch.put_metric_data(Namespace="Sales", MetricData=[
        {"MetricName": "Set", "Values": [-1.0, 2.0], "Timestamp": minute(-2)}])
    points = extended(cloudwatch, "Sales", "Set", "p50")
    assert [(p["Timestamp"], p["ExtendedStatistics"]["p50"]) for p in points] == [
        (minute(-4), 7), (minute(-3), 2)]
    assert len(statistics(cloudwatch, "Sales", "Set")) == 4


def test_statistics_that_there_are_not(cloudwatch):
    for name in ("p101", "Average", "latency"):
        with refused("InvalidParameterValue", 400, name):
            extended(cloudwatch, "Sales", "Latency", name)
    ask = {"Namespace": "Sales", "MetricName": "Rows", "Period": 60, "StartTime": minute(-5),
           "EndTime": minute(0)}
    with refused("InvalidParameterCombination", 400):
        cloudwatch.get_metric_statistics(**ask, Statistics=["Sum"], ExtendedStatistics=["p50"])
    with refused("InvalidParameterCombination", 400):
        cloudwatch.get_metric_statistics(**ask)
    words = "The value p101 for parameter MetricDataQueries.member.1.MetricStat.Stat is not a valid"
    with refused("ValidationError", 400, words):
        cloudwatch.get_metric_data(StartTime=minute(-5), EndTime=minute(0), MetricDataQueries=[
            {"Id": "a", "MetricStat": {"Metric": {"Namespace": "a", "MetricName": "b"},
                                       "Period": 60, "Stat": "p101"}}])


def test_mixed_units(cloudwatch):
    for unit in ("Seconds", "Milliseconds"):
        cloudwatch.put_metric_data(
            Namespace="Sales", MetricData=[{"MetricName": "T", "Value": 1, "Unit": unit}]
        )
    assert len(statistics(cloudwatch, "Sales", "T")) == 2
    assert len(statistics(cloudwatch, "Sales", "T", unit="Seconds")) == 1
    (result,) = cloudwatch.get_metric_data(
        MetricDataQueries=[{"Id": "t", "MetricStat": {
            "Metric": {"Namespace": "Sales", "MetricName": "T"}, "Period": 60, "Stat": "Sum"}}],
        StartTime=minute(-10), EndTime=minute(10),
    )["MetricDataResults"]
    assert len(result["Values"]) == 1
    assert result["Messages"] == [{
        "Code": "MultipleUnits", "Value": "Multiple units returned: '[Milliseconds, Seconds]'",
    }]


def test_what_boto3_packs_is_unpacked(cloudwatch):
    data = [{"MetricName": f"m{n:04}", "Value": n, "Unit": "Count"} for n in range(1000)]
    cloudwatch.put_metric_data(Namespace="Packed", MetricData=data)
    pages = cloudwatch.get_paginator("list_metrics").paginate(Namespace="Packed")
    assert len([metric for page in pages for metric in page["Metrics"]]) == 1000
    assert total(cloudwatch, "Packed", "m0999") == 999


def test_metrics_are_listed(cloudwatch):
    cloudwatch.put_metric_data(Namespace="Sales", MetricData=[
        {"MetricName": "Rows", "Value": 1, "Dimensions": [{"Name": "Job", "Value": job}]}
        for job in ("a", "b")
    ])

    def listed(**query):
        found = cloudwatch.list_metrics(**query)["Metrics"]
        return sorted(metric["Dimensions"][0]["Value"] for metric in found)

    assert listed(Namespace="Sales", MetricName="Rows") == ["a", "b"]
    assert listed(Namespace="Sales", Dimensions=[{"Name": "Job", "Value": "b"}]) == ["b"]
    assert listed(Namespace="Sales", Dimensions=[{"Name": "Job"}]) == ["a", "b"]
    assert listed(Namespace="Other") == []


def test_what_is_refused(cloudwatch):
    def put(**datum):
        cloudwatch.put_metric_data(Namespace="Sales", MetricData=[{"MetricName": "Rows"} | datum])

    with refused("MissingParameter", 400):
        put()
    with refused("InvalidParameterCombination", 400):
        put(Value=1, Values=[1])
    with refused("InvalidParameterValue", 400, "two weeks"):
        put(Value=1, Timestamp=NOW - timedelta(days=15))
    with refused("InvalidParameterValue", 400):
        put(Value=float("nan"))
    with refused("InvalidParameterValue", 400):
        cloudwatch.put_metric_data(Namespace="AWS/Own", MetricData=[{"MetricName": "a", "Value": 1}])
    ask = {"Namespace": "a", "MetricName": "b", "Period": 60, "Statistics": ["Sum"]}
    with refused("InvalidParameterCombination", 400, "up to 86400 datapoints"):
        cloudwatch.get_metric_statistics(
            StartTime=NOW - timedelta(days=60), EndTime=NOW, **ask
        )
    with refused("InvalidParameterValue", 400, "StartTime must be less"):
        cloudwatch.get_metric_statistics(StartTime=NOW, EndTime=NOW, **ask)


def test_metrics_outlive_an_orderly_restart(fresh_server):
    cloudwatch = fresh_server.client("cloudwatch")
    cloudwatch.put_metric_data(Namespace="Sales", MetricData=[{"MetricName": "Rows", "Value": 7}])
    fresh_server.restart()
    cloudwatch = fresh_server.client("cloudwatch")
    (metric,) = cloudwatch.list_metrics(Namespace="Sales")["Metrics"]
    now = datetime.now(timezone.utc)
    (point,) = cloudwatch.get_metric_statistics(
        StartTime=now - timedelta(hours=1), EndTime=now + timedelta(minutes=1), Period=60,
        Statistics=["Sum"], Namespace=metric["Namespace"], MetricName=metric["MetricName"],
    )["Datapoints"]
    assert point["Sum"] == 7


def make_failing_on_demand(server, name):
    """A bucket whose files start a job that fails for bad.csv; the rule and the job."""
    bucket = platform.make_bucket(server, f"{name}-in")
    job = platform.make_job(server, name, JOB)
    return bucket, platform.connect(server, bucket, job), job


ALARM = {"Period": 300, "EvaluationPeriods": 1, "Statistic": "Sum", "Threshold": 0,
         "ComparisonOperator": "GreaterThanThreshold", "TreatMissingData": "notBreaching"}


def dimensions(**pairs):
    return [{"Name": name, "Value": value} for name, value in pairs.items()]


def state_of(cloudwatch, alarm):
    return cloudwatch.describe_alarms(AlarmNames=[alarm])["MetricAlarms"][0]


def wait_for_state(cloudwatch, alarm, state):
    return wait_until(
        lambda: (found := state_of(cloudwatch, alarm))["StateValue"] == state and found,
        what=lambda: state_of(cloudwatch, alarm),
    )


def check_notices(sqs, url, alarm, topic):
    """A subscribed queue has what the alarm told its topic, as AWS words it."""
    got = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    told = [json.loads(message["Body"]) for message in got]
    rung, ended = told[-2:]
    assert rung["Subject"] == f'ALARM: "{alarm}" in US East (N. Virginia)'
    assert ended["Subject"] == f'OK: "{alarm}" in US East (N. Virginia)'
    message = json.loads(rung["Message"])
    assert message["AlarmActions"] == message["OKActions"] == [topic]
    assert (message["NewStateValue"], message["AlarmDescription"]) == ("ALARM", "a run failed")
    assert message["Trigger"]["MetricName"] == "glue.driver.aggregate.numFailedTasks"
    assert message["Trigger"]["Statistic"] == "SUM"
    assert {"value": "ALL", "name": "JobRunId"} in message["Trigger"]["Dimensions"]
    assert json.loads(ended["Message"])["OldStateValue"] == "ALARM"


def test_an_alarm_on_a_percentile_rings_once_there_are_values_enough(still, cloudwatch, name):
    settings = {
        "Namespace": "Sales", "MetricName": name, "ExtendedStatistic": "p90", "Period": 60,
        "EvaluationPeriods": 1, "Threshold": 100, "ComparisonOperator": "GreaterThanThreshold",
        "TreatMissingData": "ignore",
    }
    careful = f"{name}-careful"
    cloudwatch.put_metric_alarm(AlarmName=name, **settings)
    cloudwatch.put_metric_alarm(
        AlarmName=careful, EvaluateLowSampleCountPercentile="ignore", **settings)

    def put(at, slow):
        cloudwatch.put_metric_data(Namespace="Sales", MetricData=[{
            "MetricName": name, "Values": [50.0, 200.0], "Counts": [80.0, slow],
            "Timestamp": minute(at)}])

    put(0, 19.0)
    still.set_clock(minute(1))
    alarm = wait_for_state(cloudwatch, name, "ALARM")
    assert alarm["StateReason"] == (
        "Threshold Crossed: 1 datapoint [200.0 (02/03/31 04:05:00)] was greater than the threshold "
        "(100.0)."
    )
    assert json.loads(alarm["StateReasonData"])["statistic"] == "p90"
    assert state_of(cloudwatch, careful)["StateValue"] == "INSUFFICIENT_DATA"
    put(1, 20.0)
    still.set_clock(minute(2))
    wait_for_state(cloudwatch, careful, "ALARM")


def test_an_alarm_for_failed_runs_rings_and_ends_by_itself(still, cloudwatch, name):
    bucket, rule, job = make_failing_on_demand(still, name)
    sqs = still.client("sqs")
    url, arn = platform.make_queue_for_events(still, name)
    changes = {"source": ["aws.cloudwatch"], "detail-type": ["CloudWatch Alarm State Change"]}
    platform.put_rule(still, f"{name}-alarms", {"Id": "q", "Arn": arn}, pattern=changes)
    sns = still.client("sns")
    topic = sns.create_topic(Name=f"{name}-alerts")["TopicArn"]
    told_url = sqs.create_queue(QueueName=f"{name}-told", Attributes={"Policy": platform.policy(
        platform.let("sns", "sqs:SendMessage", platform.queue_arn(f"{name}-told")))})["QueueUrl"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=platform.queue_arn(f"{name}-told"))
    cloudwatch.put_metric_alarm(
        AlarmName=name, AlarmDescription="a run failed", Namespace="Glue",
        MetricName="glue.driver.aggregate.numFailedTasks", AlarmActions=[topic], OKActions=[topic],
        Dimensions=dimensions(JobName=job, JobRunId="ALL", Type="count"), **ALARM,
    )

    still.client("s3").put_object(Bucket=bucket, Key="bad.csv", Body=b"x")
    (run,) = platform.wait_for_runs(still, job)
    assert run["JobRunState"] == "FAILED"
    still.set_clock(minute(1))
    alarm = wait_for_state(cloudwatch, name, "ALARM")
    assert alarm["StateReason"] == (
        "Threshold Crossed: 1 datapoint [1.0 (02/03/31 04:01:00)] was greater than the threshold "
        "(0.0)."
    )
    assert json.loads(alarm["StateReasonData"])["recentDatapoints"] == [1.0]

    still.set_clock(minute(5) + timedelta(seconds=30))
    still.client("s3").put_object(Bucket=bucket, Key="good.csv", Body=b"x")
    assert platform.wait_for_runs(still, job, 2)[0]["JobRunState"] == "SUCCEEDED"
    assert state_of(cloudwatch, name)["StateValue"] == "ALARM"
    still.set_clock(minute(6))
    alarm = wait_for_state(cloudwatch, name, "OK")
    assert "[0.0 (02/03/31 04:06:00)] was not greater than" in alarm["StateReason"]

    history = cloudwatch.describe_alarm_history(AlarmName=name, ScanBy="TimestampAscending")
    told = [item["HistorySummary"] for item in history["AlarmHistoryItems"]]
    executed = f"Successfully executed action {topic}"
    assert told[-4:] == [
        told[-4], executed, "Alarm updated from ALARM to OK", executed,
    ] and told[-4].endswith("to ALARM"), told
    check_notices(sqs, told_url, name, topic)

    def received():
        got = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=0)
        return [json.loads(message["Body"]) for message in got.get("Messages", [])]

    seen = wait_until(lambda: len(found := received()) >= 2 and found)
    rung = next(e for e in seen if e["detail"]["state"]["value"] == "ALARM")
    assert rung["resources"] == [alarm["AlarmArn"]]
    assert rung["detail"]["alarmName"] == name
    assert rung["detail"]["previousState"]["value"] in ("OK", "INSUFFICIENT_DATA")
    assert json.loads(rung["detail"]["state"]["reasonData"])["period"] == 300
    (query,) = rung["detail"]["configuration"]["metrics"]
    assert query["metricStat"]["metric"]["dimensions"]["JobName"] == job
    assert query["metricStat"]["stat"] == "Sum" and query["returnData"] is True


def test_rules_runs_and_queues_are_counted(still, cloudwatch, name):
    bucket, rule, job = make_failing_on_demand(still, name)
    for key in ("bad.csv", "good.csv"):
        still.client("s3").put_object(Bucket=bucket, Key=key, Body=b"x")
    platform.wait_for_runs(still, job, 2)
    for metric in ("TriggeredRules", "MatchedEvents", "Invocations", "SuccessfulInvocationAttempts"):
        assert total(cloudwatch, "AWS/Events", metric, RuleName=rule) == 2, metric
    assert total(cloudwatch, "AWS/Events", "FailedInvocations", RuleName=rule) == 0
    for latency in ("IngestionToInvocationStartLatency", "IngestionToInvocationCompleteLatency"):
        (point,) = statistics(
            cloudwatch, "AWS/Events", latency, {"RuleName": rule}, names=["SampleCount"])
        assert (point["SampleCount"], point["Unit"]) == (2, "Milliseconds"), latency
    glue = {"JobName": job, "JobRunId": "ALL", "Type": "count"}
    assert total(cloudwatch, "Glue", "glue.driver.aggregate.numFailedTasks", **glue) == 1
    assert total(cloudwatch, "Glue", "glue.driver.aggregate.numCompletedTasks", **glue) == 1
    one = glue | {"JobRunId": platform.runs_of(still, job)[0]["Id"]}
    assert total(cloudwatch, "Glue", "glue.driver.aggregate.numCompletedTasks", **one) == 1
    assert statistics(cloudwatch, "Glue", "glue.driver.aggregate.elapsedTime", glue)

    sqs = still.client("sqs")
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="x")
    (message,) = sqs.receive_message(QueueUrl=url)["Messages"]
    sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    for metric in ("NumberOfMessagesSent", "NumberOfMessagesReceived", "NumberOfMessagesDeleted"):
        assert total(cloudwatch, "AWS/SQS", metric, QueueName=name) == 1, metric


def test_a_job_that_is_missing_is_a_failed_invocation_in_the_dead_letters(still, cloudwatch, name):
    bucket = platform.make_bucket(still, name)
    _, arn = platform.make_queue_for_events(still, name)
    rule = platform.connect(still, bucket, "absent", name=name, DeadLetterConfig={"Arn": arn})
    cloudwatch.put_metric_alarm(
        AlarmName=name, Namespace="AWS/SQS", MetricName="ApproximateNumberOfMessagesVisible",
        Dimensions=dimensions(QueueName=name), **(ALARM | {"Statistic": "Maximum"}),
    )
    cloudwatch.put_metric_alarm(
        AlarmName=f"{name}-rule", Namespace="AWS/Events", MetricName="FailedInvocations",
        Dimensions=dimensions(RuleName=rule), **ALARM,
    )
    still.client("s3").put_object(Bucket=bucket, Key="a", Body=b"x")
    assert total(cloudwatch, "AWS/Events", "FailedInvocations", RuleName=rule) == 1
    for spelling in ("InvocationsSentToDlq", "InvocationsSentToDLQ"):
        assert total(cloudwatch, "AWS/Events", spelling, RuleName=rule) == 1
    still.set_clock(minute(1))
    wait_for_state(cloudwatch, name, "ALARM")
    wait_for_state(cloudwatch, f"{name}-rule", "ALARM")
    still.set_clock(minute(7))
    wait_for_state(cloudwatch, f"{name}-rule", "OK")
    assert state_of(cloudwatch, name)["StateValue"] == "ALARM"


def test_aws_commands(aws, name):
    aws.run("cloudwatch", "put-metric-data", "--namespace", name, "--metric-name", "Rows",
            "--value", "4", "--dimensions", "Job=a")
    (metric,) = aws.json("cloudwatch", "list-metrics", "--namespace", name)["Metrics"]
    assert metric["Dimensions"] == [{"Name": "Job", "Value": "a"}]
    now = datetime.now(timezone.utc)
    shown = aws.json(
        "cloudwatch", "get-metric-statistics", "--namespace", name, "--metric-name", "Rows",
        "--dimensions", "Name=Job,Value=a", "--period", "3600", "--statistics", "Sum",
        "--start-time", (now - timedelta(hours=1)).isoformat(),
        "--end-time", (now + timedelta(hours=1)).isoformat(),
    )
    assert sum(point["Sum"] for point in shown["Datapoints"]) == 4
