"""Tags go with their resource: its namesake, made anew, has none. (Terraform would plan to remove
them.)"""

import pytest
from support import platform

KEY, VALUE = "Team", "data"
LIST = [{"Key": KEY, "Value": VALUE}]
MAP = {KEY: VALUE}


def job(client, name, tags):
    glue = client("glue")
    command = {"Name": "glueetl", "ScriptLocation": "s3://b/x.py"}
    glue.create_job(Name=name, Role="r", Command=command, **({"Tags": MAP} if tags else {}))
    yield glue.get_tags(ResourceArn=platform.job_arn(name))["Tags"]
    glue.delete_job(JobName=name)


def workflow(client, name, tags):
    glue = client("glue")
    glue.create_workflow(Name=name, **({"Tags": MAP} if tags else {}))
    arn = f"arn:aws:glue:us-east-1:{platform.ACCOUNT}:workflow/{name}"
    yield glue.get_tags(ResourceArn=arn)["Tags"]
    glue.delete_workflow(Name=name)


def trigger(client, name, tags):
    glue = client("glue")
    glue.create_trigger(
        Name=name,
        Type="SCHEDULED",
        Schedule="cron(0 2 * * ? *)",
        Actions=[{"JobName": "none"}],
        **({"Tags": MAP} if tags else {}),
    )
    arn = f"arn:aws:glue:us-east-1:{platform.ACCOUNT}:trigger/{name}"
    yield glue.get_tags(ResourceArn=arn)["Tags"]
    glue.delete_trigger(Name=name)


def database(client, name, tags):
    glue = client("glue")
    glue.create_database(DatabaseInput={"Name": name}, **({"Tags": MAP} if tags else {}))
    arn = f"arn:aws:glue:us-east-1:{platform.ACCOUNT}:database/{name}"
    yield glue.get_tags(ResourceArn=arn)["Tags"]
    glue.delete_database(Name=name)


def rule(client, name, tags):
    events = client("events")
    more = {"Tags": LIST} if tags else {}
    arn = events.put_rule(Name=name, ScheduleExpression="rate(1 day)", **more)["RuleArn"]
    yield events.list_tags_for_resource(ResourceARN=arn)["Tags"]
    events.delete_rule(Name=name)


def bus(client, name, tags):
    events = client("events")
    arn = events.create_event_bus(Name=name, **({"Tags": LIST} if tags else {}))["EventBusArn"]
    yield events.list_tags_for_resource(ResourceARN=arn)["Tags"]
    events.delete_event_bus(Name=name)


def group_of_schedules(client, name, tags):
    scheduler = client("scheduler")
    made = scheduler.create_schedule_group(Name=name, **({"Tags": LIST} if tags else {}))
    yield scheduler.list_tags_for_resource(ResourceArn=made["ScheduleGroupArn"])["Tags"]
    scheduler.delete_schedule_group(Name=name)


def role(client, name, tags):
    iam = client("iam")
    trust = platform.trust("glue.amazonaws.com")
    more = {"Tags": LIST} if tags else {}
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust, **more)
    yield iam.list_role_tags(RoleName=name)["Tags"]
    iam.delete_role(RoleName=name)


def user(client, name, tags):
    iam = client("iam")
    iam.create_user(UserName=name, **({"Tags": LIST} if tags else {}))
    yield iam.list_user_tags(UserName=name)["Tags"]
    iam.delete_user(UserName=name)


def policy(client, name, tags):
    iam = client("iam")
    document = platform.policy(platform.ALLOW_ALL)
    more = {"Tags": LIST} if tags else {}
    made = iam.create_policy(PolicyName=name, PolicyDocument=document, **more)["Policy"]
    yield iam.list_policy_tags(PolicyArn=made["Arn"])["Tags"]
    iam.delete_policy(PolicyArn=made["Arn"])


def queue(client, name, tags):
    sqs = client("sqs")
    url = sqs.create_queue(QueueName=name, **({"tags": MAP} if tags else {}))["QueueUrl"]
    yield sqs.list_queue_tags(QueueUrl=url).get("Tags", {})
    sqs.delete_queue(QueueUrl=url)


def topic(client, name, tags):
    sns = client("sns")
    arn = sns.create_topic(Name=name, **({"Tags": LIST} if tags else {}))["TopicArn"]
    yield sns.list_tags_for_resource(ResourceArn=arn)["Tags"]
    sns.delete_topic(TopicArn=arn)


def log_group(client, name, tags):
    logs = client("logs")
    logs.create_log_group(logGroupName=name, **({"tags": MAP} if tags else {}))
    arn = f"arn:aws:logs:us-east-1:{platform.ACCOUNT}:log-group:{name}"
    yield logs.list_tags_for_resource(resourceArn=arn)["tags"]
    logs.delete_log_group(logGroupName=name)


def bucket(client, name, tags):
    s3 = client("s3")
    s3.create_bucket(Bucket=name)
    if tags:
        s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": LIST})
        yield s3.get_bucket_tagging(Bucket=name)["TagSet"]
    else:
        with pytest.raises(s3.exceptions.ClientError, match="NoSuchTagSet"):
            s3.get_bucket_tagging(Bucket=name)
        yield []
    s3.delete_bucket(Bucket=name)


def s3_object(client, name, tags):
    s3 = client("s3")
    bucket = f"{name}-objects"
    s3.create_bucket(Bucket=bucket)
    s3.put_object(Bucket=bucket, Key="k", Body=b"x", **({"Tagging": "Team=data"} if tags else {}))
    yield s3.get_object_tagging(Bucket=bucket, Key="k")["TagSet"]
    s3.delete_object(Bucket=bucket, Key="k")
    s3.delete_bucket(Bucket=bucket)


def parameter(client, name, tags):
    ssm = client("ssm")
    ssm.put_parameter(Name=name, Type="String", Value="x", **({"Tags": LIST} if tags else {}))
    yield ssm.list_tags_for_resource(ResourceType="Parameter", ResourceId=name)["TagList"]
    ssm.delete_parameter(Name=name)


def secret(client, name, tags):
    secrets = client("secretsmanager")
    secrets.create_secret(Name=name, SecretString="x", **({"Tags": LIST} if tags else {}))
    yield secrets.describe_secret(SecretId=name).get("Tags", [])
    secrets.delete_secret(SecretId=name, ForceDeleteWithoutRecovery=True)


def alarm(client, name, tags):
    cloudwatch = client("cloudwatch")
    arn = f"arn:aws:cloudwatch:us-east-1:{platform.ACCOUNT}:alarm:{name}"
    more = {"Tags": LIST} if tags else {}
    cloudwatch.put_composite_alarm(AlarmName=name, AlarmRule="FALSE", **more)
    yield cloudwatch.list_tags_for_resource(ResourceARN=arn)["Tags"]
    cloudwatch.delete_alarms(AlarmNames=[name])


KINDS = [
    *(job, workflow, trigger, database, rule, bus, group_of_schedules, role, user, policy, queue),
    *(topic, log_group, bucket, s3_object, parameter, secret, alarm),
]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_a_namesake_has_no_tags(server, name, kind):
    made = kind(server.client, name, True)
    assert next(made) in (LIST, MAP)
    assert next(made, "gone") == "gone"
    made = kind(server.client, name, False)
    assert next(made) in ([], {})
    assert next(made, "gone") == "gone"
