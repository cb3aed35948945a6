"""What is allowed until a day: known failures, which stay failures but are no news, and addresses of a team."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from sandbox.cli.results import run_lines
from sandbox.errors import BadRequest, NotFound
from sandbox.event.allowances import Allowance, Allowances
from sandbox.event.event_file import write_event
from sandbox.event.outcomes import Outcome
from sandbox.event.reports import junit
from sandbox.event.run import Run
from sandbox.event.runs import Runs
from sandbox.event.systems import System
from sandbox.ids import sequence_of_ids
from sandbox.store.partitions import Partitions
from sandbox.store.planned_events import PlannedEventStore
from sandbox.store.runs import RunStore
from sandbox.testbench.script import Verdict
from tests.sandbox.event.test_instances import EVENT

KNOWN = Allowance("known", "ministry", "SRC-01", "their proxy changes it", "2026-08-01")
SYSTEM = System("ministry", "http://a.test")


class Day:
    """A clock that stands still until somebody moves it."""

    def __init__(self) -> None:
        self.now = datetime(2026, 7, 27, 9, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def day() -> Day:
    return Day()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[RunStore]:
    partitions = Partitions(tmp_path / "runs", url="")
    yield RunStore(partitions.main)
    partitions.close()


@pytest.fixture
def allowances(store: RunStore, day: Day) -> Allowances:
    return Allowances(store, clock=day)


def test_what_is_allowed_holds_until_the_end_of_its_day(allowances: Allowances, day: Day) -> None:
    allowances.add(KNOWN)
    assert list(allowances.of("known", "ministry")) == ["mhd.source.transport"]
    assert allowances.of("known", "clinic") == {}
    assert allowances.of("address", "ministry") == {}

    day.now = datetime(2026, 8, 1, 23, 59, tzinfo=UTC)
    assert allowances.of("known", "ministry")
    day.now += timedelta(minutes=1)
    assert allowances.of("known", "ministry") == {}


def running(store: RunStore, zone: str) -> None:
    """Lets an event run whose days are those of a zone."""
    plans = PlannedEventStore(store.database)
    plan = replace(EVENT, id="rehearsal", zone=zone)
    plans.write("rehearsal", write_event(plan), at=0, before=None)
    plans.mark("rehearsal")


@pytest.mark.parametrize(
    ("zone", "last", "first_over"),
    [
        # the evening of an event in the Americas is the next day in UTC
        ("America/Panama", "2026-08-02T04:59", "2026-08-02T05:00"),
        ("Pacific/Kiritimati", "2026-08-01T09:59", "2026-08-01T10:00"),
        ("UTC", "2026-08-01T23:59", "2026-08-02T00:00"),
    ],
)
def test_its_day_is_the_event_s(
    store: RunStore, allowances: Allowances, day: Day, zone: str, last: str, first_over: str
) -> None:
    running(store, zone)
    allowances.add(KNOWN)
    day.now = datetime.fromisoformat(last).replace(tzinfo=UTC)
    assert allowances.of("known", "ministry")
    # it can still be given for the day that people there have, and no more for one that is over
    assert allowances.add(KNOWN) == replace(KNOWN, what="mhd.source.transport")
    day.now = datetime.fromisoformat(first_over).replace(tzinfo=UTC)
    assert allowances.of("known", "ministry") == {}
    with pytest.raises(BadRequest, match="bad_day"):
        allowances.add(KNOWN)


@pytest.mark.parametrize("until", ["20260801", "2026-W31-6"])
def test_a_day_in_another_form_of_iso_8601_is_over_as_well(
    allowances: Allowances, day: Day, until: str
) -> None:
    """Days are compared as their texts, in which a digit or a W stands behind a hyphen."""
    assert allowances.add(replace(KNOWN, until=until)).until == "2026-08-01"
    day.now = datetime(2026, 8, 2, tzinfo=UTC)
    assert allowances.all() == []


def test_the_newest_word_counts_and_it_can_be_ended(allowances: Allowances) -> None:
    allowances.add(KNOWN)
    allowances.add(replace(KNOWN, reason="still", until="2026-09-01"))
    (kept,) = allowances.all()
    assert (kept.reason, kept.until) == ("still", "2026-09-01")

    allowances.take_back(allowances.find("known", "ministry", "SRC-01"))
    assert allowances.all() == []
    with pytest.raises(NotFound):
        allowances.find("known", "ministry", "SRC-01")


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"reason": "  "}, "needs_reason"), ({"until": "soon"}, "bad_day"), ({"until": "2026-07-26"}, "bad_day"),
        ({"until": "2027-07-27"}, "bad_day"), ({"what": "SRC-99"}, "no_such_test"),
        ({"kind": "address", "what": "http://10.0.0.1/fhir"}, "bad_host"), ({"kind": "address", "what": ""}, "bad_host"),
        ({"whose": ""}, "bad_request"),
    ],
)  # fmt: skip
def test_what_cannot_hold_is_refused_and_nothing_is_kept(
    allowances: Allowances, changes: dict[str, Any], key: str
) -> None:
    with pytest.raises((BadRequest, NotFound)) as refused:
        allowances.add(replace(KNOWN, **changes))
    assert refused.value.as_finding().key == f"testbench.{key}"
    assert allowances.all() == []


def judged(runs: Runs, store: RunStore, *verdicts: Verdict) -> Run:
    """A run of mhd.source whose first tests came to these verdicts."""
    run = runs.start("mhd.source", SYSTEM)
    outcomes = {
        test.id: Outcome(test.id, one, (), ())
        for test, one in zip(run.tests, verdicts, strict=False)
    }
    return replace(run, outcomes=outcomes, state="done")


def test_a_known_failure_stays_a_failure_and_is_no_news(
    store: RunStore, allowances: Allowances, day: Day
) -> None:
    runs = Runs(store, clock=day, new_id=sequence_of_ids("runs"))
    before = judged(runs, store, "fail", "pass")
    allowances.add(KNOWN)
    known = judged(runs, store, "fail", "pass")
    other = judged(runs, store, "fail", "fail")
    mended = judged(runs, store, "pass", "pass")

    assert (before.verdict, before.news, before.known_failures) == (
        "fail",
        "fail",
        (),
    )  # begun before it was known
    assert (known.verdict, known.news, known.known_failures) == (
        "fail",
        "pass",
        ("mhd.source.transport",),
    )
    assert (other.verdict, other.news) == ("fail", "fail")
    assert (mended.verdict, mended.news, mended.known_failures) == ("pass", "pass", ())
    all_known = replace(known, outcomes={id: known.outcomes[id] for id in known.known_failures})
    assert (all_known.verdict, all_known.news) == ("fail", "warn")
    told = {
        name: "\n".join(run_lines(one, "en"))
        for name, one in (("known", known), ("mended", mended))
    }
    assert "Known failure until 2026-08-01: their proxy changes it" in told["known"]
    assert "but it passes now" in told["mended"]
    suite = ElementTree.fromstring(junit(known, "en"))
    assert (suite.get("failures"), suite.find("testcase/skipped") is not None) == ("0", True)
    assert ElementTree.fromstring(junit(before, "en")).get("failures") == "1"

    day.now = datetime(2026, 8, 2, tzinfo=UTC)
    assert judged(runs, store, "fail", "pass").news == "fail"
    assert runs.read(known.id).known  # what ran under it stays as it was
