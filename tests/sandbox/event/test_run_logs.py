"""A run is the same whether its log is read from its first line on or only what is new in it."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

import pytest

from sandbox.errors import NotFound
from sandbox.event.run import read_run
from sandbox.event.run_logs import RUNS_KEPT, RunLogs
from sandbox.event.runs import Runs
from sandbox.event.systems import System
from sandbox.exchange import Exchange
from sandbox.findings import Finding
from sandbox.ids import sequence_of_ids
from sandbox.store.partitions import Partitions
from sandbox.store.runs import Event, Line, RunStore
from sandbox.testbench.tracks import TRACKS
from tests.conftest import TickingClock
from tests.sandbox.event.played import Played, asked

RUN = "a-run"
SYSTEM = System("ministry", "http://sandbox.test/fhir")
CHILE = Played("clinic", "Chile", "chile")


class CountingStore(RunStore):
    """Counts the lines that were read."""

    lines = 0

    def events(self, run: str, *, after: int = -1, without: str = "") -> list[Event]:
        events = super().events(run, after=after, without=without)
        self.lines += len(events)
        return events


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.needs("postgres"))])
def partitions(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Partitions]:
    url = request.getfixturevalue("postgres_database") if request.param == "postgres" else ""
    opened = Partitions(tmp_path / "runs", url=url)
    yield opened
    opened.close()


@pytest.fixture
def store(partitions: Partitions) -> CountingStore:
    return CountingStore(partitions.main)


def something(choice: random.Random, at: int) -> list[Line]:
    """Lines as they may follow in a log: verdicts with their findings, requests, acts of people."""
    test = choice.choice(TRACKS["fhir.basics"].tests).id
    finding = {"test": test, **asdict(Finding("a.b", "error", "testbench.told"))}
    verdict = {
        "test": test, "verdict": choice.choice(["pass", "fail"]), "exchanges": [],
        "produced": {"made": str(at)},
    }  # fmt: skip
    request = {"number": at, "method": "GET", "url": "http://here/inbox/x/fhir/Patient"}
    kinds = [
        [("begun", at, json.dumps({"test": test}))],
        [("finding", at, json.dumps(finding)), ("verdict", at, json.dumps(verdict))],
        [("captured", at, json.dumps(request))],
        [asked(at)],
    ]
    return choice.choice(kinds)


@pytest.mark.parametrize("seed", range(8))
def test_what_is_new_and_the_whole_log_tell_the_same(store: CountingStore, seed: int) -> None:
    choice = random.Random(seed)
    logs = RunLogs(store)
    another = RunStore(store.database)
    store.append(RUN, CHILE.lines(0)[:1])
    for at in range(1, 40):
        choice.choice([store, another]).append(RUN, something(choice, at))
        if choice.random() < 0.6:
            so_far = logs.read(RUN)
            assert so_far is not None
            whole = store.events(RUN)
            assert so_far.run == read_run(whole)
            assert so_far.last == whole[-1]
            assert so_far.asked == max([line.at for line in whole if line.kind == "asked"] or [0])


def test_a_line_that_was_not_kept_is_not_told(store: CountingStore) -> None:
    logs = RunLogs(store)
    store.append(RUN, CHILE.lines(0)[:1])
    with suppress(RuntimeError), store.database.writing():
        store.append(RUN, [("cancelled", 1, "{}")])
        within = logs.read(RUN)
        assert within is not None
        assert within.run.state == "cancelled"
        raise RuntimeError
    store.append(RUN, [("done", 1, "{}")])
    after = logs.read(RUN)
    assert after is not None
    assert after.run.state == "done"


def test_a_run_that_was_deleted_is_read_no_more_and_a_new_one_is(store: CountingStore) -> None:
    logs = RunLogs(store)
    store.append(RUN, CHILE.lines(0))
    assert logs.read(RUN) is not None
    store.forget(before=1)
    assert logs.read(RUN) is None
    store.append(RUN, Played("laboratory", "Peru", "peru").lines(5))
    anew = logs.read(RUN)
    assert anew is not None
    assert anew.run.team == "Peru"


def test_a_run_of_a_track_that_is_no_more_is_refused_each_time(store: CountingStore) -> None:
    logs = RunLogs(store)
    head = json.loads(CHILE.lines(0)[0][2]) | {"track": "gone.track"}
    store.append(RUN, [("queued", 0, json.dumps(head))])
    for _ in range(2):
        with pytest.raises(NotFound):
            logs.read(RUN)


def test_many_runs_are_read_and_few_are_kept(store: CountingStore) -> None:
    logs = RunLogs(store)
    names = [f"r{number}" for number in range(RUNS_KEPT + 5)]
    for name in names:
        store.append(name, CHILE.lines(0))
        logs.read(name)
    store.lines = 0
    logs.read(names[-1])
    assert store.lines == 1  # the last line that was known
    logs.read(names[0])
    assert store.lines > 2


def test_what_comes_to_an_inbox_is_judged_without_reading_all_that_came_before(
    store: CountingStore,
) -> None:
    runs = Runs(store, clock=TickingClock(), new_id=sequence_of_ids("runs"))
    id = runs.start("mhd.source", SYSTEM).id
    name = runs.read(id).inbox
    url = f"http://here/inbox/{name}/fhir"
    sent = Exchange("POST", url, (), b'{"resourceType": "Bundle"}', 200, (), b"{}")
    read = []
    for _ in range(12):
        before = store.lines
        number = runs.capture(id, sent)
        runs.judge_captured(id, number)
        read.append(store.lines - before)
    # the log grows by all verdicts at each request; what is read of it does not grow with it
    assert max(read[4:]) == min(read[4:])
    outcomes = runs.read(id).outcomes
    assert outcomes
    assert {number for outcome in outcomes.values() for number in outcome.exchanges} == {11}


def test_a_request_is_judged_by_all_tests_or_by_none(store: CountingStore) -> None:
    runs = Runs(store, clock=TickingClock(), new_id=sequence_of_ids("runs"))
    id = runs.start("mhd.source", SYSTEM).id
    url = f"http://here/inbox/{runs.read(id).inbox}/fhir"
    number = runs.capture(
        id, Exchange("POST", url, (), b'{"resourceType": "Bundle"}', 200, (), b"")
    )
    runs.judge_captured(id, number)
    moments = {event.at for event in runs.events(id) if event.kind in ("finding", "verdict")}
    assert len(moments) == 1  # written in one step: the clock of these tests moves at each look
