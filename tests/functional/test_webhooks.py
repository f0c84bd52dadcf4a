"""Events reach API destinations: at least once, with the connection's credentials, at the
destination's rate, retried and given up as AWS does."""

import base64
import json
import threading
import time
import urllib.parse
from datetime import datetime, timedelta, timezone

import pytest

from support import platform, webhooks
from support.platform import queue_arn
from support.receiver import Receiver, make_certificate
from support.waiting import wait_until
from support.webhooks import make_connection, make_destination, put_events, send_to

LOCAL = "--allow-local-targets"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """Its targets may be on this machine, and have a certificate that it knows."""
    from support.server import Server

    directory = tmp_path_factory.mktemp("webhooks")
    certificate = make_certificate(directory)
    running = Server(directory / "data", LOCAL, "--ca-file", f"{certificate}.crt")
    running.certificate = certificate
    running.start()
    yield running
    running.stop()


@pytest.fixture
def receiver():
    made = Receiver()
    yield made
    made.close()


def received(receiver, count=1, deadline_s=20, path=None):
    def enough():
        requests = receiver.requests(path)
        return requests if len(requests) >= count else None

    return wait_until(enough, deadline_s, lambda: f"{count} requests: {receiver.requests()}")


def deliveries(server, rule):
    out = server.command("deliveries", "list", "--rule", rule, "--json").stdout
    return json.loads(out)["deliveries"]


def delivery_in(server, rule, state, deadline_s=20):
    """The rule's one delivery once it is in `state`, with its attempts."""

    def there():
        found = deliveries(server, rule)
        return found[0] if found and found[0]["state"] == state else None

    number = wait_until(there, deadline_s, lambda: deliveries(server, rule))["id"]
    return json.loads(server.command("deliveries", "show", str(number), "--json").stdout)


def make_dead_letter_queue(server, name):
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": queue_arn(name),
    }
    server.client("sqs").create_queue(
        QueueName=name, Attributes={"Policy": platform.policy(statement)}
    )
    return {"Arn": queue_arn(name)}


def dead_letter(server, name):
    sqs = server.client("sqs")
    url = sqs.get_queue_url(QueueName=name)["QueueUrl"]

    def take():
        answer = sqs.receive_message(
            QueueUrl=url, WaitTimeSeconds=1, MessageAttributeNames=["All"]
        )
        return answer.get("Messages")

    (letter,) = wait_until(take, 20, "a dead letter")
    attributes = letter["MessageAttributes"].items()
    return letter["Body"], {key: value["StringValue"] for key, value in attributes}


def test_the_whole_event_arrives_once_with_the_api_key(server, receiver, name):
    destination = make_destination(server, name, f"{receiver.url}/hook")
    send_to(server, name, destination)
    (event_id,) = put_events(server, name, '{"n": 1}')
    (request,) = received(receiver)
    assert (request.method, request.path) == ("POST", "/hook")
    assert request.json()["id"] == event_id
    assert request.json()["detail"] == {"n": 1}
    assert request.headers["x-key"] == "k3y-of-the-test"
    assert request.headers["content-type"] == "application/json; charset=utf-8"
    assert request.headers["user-agent"] == "Amazon/EventBridge/ApiDestinations"
    assert request.key.startswith(event_id)
    shown = delivery_in(server, name, "done")
    assert shown["tries"] == 1
    assert shown["result"].startswith("HTTP 200")
    assert len(receiver.requests()) == 1


def test_over_https_with_basic_credentials(server, name):
    receiver = Receiver(certificate=server.certificate)
    auth = {"BasicAuthParameters": {"Username": "ann", "Password": "pa55-word"}}
    connection = make_connection(server, name, "BASIC", auth)
    send_to(server, name, make_destination(server, name, receiver.url, connection))
    put_events(server, name, "{}")
    (request,) = received(receiver)
    pair = base64.b64decode(request.headers["authorization"].removeprefix("Basic ")).decode()
    assert pair == "ann:pa55-word"
    receiver.close()


def test_a_certificate_that_is_not_trusted_is_no_way(make_server, tmp_path, name):
    server = make_server(LOCAL).start()
    receiver = Receiver(certificate=make_certificate(tmp_path))
    retry = {"MaximumRetryAttempts": 0}
    send_to(server, name, make_destination(server, name, receiver.url), RetryPolicy=retry)
    put_events(server, name, "{}")
    shown = delivery_in(server, name, "failed")
    assert shown["code"] == "CONNECTION_FAILURE"
    assert "certificate" in shown["message"]
    assert receiver.requests() == []
    receiver.close()


def test_parameters_of_connection_and_target_become_one_request(server, receiver, name):
    invocation = {
        "HeaderParameters": [{"Key": "x-both", "Value": "connection"}],
        "QueryStringParameters": [{"Key": "q", "Value": "a b&c", "IsValueSecret": True}],
        "BodyParameters": [{"Key": "team", "Value": "data"}],
    }
    auth = webhooks.API_KEY | {"InvocationHttpParameters": invocation}
    connection = make_connection(server, name, auth=auth)
    endpoint = f"{receiver.url}/tables/*/rows/*?v=1"
    destination = make_destination(server, name, endpoint, connection, "PUT")
    send_to(
        server,
        name,
        destination,
        HttpParameters={
            "PathParameterValues": ["sales", "$.detail.row"],
            "HeaderParameters": {"x-both": "target", "x-row": "$.detail.row", "host": "evil"},
            "QueryStringParameters": {"q": "target", "day": "$.detail.day"},
        },
        InputTransformer={
            "InputPathsMap": {"row": "$.detail.row"},
            "InputTemplate": '{"row": <row>}',
        },
    )
    put_events(server, name, '{"row": "7/8", "day": "2024-01-15"}')
    (request,) = received(receiver)
    path, query = request.path.split("?")
    assert request.method == "PUT"
    assert path == "/tables/sales/rows/7%2F8"
    assert urllib.parse.parse_qs(query) == {"v": ["1"], "q": ["a b&c"], "day": ["2024-01-15"]}
    assert request.headers["x-both"] == "connection"
    assert request.headers["x-row"] == "7/8"
    assert request.headers["host"].startswith("localhost:")
    assert request.json() == {"row": "7/8", "team": "data"}


def test_what_fails_for_a_moment_is_sent_again_with_the_same_key(server, receiver, name):
    answers = iter([(500, {}, b"out of order"), 429])
    receiver.answer = lambda request: next(answers, 204)
    send_to(server, name, make_destination(server, name, receiver.url))
    put_events(server, name, "{}")
    requests = received(receiver, 3)
    assert len({request.key for request in requests}) == 1
    shown = delivery_in(server, name, "done")
    first, second, third = shown["attempts"]
    assert first["error-code"] == "ERROR_FROM_TARGET"
    assert "HTTP 500 Internal Server Error: out of order" in first["error-message"]
    assert second["error-code"] == "THROTTLING"
    assert third["result"] == "HTTP 204 No Content"
    assert [attempt["try"] for attempt in shown["attempts"]] == [1, 2, 3]
    told = server.command("explain", shown["event_id"]).stdout
    assert "HTTP 204" in told


def test_a_mistake_of_ours_goes_to_the_dead_letter_queue_at_once(server, receiver, name):
    receiver.answer = lambda request: (400, {}, b"no such field: day")
    queue = make_dead_letter_queue(server, f"{name}-dlq")
    destination = make_destination(server, name, receiver.url)
    send_to(server, name, destination, DeadLetterConfig=queue)
    (event_id,) = put_events(server, name, "{}")
    body, attributes = dead_letter(server, f"{name}-dlq")
    assert json.loads(body)["id"] == event_id
    assert attributes["TARGET_ARN"] == destination
    assert attributes["ERROR_CODE"] == "ERROR_FROM_TARGET"
    assert attributes["ERROR_MESSAGE"].startswith("Unable to invoke ApiDestination endpoint: ")
    assert "no such field: day" in attributes["ERROR_MESSAGE"]
    assert "RETRY_ATTEMPTS" not in attributes
    assert len(receiver.requests()) == 1


def test_the_retry_policy_ends_the_tries(server, receiver, name):
    receiver.answer = lambda request: 503
    queue = make_dead_letter_queue(server, f"{name}-dlq")
    destination = make_destination(server, name, receiver.url)
    policy = {"MaximumRetryAttempts": 1}
    send_to(server, name, destination, DeadLetterConfig=queue, RetryPolicy=policy)
    put_events(server, name, "{}")
    _, attributes = dead_letter(server, f"{name}-dlq")
    assert attributes["EXHAUSTED_RETRY_CONDITION"] == "MaximumRetryAttempts"
    assert attributes["RETRY_ATTEMPTS"] == "1"
    assert len(receiver.requests()) == 2


def test_retry_after_is_waited_for_and_may_forbid(server, receiver, name):
    answers = iter([(503, {"Retry-After": "3"}, b"")])
    receiver.answer = lambda request: next(answers, (503, {"Retry-After": "-1"}, b""))
    send_to(server, name, make_destination(server, name, receiver.url))
    put_events(server, name, "{}")
    first, second = received(receiver, 2)
    assert second.at - first.at >= 3
    shown = delivery_in(server, name, "failed")
    assert shown["tries"] == 2
    assert "Retry-After" in shown["message"]


def test_a_server_that_takes_its_time_is_not_waited_for(server, receiver, name):
    release = threading.Event()
    receiver.answer = lambda request: 200 if release.wait(20) else 200
    policy = {"MaximumRetryAttempts": 0}
    send_to(server, name, make_destination(server, name, receiver.url), RetryPolicy=policy)
    begun = time.monotonic()
    put_events(server, name, "{}")
    shown = delivery_in(server, name, "failed")
    release.set()
    assert shown["code"] == "TIMEOUT"
    assert 4 < time.monotonic() - begun < 10


def test_a_role_that_may_not_invoke_ends_it(server, receiver, name):
    role = platform.make_role(server, f"{name}-none", "events.amazonaws.com")
    send_to(server, name, make_destination(server, name, receiver.url), role=role)
    put_events(server, name, "{}")
    shown = delivery_in(server, name, "failed")
    assert shown["code"] == "NO_PERMISSIONS"
    assert "events:InvokeApiDestination" in shown["message"]
    assert receiver.requests() == []


def test_a_rule_needs_a_role_for_an_api_destination(server, receiver, name):
    destination = make_destination(server, name, receiver.url)
    events = server.client("events")
    events.put_rule(Name=name, EventPattern=json.dumps({"source": [name]}))
    answer = events.put_targets(Rule=name, Targets=[{"Id": "1", "Arn": destination}])
    (entry,) = answer["FailedEntries"]
    assert entry["ErrorMessage"] == f"RoleArn is required for target {destination}."


def test_what_is_deleted_or_deauthorized_is_not_invoked(server, receiver, name):
    events = server.client("events")
    for kind, code in (("deauthorize", "NO_PERMISSIONS"), ("delete", "NO_RESOURCE")):
        rule = f"{name}-{kind}"
        send_to(server, rule, make_destination(server, rule, receiver.url))
        getattr(events, f"{kind}_connection")(Name=rule)
        assert events.describe_api_destination(Name=rule)["ApiDestinationState"] == "INACTIVE"
        put_events(server, rule, "{}")
        assert delivery_in(server, rule, "failed")["code"] == code
    assert receiver.requests() == []


def test_local_addresses_are_refused_unless_allowed(make_server, receiver, name):
    server = make_server().start()
    send_to(server, name, make_destination(server, name, receiver.url))
    put_events(server, name, "{}")
    shown = delivery_in(server, name, "failed")
    assert "--allow-local-targets" in shown["message"]
    assert receiver.requests() == []


def test_the_rate_limit_holds(server, receiver, name):
    destination = make_destination(
        server, name, receiver.url, InvocationRateLimitPerSecond=20
    )
    send_to(server, name, destination)
    count = 60
    for _ in range(count // 10):
        put_events(server, name, *["{}"] * 10)
    requests = received(receiver, count)
    times = sorted(request.at for request in requests)
    assert times[-1] - times[0] >= (count - 1) / 20 * 0.9
    assert times[-1] - times[0] < (count - 1) / 20 * 3
    assert len({request.key for request in requests}) == count


def test_more_than_memory_may_hold_waits_in_the_store(server, receiver, name):
    hold = threading.Event()
    receiver.answer = lambda request: 200 if hold.wait(4) else 200
    send_to(server, name, make_destination(server, name, receiver.url))
    count = 300
    for _ in range(count // 10):
        put_events(server, name, *["{}"] * 10)
    hold.set()
    requests = received(receiver, count, 60)
    assert len({request.key for request in requests}) == count
    wait_until(
        lambda: all(one["state"] == "done" for one in deliveries(server, name)),
        20,
        lambda: deliveries(server, name)[:3],
    )


def token_server(receiver, tokens):
    """/token gives the next of `tokens`; elsewhere the newest of them is asked for."""
    given = []

    def answer(request):
        if request.path.startswith("/token"):
            given.append(next(tokens))
            body = json.dumps({"access_token": given[-1], "token_type": "bearer", "expires_in": 3600})
            return 200, {"Content-Type": "application/json"}, body.encode()
        return 200 if request.headers.get("authorization") == f"Bearer {answer.valid()}" else 401

    answer.given, answer.valid = given, lambda: given[-1]
    receiver.answer = answer
    return answer


def oauth(receiver):
    return {
        "OAuthParameters": {
            "ClientParameters": {"ClientID": "me", "ClientSecret": "s3cret-of-me"},
            "AuthorizationEndpoint": f"{receiver.url}/token",
            "HttpMethod": "POST",
            "OAuthHttpParameters": {"BodyParameters": [{"Key": "audience", "Value": "hooks"}]},
        }
    }


def state_of(server, name):
    return server.client("events").describe_connection(Name=name)["ConnectionState"]


def test_an_oauth_token_is_fetched_kept_and_renewed(server, receiver, name):
    answer = token_server(receiver, (f"token-{n}" for n in range(100)))
    connection = make_connection(server, name, "OAUTH_CLIENT_CREDENTIALS", oauth(receiver))
    wait_until(lambda: state_of(server, name) == "AUTHORIZED", 10, "authorization")
    send_to(server, name, make_destination(server, name, f"{receiver.url}/hook", connection))
    for _ in range(3):
        put_events(server, name, "{}")
    received(receiver, 3, path="/hook")
    asked = receiver.requests("/token")
    assert len(asked) == 2  # When it was created, and with the first delivery.
    form = urllib.parse.parse_qs(asked[0].body.decode())
    assert form == {
        "grant_type": ["client_credentials"],
        "client_id": ["me"],
        "client_secret": ["s3cret-of-me"],
        "audience": ["hooks"],
    }
    assert asked[0].headers["content-type"] == "application/x-www-form-urlencoded"
    # What was kept isn't taken any more: AWS's next try has a new one.
    answer.valid = lambda: answer.given[-1] if len(answer.given) > 2 else "none"
    put_events(server, name, "{}")
    requests = received(receiver, 5, path="/hook")
    assert [one.headers["authorization"] for one in requests[3:]] == [
        "Bearer token-1",
        "Bearer token-2",
    ]
    delivery = deliveries(server, name)[0]
    wait_until(lambda: deliveries(server, name)[0]["state"] == "done", 10, delivery)


def test_oauth_credentials_that_are_refused_deauthorize(server, receiver, name):
    receiver.answer = lambda request: (401, {}, b"client s3cret-of-me is unknown")
    make_connection(server, name, "OAUTH_CLIENT_CREDENTIALS", oauth(receiver))
    wait_until(lambda: state_of(server, name) == "DEAUTHORIZED", 10, "a refusal")
    shown = server.client("events").describe_connection(Name=name)
    assert "HTTP 401" in shown["StateReason"]
    assert "s3cret" not in shown["StateReason"]


def test_secrets_are_in_no_answer_and_no_log(server, receiver, name):
    """Also where the receiver echoes them."""

    def echo(request):
        text = f"{request.headers} {request.path}".encode()
        return (500, {}, text) if len(receiver.requests()) == 1 else (200, {}, text)

    receiver.answer = echo
    secrets = ["pl4nted-password", "pl4nted-header", "pl4nted-query"]
    parameters = {
        "HeaderParameters": [{"Key": "h", "Value": secrets[1], "IsValueSecret": True}],
        "QueryStringParameters": [{"Key": "q", "Value": secrets[2], "IsValueSecret": True}],
    }
    auth = {
        "BasicAuthParameters": {"Username": "ann", "Password": secrets[0]},
        "InvocationHttpParameters": parameters,
    }
    secrets.append(base64.b64encode(f"ann:{secrets[0]}".encode()).decode())
    connection = make_connection(server, name, "BASIC", auth)
    send_to(server, name, make_destination(server, name, receiver.url, connection))
    put_events(server, name, "{}")
    shown = delivery_in(server, name, "done")
    assert "***" in shown["message"] or "***" in json.dumps(shown["attempts"])
    events = server.client("events")
    described = json.dumps(events.describe_connection(Name=name), default=str)
    group = f"/aws/events/rule/{name}"
    logged = wait_until(lambda: len(platform.messages_of(server, group)) == 2, 10, group)
    assert logged
    everything = described + json.dumps(shown) + server.log()
    everything += "".join(platform.messages_of(server, group))
    for file in server.data.glob("logs.db*"):
        everything += file.read_bytes().decode("latin-1")
    assert [secret for secret in secrets if secret in everything] == []


def test_killed_between_answer_and_commit_it_is_sent_again(make_server, receiver, name):
    server = make_server(LOCAL, "--allow-failpoints", environment={})
    server.environment = {"TIDEMILL_FAILPOINTS": "outside.answered=crash@1"}
    server.start()
    send_to(server, name, make_destination(server, name, receiver.url))
    put_events(server, name, '{"n": 1}')
    wait_until(lambda: not server.is_running, 20, "the crash")
    server.environment = {}
    server.start()
    first, second = received(receiver, 2)
    assert first.key == second.key
    assert first.body == second.body
    delivery_in(server, name, "done")
    assert len(receiver.requests()) == 2


def test_a_restart_goes_on_with_what_was_to_be_tried_later(make_server, receiver, name):
    answers = iter([503])
    receiver.answer = lambda request: next(answers, 200)
    server = make_server(LOCAL).start()
    send_to(server, name, make_destination(server, name, receiver.url))
    put_events(server, name, "{}")
    received(receiver, 1)
    wait_until(lambda: deliveries(server, name)[0]["tries"] == 1, 10, "the first try's outcome")
    server.kill()
    server.start()
    received(receiver, 2)
    assert delivery_in(server, name, "done")["tries"] == 2


def test_what_failed_is_tried_again_once_the_receiver_is_mended(server, receiver, name):
    receiver.answer = lambda request: 404
    send_to(server, name, make_destination(server, name, receiver.url))
    put_events(server, name, "{}")
    failed = delivery_in(server, name, "failed")
    receiver.answer = lambda request: 200
    server.command("deliveries", "redrive", str(failed["id"]))
    delivery_in(server, name, "done")
    first, second = receiver.requests()
    assert first.key == second.key


def test_what_waits_too_long_for_its_turn_is_given_up(test_mode_server, receiver, name):
    server, count, begun = test_mode_server, 8, datetime.now(timezone.utc)
    server.set_clock(begun)
    queue = make_dead_letter_queue(server, f"{name}-dlq")
    destination = make_destination(server, name, receiver.url, InvocationRateLimitPerSecond=1)
    policy = {"MaximumEventAgeInSeconds": 60}
    send_to(server, name, destination, RetryPolicy=policy, DeadLetterConfig=queue)
    put_events(server, name, *["{}"] * count)
    received(receiver)
    server.set_clock(begun + timedelta(minutes=2))
    _, attributes = dead_letter(server, f"{name}-dlq")
    assert attributes["EXHAUSTED_RETRY_CONDITION"] == "MaximumEventAgeInSeconds"
    assert attributes["ERROR_CODE"] == "THROTTLING"
    states = wait_until(
        lambda: (found := [one["state"] for one in deliveries(server, name)])
        and "pending" not in found
        and found,
        10,
        lambda: deliveries(server, name),
    )
    assert states.count("done") == len(receiver.requests()) < count
    assert states.count("done") + states.count("failed") == count
