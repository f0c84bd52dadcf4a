"""The check of the check: the history checker sees each kind of broken promise."""

from collections import Counter

import pytest
from support.history import FAILED, OK, UNKNOWN, History, Stored, compare


@pytest.fixture
def history():
    """Of each kind: 1 was acknowledged, 2 refused, of 3 nobody knows."""
    made = History()
    made.invoke("event", ["4"])  # It starts a workflow.
    for kind in ("object", "event", "message"):
        made.invoke(kind, ["1", "2", "3"])
        made.conclude(kind, ["1"], OK)
        made.conclude(kind, ["2"], FAILED)
        assert "3" in made.of(kind, UNKNOWN)
    return made


@pytest.fixture
def stored():
    return Stored(
        objects={"1": 10},
        events=Counter(["1", "4"]),
        uploads=Counter(["1"]),
        messages=Counter(["1"]),
        told=Counter(["1"]),
        kinds={"1": "plain", "4": "run"},
        deliveries=[(1, "rule", "q", "done", None, 0), (2, "rule", "job", "pending", 17, 1)],
        stranded=set(),
        in_batches=Counter(["s3://uploads/1"]),
        astray=set(),
        starts=Counter([1]),
        batched=Counter(["4"]),
        orphans=set(),
        missing=set(),
    )


def test_all_is_well(history, stored):
    assert compare(history, stored) == []


@pytest.mark.parametrize("kind", ["objects", "events", "messages"])
def test_lost(history, stored, kind):
    getattr(stored, kind).pop("1")
    assert any(f"acknowledged {kind} lost" in text for text in compare(history, stored))


def test_deleted_is_not_lost(history, stored):
    stored.messages.clear()
    assert compare(history, stored, deleted={"1"}) == []


def test_unknown_may_be_there_and_refused_may_not(history, stored):
    stored.messages["3"] += 1
    assert compare(history, stored) == []
    stored.messages["2"] += 1
    assert any("refused messages" in text for text in compare(history, stored))


@pytest.mark.parametrize("field", ["events", "uploads", "messages", "told", "starts", "batched",
                                   "in_batches"])
def test_doubled(history, stored, field):
    getattr(stored, field).update(list(getattr(stored, field)))
    words = ("doubled", "twice", "in two")
    assert any(word in text for text in compare(history, stored) for word in words)


def test_event_that_started_no_workflow(history, stored):
    stored.batched.clear()
    assert any("without their workflow run" in text for text in compare(history, stored))


@pytest.mark.parametrize("row", [
    (3, "rule", "q", "pending", None, 0),
    (1, "rule", "q", "done", None, 0),
])
def test_deliveries(history, stored, row):
    stored.deliveries.append(row)
    assert compare(history, stored)


@pytest.mark.parametrize("change", [
    {"orphans": {"0/0/ab"}}, {"missing": {"0/0/ab"}}, {"findings": ["row 1 missing from index"]},
    {"stranded": {7}}, {"astray": {"s3://uploads/1"}},
    {"uploads": Counter()}, {"told": Counter()}, {"told": Counter(["1", "9"])},
])
def test_what_does_not_fit(history, stored, change):
    for name, value in change.items():
        setattr(stored, name, value)
    assert compare(history, stored)


@pytest.mark.parametrize("hooks, wrong", [
    ({"3": {"key"}}, None),
    ({}, "never went outside"),
    ({"3": {"key"}, "1": {"other"}}, "nobody published"),
    ({"3": {"key", "another"}}, "with another key"),
])
def test_outside(history, stored, hooks, wrong):
    stored.events["3"] += 1
    stored.kinds["3"] = "out"
    found = compare(history, stored, hooks=hooks)
    assert any(wrong in text for text in found) if wrong else found == []
