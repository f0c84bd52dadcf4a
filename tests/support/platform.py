"""The dev platform of examples/data-platform, made with boto3; and small platforms for bursts."""

import json

from support.server import TOP
from support.waiting import wait_until

HERE = TOP / "examples/data-platform"
BRONZE, SILVER, SCRIPTS = (f"data-lake-dev-{layer}" for layer in ("bronze", "silver", "scripts"))
RULE, JOB = "dev-sales_file_trigger", "sales-etl-dev"
LOG_GROUP, DASHED_LOG_GROUP = f"/aws/events/rule/{RULE}", "/aws/events/rule/dev-sales-file-trigger"
SALES_FILE = HERE / "data/daily_sales_2024-01-15.csv"
FINAL = {"SUCCEEDED", "FAILED", "TIMEOUT", "STOPPED", "ERROR", "EXPIRED"}
ACCOUNT = "000000000000"


def text(name):
    return (HERE / "platform" / name).read_text()


def job_arn(job):
    return f"arn:aws:glue:us-east-1:{ACCOUNT}:job/{job}"


def queue_arn(queue):
    return f"arn:aws:sqs:us-east-1:{ACCOUNT}:{queue}"


def bus_arn(bus="default"):
    return f"arn:aws:events:us-east-1:{ACCOUNT}:event-bus/{bus}"


def rule_arn(rule, bus=None):
    """Of a rule on the default bus, or on another."""
    place = f"{bus}/{rule}" if bus else rule
    return f"arn:aws:events:us-east-1:{ACCOUNT}:rule/{place}"


def topic_arn(topic):
    return f"arn:aws:sns:us-east-1:{ACCOUNT}:{topic}"


def let(service, action, resource):
    """A statement by which a service may do something to a resource that has a policy."""
    principal = {"Service": f"{service}.amazonaws.com"}
    return {"Effect": "Allow", "Principal": principal, "Action": action, "Resource": resource}


def trust(service):
    return json.dumps({
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
        ],
    })


def policy(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


ALLOW_ALL = {"Effect": "Allow", "Action": "*", "Resource": "*"}
START = {"Effect": "Allow", "Action": "glue:StartJobRun", "Resource": "*"}
EVENTS_ON = {"EventBridgeConfiguration": {}}


def make_bucket(server, name, events=True):
    s3 = server.client("s3")
    s3.create_bucket(Bucket=name)
    if events:
        s3.put_bucket_notification_configuration(Bucket=name, NotificationConfiguration=EVENTS_ON)
    return name


def make_role(server, name, service, *statements):
    """The role's ARN."""
    iam = server.client("iam")
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust(service))["Role"]
    if statements:
        iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=policy(*statements))
    return role["Arn"]


def make_user(server, name, *statements):
    """(the user's ARN, the key: id and secret)"""
    iam = server.client("iam")
    arn = iam.create_user(UserName=name)["User"]["Arn"]
    if statements:
        iam.put_user_policy(UserName=name, PolicyName="own", PolicyDocument=policy(*statements))
    key = iam.create_access_key(UserName=name)["AccessKey"]
    return arn, (key["AccessKeyId"], key["SecretAccessKey"])


def make_platform(server):
    for bucket in (BRONZE, SILVER, SCRIPTS):
        make_bucket(server, bucket)
    script = (HERE / "jobs/sales_etl.py").read_bytes()
    server.client("s3").put_object(Bucket=SCRIPTS, Key="jobs/sales_etl.py", Body=script)
    iam = server.client("iam")
    for role, files in (("dev-eventbridge-role", "eventbridge"), ("dev-glue-role", "glue")):
        iam.create_role(RoleName=role, AssumeRolePolicyDocument=text(f"{files}_trust.json"))
        iam.put_role_policy(
            RoleName=role, PolicyName="own", PolicyDocument=text(f"{files}_policy.json")
        )
    server.client("glue").create_job(**json.loads(text("sales_etl_job.json")))
    server.client("logs").create_log_group(logGroupName=DASHED_LOG_GROUP)
    events = server.client("events")
    events.put_rule(Name=RULE, EventPattern=text("sales_file_trigger.json"))
    targets = json.loads(text("sales_file_targets.json"))
    answer = events.put_targets(Rule=RULE, Targets=targets)
    assert answer["FailedEntryCount"] == 0, answer


def make_job(server, name, script, **settings):
    """A job whose script is the text `script`, with a role that may do everything."""
    bucket = f"{name}-scripts"
    make_bucket(server, bucket, events=False)
    server.client("s3").put_object(Bucket=bucket, Key="job.py", Body=script.encode())
    role = make_role(server, f"{name}-role", "glue.amazonaws.com", ALLOW_ALL)
    definition = {
        "Name": name,
        "Role": role,
        "Command": {"Name": "glueetl", "ScriptLocation": f"s3://{bucket}/job.py"},
        "ExecutionProperty": {"MaxConcurrentRuns": 100},
    }
    server.client("glue").create_job(**(definition | settings))
    return name


def put_rule(server, name, *targets, pattern=None, bus="default", **settings):
    """A rule with these targets; its ARN."""
    events = server.client("events")
    if pattern is not None:
        settings["EventPattern"] = json.dumps(pattern)
    arn = events.put_rule(Name=name, EventBusName=bus, **settings)["RuleArn"]
    if targets:
        answer = events.put_targets(Rule=name, EventBusName=bus, Targets=list(targets))
        assert answer["FailedEntryCount"] == 0, answer
    return arn


def connect(server, bucket, job, name=None, pattern=None, role=None, **target):
    """A rule by which every object of `bucket` starts `job`; the rule's name."""
    name = name or f"{job}-rule"
    pattern = pattern or {
        "source": ["aws.s3"],
        "detail-type": ["Object Created"],
        "detail": {"bucket": {"name": [bucket]}},
    }
    if role is None:
        role = make_role(server, f"{name}-role", "events.amazonaws.com", START)
    entry = {"Id": "job", "Arn": job_arn(job), "RoleArn": role} | target
    put_rule(server, name, entry, pattern=pattern)
    return name


def make_queue_for_events(server, name):
    """A queue that rules may send to: its address and ARN."""
    sqs = server.client("sqs")
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy({
        "Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage",
        "Resource": queue_arn(name)})})
    return url, queue_arn(name)


def runs_of(server, job):
    """Every run of the job, the newest first."""
    pages = server.client("glue").get_paginator("get_job_runs").paginate(JobName=job)
    return [run for page in pages for run in page["JobRuns"]]


def wait_for_runs(server, job, count=1, deadline_s=60):
    """The runs of the job once there are `count` and all are final."""

    def ended():
        runs = runs_of(server, job)
        if len(runs) >= count and all(run["JobRunState"] in FINAL for run in runs):
            return runs
        return None

    return wait_until(ended, deadline_s, lambda: [
        (run["Id"], run["JobRunState"]) for run in runs_of(server, job)[:5]
    ])


def wait_for_run(server, job, run_id, deadline_s=60, states=None):
    """The run, once its state is final (or one of `states`)."""

    def asked():
        run = server.client("glue").get_job_run(JobName=job, RunId=run_id)["JobRun"]
        return run if run["JobRunState"] in (states or FINAL) else None

    return wait_until(asked, deadline_s, f"run {run_id} of {job}")


def messages_of(server, group, stream=None):
    """What is in a log group, or in one of its streams."""
    logs = server.client("logs")
    names = {"logStreamNames": [stream]} if stream else {}
    try:
        pages = logs.get_paginator("filter_log_events").paginate(logGroupName=group, **names)
        return [event["message"] for page in pages for event in page["events"]]
    except logs.exceptions.ResourceNotFoundException:
        return []
