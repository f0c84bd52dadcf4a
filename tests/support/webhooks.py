"""Rules whose targets are API destinations."""

from support import platform

INVOKE = {"Effect": "Allow", "Action": "events:InvokeApiDestination", "Resource": "*"}
API_KEY = {"ApiKeyAuthParameters": {"ApiKeyName": "x-key", "ApiKeyValue": "k3y-of-the-test"}}


def make_connection(server, name, kind="API_KEY", auth=None):
    """Its ARN."""
    answer = server.client("events").create_connection(
        Name=name, AuthorizationType=kind, AuthParameters=auth or API_KEY
    )
    return answer["ConnectionArn"]


def make_destination(server, name, endpoint, connection=None, method="POST", **settings):
    """Its ARN."""
    answer = server.client("events").create_api_destination(
        Name=name,
        ConnectionArn=connection or make_connection(server, name),
        InvocationEndpoint=endpoint,
        HttpMethod=method,
        **settings,
    )
    return answer["ApiDestinationArn"]


def send_to(server, name, destination, role=None, **target):
    """A rule by which every event of the source `name` goes to the destination; its name."""
    role = role or platform.make_role(server, f"{name}-role", "events.amazonaws.com", INVOKE)
    entry = {"Id": "hook", "Arn": destination, "RoleArn": role} | target
    platform.put_rule(server, name, entry, pattern={"source": [name]})
    return name


def put_events(server, source, *details):
    """The ids of an event for each of `details`, JSON texts."""
    entries = [{"Source": source, "DetailType": "test", "Detail": detail} for detail in details]
    answer = server.client("events").put_events(Entries=entries)
    assert answer["FailedEntryCount"] == 0, answer
    return [entry["EventId"] for entry in answer["Entries"]]
