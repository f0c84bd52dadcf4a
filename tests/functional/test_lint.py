"""`tidemill rules lint`: what is wrong with the rules of a bus, before an event shows it."""

import json

import pytest

from support import platform


def written_to(bucket, prefix):
    return {
        "source": ["aws.s3"],
        "detail-type": ["Object Created"],
        "detail": {"bucket": {"name": [bucket]}, "object": {"key": [{"prefix": prefix}]}},
    }


def lint(server, bus):
    finished = server.command("rules", "lint", "--bus", bus, "--json", check=False)
    answer = json.loads(finished.stdout)
    return answer["findings"], finished.returncode


def matches(server, pattern, event):
    events = server.client("events")
    return events.test_event_pattern(EventPattern=json.dumps(pattern), Event=json.dumps(event))[
        "Result"
    ]


@pytest.fixture
def target(server, name):
    """A target that may be started."""
    job = platform.make_job(
        server, f"{name}-job", "pass", DefaultArguments={"--silver_bucket": "silver"}
    )
    role = platform.make_role(server, f"{name}-start", "events.amazonaws.com", platform.START)
    return {"Id": "job", "Arn": platform.job_arn(job), "RoleArn": role}


def test_overlap_loop_and_typo_are_named_with_examples(server, bus, target):
    overlapping = {
        "one": written_to("bronze", "sales/"),
        "two": written_to("bronze", "sales/2024/"),
    }
    for rule, pattern in overlapping.items():
        platform.put_rule(server, rule, target, pattern=pattern, bus=bus)
    watched = written_to("silver", "sales/")
    platform.put_rule(server, "round", target, pattern=watched, bus=bus)
    typo = {"source": ["aws.s3"], "details": {"bucket": {"name": ["bronze"]}}}
    platform.put_rule(server, "typo", target, pattern=typo, bus=bus)

    findings, code = lint(server, bus)
    by_kind = {finding["kind"]: finding for finding in findings}
    assert set(by_kind) == {"overlap", "loop", "never-matches"}
    assert code == 1

    assert by_kind["overlap"]["rules"] == ["one", "two"]
    for pattern in overlapping.values():
        assert matches(server, pattern, by_kind["overlap"]["example"])
    assert by_kind["loop"]["rules"] == ["round"]
    assert matches(server, watched, by_kind["loop"]["example"])
    assert by_kind["never-matches"]["rules"] == ["typo"]
    assert '"detail"' in by_kind["never-matches"]["mend"]


def test_targets_that_cannot_start_are_named(server, bus, name, target):
    missing = {"Id": "gone", "Arn": target["Arn"] + "-not", "RoleArn": target["RoleArn"]}
    platform.put_rule(server, "a-missing", missing, pattern=written_to("bronze", "a/"), bus=bus)
    weak = platform.make_role(server, f"{name}-weak", "events.amazonaws.com")
    denied = target | {"RoleArn": weak}
    platform.put_rule(server, "b-weak", denied, pattern=written_to("bronze", "b/"), bus=bus)
    platform.put_rule(server, "c-none", pattern=written_to("bronze", "c/"), bus=bus)
    findings, _ = lint(server, bus)
    assert [(f["kind"], f["rules"]) for f in findings] == [
        ("missing-target", ["a-missing"]),
        ("no-permission", ["b-weak"]),
        ("no-target", ["c-none"]),
    ]
    assert weak in findings[1]["text"] and "glue:StartJobRun" in findings[1]["text"]


def test_rules_without_fault_pass(server, bus, target):
    platform.put_rule(server, "fine", target, pattern=written_to("bronze", "sales/"), bus=bus)
    findings, code = lint(server, bus)
    assert (findings, code) == ([], 0)
    shown = server.command("rules", "lint", "--bus", bus).stdout
    assert "1 rule, 0 errors, 0 warnings, 0 notes" in shown


def test_the_platforms_pattern_gets_its_portable_form(platform_server):
    finished = platform_server.command("rules", "lint")
    assert '{"wildcard":"sales/*.csv"}' in finished.stdout


def test_unknown_bus_is_refused(server):
    finished = server.command("rules", "lint", "--bus", "no-such-bus", check=False)
    assert finished.returncode == 1
    assert "Event bus no-such-bus does not exist." in finished.stderr
