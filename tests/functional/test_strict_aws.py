"""`serve --strict-aws`: what passes here passes on AWS."""

import json

import pytest

from support.errors import refused

AND_PATTERN = {"detail": {"object": {"key": [{"prefix": "sales/", "suffix": ".csv"}]}}}
EVENT = {
    "id": "1",
    "account": "000000000000",
    "source": "a",
    "time": "2024-01-15T09:30:15Z",
    "region": "us-east-1",
    "resources": [],
    "detail-type": "b",
    "detail": {},
}


@pytest.fixture
def events(make_server):
    return make_server("--strict-aws").start().client("events")


def put(events, name, pattern):
    return events.put_rule(Name=name, EventPattern=json.dumps(pattern, ensure_ascii=False))


def test_several_matchers_in_one_object_are_refused_in_awss_words(events):
    words = "Only one key allowed in match expression\n at [Source: (String)"
    with refused("InvalidEventPatternException", text=words):
        put(events, "and", AND_PATTERN)
    with refused("InvalidEventPatternException", text=words):
        events.test_event_pattern(EventPattern=json.dumps(AND_PATTERN), Event=json.dumps(EVENT))


def test_too_complex_a_wildcard_is_refused(events):
    with refused("InvalidEventPatternException", text="Rule is too complex"):
        put(events, "complex", {"source": [{"wildcard": "*:*:*:*:*:event-bus/*"}]})


def test_pattern_above_2048_characters_is_refused(events):
    put(events, "long", {"source": ["é" * 2000]})
    with refused("LimitExceededException", text="exceeds the maximum number allowed"):
        put(events, "longer", {"source": ["a" * 2048]})


def test_31st_rule_with_a_wildcard_is_refused(events):
    for number in range(30):
        put(events, f"wild-{number}", {"source": [{"wildcard": f"{number}*a"}]})
    with refused("LimitExceededException"):
        put(events, "wild-30", {"source": [{"anything-but": {"wildcard": "*a"}}]})
    put(events, "wild-29", {"source": [{"wildcard": "other*a"}]})
    put(events, "tame", {"source": ["a"]})


def test_301st_rule_is_refused(events):
    for number in range(300):
        put(events, f"rule-{number}", {"source": ["a"]})
    with refused("LimitExceededException") as refusal:
        put(events, "rule-300", {"source": ["a"]})
    assert "300 rules a bus" in refusal.headers["x-tidemill-hint"]
    events.create_event_bus(Name="roomy")
    events.put_rule(Name="rule-300", EventBusName="roomy", EventPattern='{"source":["a"]}')


def test_without_it_none_of_this_is_refused(server, name):
    events = server.client("events")
    put(events, name, AND_PATTERN)
    put(events, f"{name}-complex", {"source": [{"wildcard": "*:*:*:*:*:event-bus/*"}]})
    put(events, f"{name}-long", {"source": ["a" * 3000]})
