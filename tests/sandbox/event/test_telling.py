"""What an event has come to is read once, and anew as soon as something has happened."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from sandbox.event.event_file import shipped_event
from sandbox.event.events import Events, used_in
from sandbox.event.identity import TeamId
from sandbox.event.run_list import RunList
from sandbox.event.systems import System, register
from sandbox.event.telling import Telling
from sandbox.store.instances import InstanceStore
from sandbox.store.partitions import Partitions
from sandbox.store.planned_events import PlannedEventStore
from sandbox.store.runs import RunStore
from tests.conftest import TickingClock
from tests.sandbox.event.played import Played
from tests.sandbox.event.test_event_findings import line
from tests.sandbox.event.test_event_report import ROWS

PLAN = shipped_event("lacpass-2026")


@dataclass
class Kept:
    """A store with an event that runs."""

    logs: RunStore
    instances: InstanceStore
    events: Events
    telling: Telling

    def begin(self, number: int, run: str = "") -> None:
        row = replace(ROWS[number], event=PLAN.id)
        lines = [("opened", row.at, "{}")]
        lines += [("ran", row.at, json.dumps({"run": run}))] if run else []
        self.instances.append(f"@instance:{row.id}", lines, row, behind=-1)


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Kept]:
    partitions = Partitions(tmp_path / "event")
    logs = RunStore(partitions.main)
    instances = InstanceStore(partitions.main, logs)
    clock = TickingClock()
    plans = PlannedEventStore(partitions.main)
    events = Events(plans, is_used=used_in(instances), clock=clock)
    events.load(PLAN)
    yield Kept(logs, instances, events, Telling(logs, instances, events, clock=clock))
    partitions.close()


def test_nothing_new_is_not_read_again_and_whatever_is_new_is(kept: Kept) -> None:
    kept.begin(0)
    first = kept.telling.told(PLAN.id)
    assert first.report.count == 1
    assert kept.telling.told(PLAN.id) is first
    kept.begin(1)
    assert kept.telling.told(PLAN.id).report.count == 2
    before = kept.telling.told(PLAN.id)
    register(System("s", "http://a.test", "Chile", "CL", team_id=TeamId("Chile")), kept.logs)
    assert kept.telling.told(PLAN.id).report.systems == before.report.systems + 1
    kept.events.load(replace(PLAN, title={**PLAN.title, "en": "Another title"}))
    assert kept.telling.told(PLAN.id).plan.title["en"] == "Another title"


def test_findings_are_those_of_attempts_and_not_of_rehearsals(kept: Kept) -> None:
    runs = RunList(kept.logs)
    for run in ("attempt", "rehearsal"):
        found = ("finding", 9, line(run, "s", f"mhd.{run}").body)
        runs.append(run, [*Played("s").lines(9), found])
    kept.begin(0, "attempt")
    (finding,) = kept.telling.told(PLAN.id).found.frequent
    assert (finding.key, finding.run, finding.systems) == ("mhd.attempt", "attempt", ("s",))
