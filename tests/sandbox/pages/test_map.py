"""The map of an event: a cell says the least that a system has reached in all its roles, and how often."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sandbox.event.event_file import shipped_event
from sandbox.event.event_findings import Found
from sandbox.event.event_report import event_report
from sandbox.event.event_state import EventState
from sandbox.event.published import Published
from sandbox.event.results import cells
from sandbox.event.systems import System
from sandbox.pages.map import Map, map_of
from sandbox.store.instances import InstanceRow, PartRow
from tests.sandbox.api.test_gate import FORM, Event, an_event
from tests.sandbox.event.test_instances import EVENT
from tests.sandbox.event.test_unmet import ABROAD, SOURCE, played
from tests.sandbox.pages.test_monitoring import waiting

PLAN = "lacpass-2023"
BOTH = replace(ABROAD, name="both", actors=("document-source", "document-recipient"))


def current(rows: Sequence[InstanceRow], systems: Sequence[System]) -> EventState:
    achieved = Published((), tuple(cells(rows).values()))
    report = event_report(EVENT, rows, systems)
    return EventState(
        EVENT, rows, systems, report, achieved, Found((), ()), at=datetime(2026, 7, 27, tzinfo=UTC)
    )


def states(drawn: Map, test: str = "1.3") -> dict[str, tuple[str, int]]:
    place = [column.id for column in drawn.columns].index(test)
    found = {row.system.name: row.cells[place] for row in drawn.rows}
    return {name: (cell.state, cell.count) for name, cell in found.items() if cell}


def test_what_is_planned_and_not_begun_is_to_do() -> None:
    drawn = map_of(current((), (SOURCE, ABROAD)), "es")
    assert states(drawn) == {"chile-source": ("to_do", 0), "peru-recipient": ("to_do", 0)}
    assert drawn.legend == {"to_do": "pendiente"}


def test_the_best_of_several_instances_counts_once() -> None:
    rows = [played("verified"), replace(played("failed"), id="k")]
    drawn = map_of(current(rows, (SOURCE, ABROAD)), "es")
    assert states(drawn)["chile-source"] == ("verified", 2)
    assert [(row.system.name, row.progress.done) for row in drawn.rows] == [
        ("chile-source", 1), ("peru-recipient", 1),
    ]  # fmt: skip


def test_a_test_is_done_when_every_role_of_the_system_is() -> None:
    source = replace(
        played("verified"), parts=(PartRow("source", "both", "peru", "PE", "accepted"),)
    )
    (row,) = map_of(current([source], (BOTH,)), "es").rows
    (cell,) = [cell for cell in row.planned if cell.test == "1.3"]
    # it is begun, which is what its team's first page says, and not done
    assert (cell.state, cell.count, cell.label) == ("started", 1, "pendiente, verificada")
    assert row.counted == {"started": 1, "to_do": 1}
    recipient = replace(
        source, id="k", parts=(PartRow("recipient", "both", "peru", "PE", "accepted"),)
    )
    (row,) = map_of(current([source, recipient], (BOTH,)), "es").rows
    assert [cell.state for cell in row.planned if cell.test == "1.3"] == ["verified"]


def test_a_track_narrows_the_columns() -> None:
    everything = map_of(current((), (SOURCE, ABROAD)), "es")
    assert map_of(current((), (SOURCE, ABROAD)), "es", track="1").columns == everything.columns
    assert map_of(current((), (SOURCE, ABROAD)), "es", track="9").rows == ()


@pytest.fixture
def event(tmp_path: Path) -> Iterator[Event]:
    with an_event(tmp_path) as event:
        event.ask("POST", "/event/lacpass-2023/now", event.sessions["Inés"], headers=FORM)
        yield event


def test_a_cell_leads_to_what_it_counts(event: Event) -> None:
    waiting(event)
    page = event.ask("GET", "/matrix?lang=es", event.sessions["Ana"]).text
    assert (
        'aria-label="● por verificar" href="instances?lang=es&amp;event=lacpass-2023&amp;system=visor-cl&amp;test=1.10"'
        in page
    )
    assert "Sistemas y pruebas planificadas" in page
    listed = event.ask(
        "GET",
        "/instances?lang=es&event=lacpass-2023&system=visor-cl&test=1.10",
        event.sessions["Ana"],
    )
    assert "visor-cl ↔ nodo-pe" in listed.text


def test_systems_stand_in_the_order_in_which_people_count_them() -> None:
    systems = [replace(SOURCE, name=name) for name in ("nodo-1", "nodo-10", "nodo-2", "ab", "b2a")]
    names = [row.system.name for row in map_of(current((), systems), "es").rows]
    assert names == ["ab", "b2a", "nodo-1", "nodo-2", "nodo-10"]


def test_progress_is_counted_alike_on_every_page(event: Event) -> None:
    ana = event.sessions["Ana"]
    actors = ["document-recipient", "document-responder", "document-consumer"]
    body = {"name": "todo-cl", "base": "http://127.0.0.1:9/fhir", "country": "CL", "actors": actors}
    assert event.ask("POST", "/api/systems", ana, json=body).status_code == 201
    counts = {}
    for place in ("/", "/matrix", f"/event/{PLAN}/map?system=todo-cl", f"/event/{PLAN}/results"):
        page = event.ask("GET", place, ana).text
        counts[place] = re.findall(r"</progress> (\d+/\d+)</span> <span class=\"note\">", page)
        assert "Required tests verified" in page, place
    planned = shipped_event(PLAN)
    required = {test.id for test, _ in planned.to_do(tuple(actors)) if test.is_required and not test.waits}  # fmt: skip
    assert {text for found in counts.values() for text in found} == {f"0/{len(required)}"}
    assert all(counts.values())
