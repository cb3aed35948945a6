"""Runs as lists: what a person may see, what counts, and that nobody's results hide another's."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest

from sandbox.event.identity import ANYONE, ROLES, Person, PersonId, TeamId
from sandbox.event.matrix import Cell, matrix, peers
from sandbox.event.rights import RIGHTS, may
from sandbox.event.run import read_run
from sandbox.event.run_list import Apart, RunList, begun_by, row_of, seen_by, whose
from sandbox.event.runs import Runs
from sandbox.event.systems import System
from sandbox.event.totals import Totals, totals
from sandbox.ids import sequence_of_ids
from sandbox.store.partitions import Partitions
from sandbox.store.runs import RunStore
from sandbox.testbench.tracks import TRACKS
from tests.conftest import TickingClock, a_sandbox
from tests.sandbox.event.played import Played, asked
from tests.sandbox.testbench.playing import sender_to

CHILE = Played("clinic", "Chile", "chile", country="CL")
PERU = Played("archive", "Perú", "peru", country="PE")
LOOP = 1010


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.needs("postgres"))])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[RunStore]:
    url = request.getfixturevalue("postgres_database") if request.param == "postgres" else ""
    partitions = Partitions(tmp_path / "runs", url=url)
    yield RunStore(partitions.main)
    partitions.close()


@pytest.fixture
def listed(store: RunStore) -> RunList:
    return RunList(store)


def cells_of(listed: RunList) -> dict[tuple[str, str], Cell]:
    return matrix(*listed.shown()).cells


def report_of(listed: RunList) -> Totals:
    return totals(*listed.counted())


def names_of(listed: RunList, **more: str) -> list[str]:
    return [row.run for row in listed.page(**more).rows]  # type: ignore[arg-type]


def test_a_list_holds_what_a_right_says_of_each_run(listed: RunList) -> None:
    for number, (team, by, other) in enumerate(product(("chile", "peru", ""), repeat=3)):
        played = replace(CHILE, team_id=team, by_id=f"of-{by}" if by else "", others=(other,))
        listed.append(f"r{number}", played.lines(number))
    everybody = [ANYONE] + [
        Person("Ana", role, team, id=PersonId(id), team_id=TeamId(team), is_contact=is_contact)
        for role, team, id, is_contact in product(
            ROLES, ("chile", ""), ("of-chile", "of-nobody"), (True, False)
        )
    ]
    rows = listed.page().rows
    for person, act in product(everybody, RIGHTS):
        seen = listed.page(seen_by(person, act))
        allowed = [row.run for row in rows if may(person, act, whose(row))]
        assert ([row.run for row in seen.rows], seen.total) == (allowed, len(allowed)), (
            person,
            act,
        )
    for person in everybody:
        begun = [row.run for row in rows if person.is_author(whose(row).by)]
        assert [row.run for row in listed.page(begun_by(person)).rows] == begun


def test_a_loop_of_one_team_hides_nothing_of_another(listed: RunList) -> None:
    meeting = replace(PERU, track="mhd.peers", recipient="depot")
    listed.append("peru", [*PERU.lines(1), asked(2)])
    listed.append("met", meeting.lines(3))
    listed.append("chile", [*CHILE.lines(4), asked(5)])
    before = (cells_of(listed), report_of(listed), listed.queue())

    for number in range(LOOP):
        looped = replace(CHILE, count=1 if number % 2 else 0)
        listed.append(f"loop{number}", looped.lines(10 + number))

    after = (cells_of(listed), report_of(listed), listed.queue())
    mine = ("clinic", "fhir.basics")
    assert {key: cell for key, cell in after[0].items() if key != mine} == {
        key: cell for key, cell in before[0].items() if key != mine
    }
    assert (after[0][mine].run, after[0][mine].reviewed) == (f"loop{LOOP - 2}", "chile")
    assert after[1:] == before[1:]
    assert [row.run for row in after[2].rows] == ["peru", "chile"]
    met = peers(TRACKS["mhd.peers"], listed.met(["mhd.peers"]))
    assert [(pair, cell.run) for pair, cell in met.items()] == [(("archive", "depot"), "met")]
    assert listed.settled("mhd.peers") == {("archive", "depot")}
    monitor = Person("Mario", "participant", "Perú", team_id=TeamId("peru"))
    of_peru = listed.page(seen_by(monitor, "see_run"))
    assert [row.run for row in of_peru.rows] == ["met", "peru"]
    assert listed.page().total == LOOP + 3


def test_the_report_counts_whole_finished_runs_that_say_something(listed: RunList) -> None:
    runs = [
        CHILE,
        replace(CHILE, count=1),
        replace(CHILE, verdict="inconclusive"),
        replace(CHILE, state="running", verdict="fail"),
        replace(CHILE, state="cancelled", verdict="fail"),
        replace(CHILE, system="sandbox", verdict="fail"),
        replace(PERU, count=1),
        replace(PERU, track="ips.server", verdict="skip"),
        replace(PERU, track="mhd.recipient", verdict="error"),
        replace(PERU, system="https://a.test/fhir", verdict="warn"),
    ]
    for number, played in enumerate(runs):
        listed.append(f"r{number}", played.lines(number))

    report = report_of(listed)

    assert (report.count, list(report.by_track), list(report.by_country)) == (
        2, ["fhir.basics"], ["CL", "PE"],
    )  # fmt: skip
    assert (report.by_track["fhir.basics"]["pass"], report.by_country["PE"]["warn"]) == (1, 1)
    assert listed.apart() == Apart(
        rehearsals=1, unfinished=1, cancelled=1, inconclusive=3, partial=2
    )


def test_a_run_stays_whole_when_its_track_has_more_tests_later(listed: RunList) -> None:
    lines = replace(CHILE, count=2).lines(0)
    kind, at, head = lines[0]
    listed.append("old", [(kind, at, head.replace('"whole": false', '"whole": true')), *lines[1:]])
    assert cells_of(listed)["clinic", "fhir.basics"].is_whole
    assert report_of(listed).count == 1


def test_runs_that_say_nothing_are_in_no_cell(listed: RunList) -> None:
    listed.append("queued", CHILE.lines(0)[:1])
    listed.append("cancelled", replace(CHILE, state="cancelled").lines(1))
    assert cells_of(listed) == {}
    assert names_of(listed) == ["cancelled", "queued"]


def test_a_row_says_what_its_log_says_whatever_is_done(store: RunStore, tmp_path: Path) -> None:
    runs = Runs(store, clock=TickingClock(), new_id=sequence_of_ids("runs"))
    system = System("clinic", "http://sandbox.test/fhir", "Chile", "CL", team_id=TeamId("chile"))

    def check(id: str) -> None:
        (row,) = [row for row in runs.list.page().rows if row.run == id]
        log = runs.events(id)
        asked = max((event.at for event in log if event.kind == "asked"), default=0)
        assert replace(row, place=0) == row_of(read_run(log), asked=asked)

    async def play(id: str) -> None:
        with a_sandbox(tmp_path) as client:
            async with sender_to(client) as send:
                await runs.carry_out(id, send)

    id = runs.start("fhir.basics", system, tests=["BAS-01"]).id
    check(id)
    asyncio.run(play(id))
    check(id)
    for act, decision in (("ask", ""), ("claim", ""), ("release", ""), ("claim", ""), ("decide", "verified")):  # fmt: skip
        runs.review(id, act, ANYONE, decision=decision)
        check(id)
    cancelled = runs.start("fhir.basics", system).id
    runs.cancel(cancelled)
    check(cancelled)
    assert runs.list.queue().total == 0


def test_rows_of_runs_older_than_rows_are_read_from_their_logs(store: RunStore) -> None:
    for number in range(3):
        store.append(f"r{number}", [*CHILE.lines(number), asked(10 - number)])
    listed = RunList(store)
    assert names_of(listed) == ["r2", "r1", "r0"]
    assert [row.run for row in listed.queue().rows] == ["r2", "r1", "r0"]
