"""Connections and API destinations: what is kept of them, how they are told, and AWS's errors."""

import pytest
from botocore.exceptions import ClientError

from support import platform
from support.webhooks import API_KEY, make_connection, make_destination


def refused(call, code, *texts, **arguments):
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    error = caught.value.response["Error"]
    assert error["Code"] == code, error
    for text in texts:
        assert text in error["Message"], error
    return error["Message"]


def test_a_connection_is_told_without_its_secrets(events, server, name):
    parameters = {
        "HeaderParameters": [
            {"Key": "open", "Value": "shown"},
            {"Key": "shut", "Value": "hidden", "IsValueSecret": True},
        ]
    }
    auth = API_KEY | {"InvocationHttpParameters": parameters}
    made = events.create_connection(
        Name=name, Description="d", AuthorizationType="API_KEY", AuthParameters=auth
    )
    assert made["ConnectionState"] == "AUTHORIZED"
    shown = events.describe_connection(Name=name)
    assert shown["ConnectionArn"] == made["ConnectionArn"]
    arn = f"arn:aws:events:us-east-1:{platform.ACCOUNT}:connection/{name}/"
    assert shown["ConnectionArn"].startswith(arn)
    assert f":secret:events!connection/{name}/" in shown["SecretArn"]
    assert shown["AuthParameters"] == {
        "ApiKeyAuthParameters": {"ApiKeyName": "x-key"},
        "InvocationHttpParameters": {
            "HeaderParameters": [
                {"Key": "open", "Value": "shown"},
                {"Key": "shut", "IsValueSecret": True},
            ]
        },
    }
    assert shown["LastAuthorizedTime"] == shown["CreationTime"]


def test_its_secrets_are_sealed_on_disk(server, name):
    secret = f"pl4nted-{name}"
    auth = {"BasicAuthParameters": {"Username": "ann", "Password": secret}}
    make_connection(server, name, "BASIC", auth)
    files = list(server.data.glob("tidemill.db*"))
    assert any(name.encode() in file.read_bytes() for file in files)
    assert not any(secret.encode() in file.read_bytes() for file in files)


def test_an_update_keeps_what_it_does_not_name(events, server, name):
    make_connection(server, name)
    events.update_connection(Name=name, Description="new")
    shown = events.describe_connection(Name=name)
    assert shown["Description"] == "new"
    assert shown["AuthParameters"]["ApiKeyAuthParameters"] == {"ApiKeyName": "x-key"}
    basic = {"BasicAuthParameters": {"Username": "ann", "Password": "p"}}
    events.update_connection(Name=name, AuthorizationType="BASIC", AuthParameters=basic)
    shown = events.describe_connection(Name=name)
    assert shown["AuthParameters"] == {"BasicAuthParameters": {"Username": "ann"}}
    refused(
        events.update_connection,
        "ValidationException",
        "OAuthParameters",
        Name=name,
        AuthorizationType="OAUTH_CLIENT_CREDENTIALS",
    )


def test_deauthorizing_forgets_the_credentials_until_an_update(events, server, name):
    make_connection(server, name)
    assert events.deauthorize_connection(Name=name)["ConnectionState"] == "DEAUTHORIZING"
    shown = events.describe_connection(Name=name)
    assert shown["ConnectionState"] == "DEAUTHORIZED"
    assert "AuthParameters" not in shown
    events.update_connection(Name=name, AuthorizationType="API_KEY", AuthParameters=API_KEY)
    assert events.describe_connection(Name=name)["ConnectionState"] == "AUTHORIZED"


def test_a_destination_is_told_as_it_was_made(events, server, name):
    connection = make_connection(server, name)
    arn = make_destination(server, name, "https://hooks.example.com/*", connection, "PUT")
    shown = events.describe_api_destination(Name=name)
    assert shown["ApiDestinationArn"] == arn
    assert shown["ApiDestinationState"] == "ACTIVE"
    assert shown["InvocationRateLimitPerSecond"] == 300
    assert shown["HttpMethod"] == "PUT"
    events.update_api_destination(Name=name, InvocationRateLimitPerSecond=5)
    shown = events.describe_api_destination(Name=name)
    assert shown["InvocationRateLimitPerSecond"] == 5
    assert shown["InvocationEndpoint"] == "https://hooks.example.com/*"
    listed = events.list_api_destinations(ConnectionArn=connection)["ApiDestinations"]
    assert [one["Name"] for one in listed] == [name]
    events.delete_api_destination(Name=name)
    assert events.list_api_destinations(NamePrefix=name)["ApiDestinations"] == []


def test_lists_come_in_pages_and_by_prefix_and_state(events, server, name):
    names = [f"{name}-{letter}" for letter in "abc"]
    for one in names:
        make_connection(server, one)
    first = events.list_connections(NamePrefix=name, Limit=2)
    second = events.list_connections(NamePrefix=name, Limit=2, NextToken=first["NextToken"])
    assert [c["Name"] for c in first["Connections"] + second["Connections"]] == names
    assert "NextToken" not in second
    events.deauthorize_connection(Name=names[1])
    found = events.list_connections(NamePrefix=name, ConnectionState="DEAUTHORIZED")["Connections"]
    assert [c["Name"] for c in found] == [names[1]]


def test_errors_are_awss(events, server, name):
    missing = f"Failed to describe the connection(s). Connection '{name}' does not exist."
    refused(events.describe_connection, "ResourceNotFoundException", missing, Name=name)
    absent = f"An api-destination '{name}' does not exist."
    refused(events.describe_api_destination, "ResourceNotFoundException", absent, Name=name)
    connection = make_connection(server, name)
    refused(
        events.create_connection,
        "ResourceAlreadyExistsException",
        f"Connection {name} already exists.",
        Name=name,
        AuthorizationType="API_KEY",
        AuthParameters=API_KEY,
    )
    make_destination(server, name, "https://example.com/", connection)
    destination = {"Name": name, "ConnectionArn": connection, "HttpMethod": "POST"}
    create = events.create_api_destination
    endpoint = "https://example.com/"
    refused(
        create,
        "ResourceAlreadyExistsException",
        f"An api-destination '{name}' already exists.",
        InvocationEndpoint=endpoint,
        **destination,
    )
    other = destination | {"Name": f"{name}-2"}
    refused(
        create,
        "ResourceNotFoundException",
        "Connection",
        InvocationEndpoint=endpoint,
        **(other | {"ConnectionArn": connection[:-4] + "0000"}),
    )
    for bad in ("ftp://example.com/", "example.com", "https://u@example.com/", "https://"):
        message = "Parameter InvocationEndpoint is not valid."
        refused(create, "ValidationException", message, InvocationEndpoint=bad, **other)
    refused(
        create,
        "ValidationException",
        "InvocationRateLimitPerSecond",
        InvocationEndpoint=endpoint,
        InvocationRateLimitPerSecond=301,
        **other,
    )
    refused(
        create,
        "ValidationException",
        "[POST, GET, HEAD, OPTIONS, PUT, PATCH, DELETE]",
        InvocationEndpoint=endpoint,
        **(other | {"HttpMethod": "TRACE"}),
    )


def test_a_refused_secret_is_not_echoed(events, name):
    secret = "s3cret\x01with-a-control-character"
    message = refused(
        events.create_connection,
        "ValidationException",
        Name=name,
        AuthorizationType="BASIC",
        AuthParameters={"BasicAuthParameters": {"Username": "ann", "Password": secret}},
    )
    assert "s3cret" not in message


def test_who_may_not_is_refused(server, name):
    _, key = platform.make_user(server, name)
    events = server.client("events", credentials=key)
    refused(events.describe_connection, "AccessDeniedException", "connection/x", Name="x")
    refused(events.list_api_destinations, "AccessDeniedException")


def test_they_outlive_a_restart(fresh_server, name):
    events = fresh_server.client("events")
    make_destination(fresh_server, name, "https://example.com/hook")
    before = events.describe_connection(Name=name), events.describe_api_destination(Name=name)
    fresh_server.kill()
    fresh_server.start()
    after = events.describe_connection(Name=name), events.describe_api_destination(Name=name)
    for old, new in zip(before, after):
        del old["ResponseMetadata"], new["ResponseMetadata"]
        assert old == new
