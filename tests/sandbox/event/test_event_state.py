"""What an event has come to is read once, and anew as soon as something has happened."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from sandbox.event.event_file import shipped_event
from sandbox.event.event_state import LINES_LOOKED_AT, EventStates
from sandbox.event.events import Events, used_in
from sandbox.event.identity import TeamId
from sandbox.event.instance import STATES
from sandbox.event.run_list import RunList
from sandbox.event.systems import System, register
from sandbox.store.instances import InstanceStore, PartRow
from sandbox.store.partitions import Partitions
from sandbox.store.planned_events import PlannedEventStore
from sandbox.store.runs import RunStore
from tests.conftest import TickingClock
from tests.sandbox.event.played import Played
from tests.sandbox.event.test_event_findings import line
from tests.sandbox.event.test_event_report import ROWS, SYSTEMS

PLAN = shipped_event("lacpass-2026")
OTHERS = (
    PartRow("source", "r-uy", "Uruguay", "UY", "accepted"),
    PartRow("recipient", "r-cl", "Chile", "CL", "accepted"),
)


@dataclass
class Kept:
    """A store with an event that runs."""

    logs: RunStore
    instances: InstanceStore
    events: Events
    states: EventStates

    def anew(self) -> EventStates:
        """Returns what has read nothing yet."""
        return EventStates(self.logs, self.instances, self.events, clock=TickingClock())

    def begin(self, number: int, run: str = "") -> None:
        row = replace(ROWS[number], event=PLAN.id)
        lines = [("opened", row.at, "{}")]
        ran = {"run": run, "role": "source", "track": "mhd.source"}
        lines += [("ran", row.at, json.dumps(ran))] if run else []
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
    yield Kept(logs, instances, events, EventStates(logs, instances, events, clock=clock))
    partitions.close()


def test_nothing_new_is_not_read_again_and_whatever_is_new_is(kept: Kept) -> None:
    kept.begin(0)
    first = kept.states.read(PLAN.id)
    assert first.report.count == 1
    assert kept.states.read(PLAN.id) is first
    kept.begin(1)
    assert kept.states.read(PLAN.id).report.count == 2
    before = kept.states.read(PLAN.id)
    register(System("s", "http://a.test", "Chile", "CL", team_id=TeamId("Chile")), kept.logs)
    assert kept.states.read(PLAN.id).report.systems == before.report.systems + 1
    kept.events.load(replace(PLAN, title={**PLAN.title, "en": "Another title"}))
    assert kept.states.read(PLAN.id).plan.title["en"] == "Another title"


def test_findings_are_those_of_attempts_and_not_of_rehearsals(kept: Kept) -> None:
    runs = RunList(kept.logs)
    for run in ("attempt", "rehearsal"):
        found = ("finding", 9, line(run, "s", f"mhd.{run}").body)
        runs.append(run, [*Played("s").lines(9), found])
    kept.begin(0, "attempt")
    (finding,) = kept.states.read(PLAN.id).found.frequent
    assert (finding.key, finding.run, finding.systems) == ("mhd.attempt", "attempt", ("s",))


def test_what_did_not_change_is_not_read_again(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []
    attempts = kept.instances.attempts
    watched = (kept.instances, "everything"), (kept.instances, "some"), (attempts, "findings_in")
    for store, name in watched:
        real = getattr(store, name)
        monkeypatch.setattr(
            store, name, lambda *ids, name=name, real=real: read.append(name) or real(*ids)
        )

    def told_after(*lines: tuple[str, int, str], log: str = "attempt") -> list[str]:
        read.clear()
        kept.logs.append(log, lines)
        kept.states.read(PLAN.id)
        return read

    kept.begin(0, "attempt")
    RunList(kept.logs).append("attempt", Played("s").lines(9))
    kept.states.read(PLAN.id)
    finding = ("finding", 9, line("attempt", "s", "mhd.attempt").body)
    assert told_after(("begun", 9, "{}")) == []
    assert told_after(finding) == ["findings_in"]
    (found,) = kept.states.read(PLAN.id).found.frequent
    assert found.key == "mhd.attempt"
    assert told_after(("said", 9, "{}"), log=f"@instance:{ROWS[0].id}") == ["some"]
    assert told_after(("redacted", 9, "{}")) == ["everything", "findings_in"]
    assert told_after(*[("begun", 9, "{}")] * LINES_LOOKED_AT) == ["everything", "findings_in"]


def test_instances_that_changed_stand_where_all_read_anew_would_have_them(kept: Kept) -> None:
    chance = random.Random(17)
    begun: dict[str, int] = {}
    for system in SYSTEMS:
        register(replace(system, actors=("document-source", "document-recipient")), kept.logs)
    for _ in range(60):
        row = replace(chance.choice(ROWS), event=PLAN.id, state=chance.choice(STATES))
        row = replace(row, parts=chance.choices((*row.parts, *OTHERS), k=2))
        line_number = begun.get(row.id, -1)
        added = kept.instances.append(
            f"@instance:{row.id}", [("changed", row.at, "{}")], row, behind=line_number
        )
        begun[row.id] = added[-1].number
        if chance.random() < 0.5:
            current = kept.states.read(PLAN.id)
            assert current.rows == kept.instances.everything(PLAN.id)
            assert current.report.count == len(begun)
            anew = kept.anew().read(PLAN.id)
            assert current.report == anew.report
            assert current.achieved == anew.achieved
    assert len(begun) > 5


def test_many_who_look_behind_a_change_let_one_read(
    kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    count = 0
    real = kept.instances.everything

    def counted(id: str) -> object:
        nonlocal count
        count += 1
        return real(id)

    monkeypatch.setattr(kept.instances, "everything", counted)
    kept.begin(0)
    with ThreadPoolExecutor(8) as pool:
        current = list(pool.map(lambda _: kept.states.read(PLAN.id), range(24)))
    assert count == 1
    assert len({id(each) for each in current}) == 1


def test_behind_a_change_only_the_systems_that_it_concerns_are_counted_anew(kept: Kept) -> None:
    for system in SYSTEMS:
        register(replace(system, actors=("document-source", "document-recipient")), kept.logs)
    kept.begin(0)
    before = kept.states.read(PLAN.id).achieved.results
    kept.begin(1)
    behind = kept.states.read(PLAN.id).achieved.results
    concerned = {part.system for part in ROWS[1].parts}
    same = {result.system for was, result in zip(before, behind, strict=True) if was is result}
    assert same == {system.name for system in SYSTEMS} - concerned
