"""How an event stood at the end of each day: kept once, never taken back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sandbox.errors import Forbidden, NotFound
from sandbox.event.event_file import shipped_event
from sandbox.event.event_state import EventStates
from sandbox.event.events import Events, used_in
from sandbox.event.identity import Person
from sandbox.event.snapshots import Snapshots, due
from sandbox.store.instances import InstanceStore
from sandbox.store.partitions import Partitions
from sandbox.store.planned_events import PlannedEventStore
from sandbox.store.runs import RunStore
from tests.sandbox.event.test_event_report import ROWS

PLAN = shipped_event("lacpass-2026")
INES = Person("Inés", "facilitator")
# America/Panama is five hours behind: the first day, 27 July, ends at this moment
MIDNIGHT = datetime(2026, 7, 28, 5, tzinfo=UTC)


class Watch:
    """A clock that somebody sets."""

    def __init__(self) -> None:
        self.now = MIDNIGHT

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def snapshots(tmp_path: Path, watch: Watch) -> Iterator[Snapshots]:
    partitions = Partitions(tmp_path / "event")
    logs = RunStore(partitions.main)
    instances = InstanceStore(partitions.main, logs)
    for row in (replace(row, event=PLAN.id) for row in ROWS[:2]):
        instances.append(f"@instance:{row.id}", [("opened", row.at, "{}")], row, behind=-1)
    plans = PlannedEventStore(partitions.main)
    events = Events(plans, is_used=used_in(instances), clock=watch)
    events.load(PLAN)
    events.mark(PLAN.id)
    yield Snapshots(logs, EventStates(logs, instances, events, clock=watch), clock=watch)
    partitions.close()


def test_a_day_that_is_over_is_kept_once(snapshots: Snapshots, watch: Watch) -> None:
    taken = snapshots.take_due()
    assert taken is not None
    assert (taken.day, taken.by, taken.report["count"]) == ("2026-07-27", "", 2)
    assert snapshots.take_due() is None
    watch.now = MIDNIGHT.replace(day=29)
    second = snapshots.take_due()
    assert second is not None
    assert [one.day for one in snapshots.all(PLAN.id)] == ["2026-07-27", "2026-07-28"]
    assert [one.report["by_state"] for one in snapshots.all(PLAN.id)] == [{"verified": 2}] * 2


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        (MIDNIGHT.replace(hour=4, minute=59), ""),  # still the first day, in Panama
        (MIDNIGHT, "2026-07-27"),
        (MIDNIGHT.replace(day=31), "2026-07-30"),
        (MIDNIGHT.replace(month=8, day=1), ""),  # too late to say how the last day ended
    ],
)
def test_a_day_ends_by_the_clock_of_the_event(moment: datetime, day: str) -> None:
    assert due(PLAN, moment) == day


def test_a_facilitator_keeps_how_it_stands_and_the_day_is_kept_all_the_same(
    snapshots: Snapshots, watch: Watch
) -> None:
    watch.now = MIDNIGHT.replace(hour=3)
    assert snapshots.take_due() is None
    asked = snapshots.take(PLAN.id, INES)
    assert (asked.day, asked.by) == ("2026-07-27", "Inés")
    watch.now = MIDNIGHT
    assert snapshots.take_due() is not None
    assert [one.by for one in snapshots.all(PLAN.id)] == ["Inés", ""]


def test_nobody_else_does_and_none_of_what_is_no_event(snapshots: Snapshots) -> None:
    for role in ("participant", "monitor"):
        with pytest.raises(Forbidden):
            snapshots.take(PLAN.id, replace(INES, role=role))
    with pytest.raises(NotFound):
        snapshots.take("nothing", INES)
    assert snapshots.all(PLAN.id) == []
