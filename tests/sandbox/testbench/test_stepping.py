"""A script that a worker keeps goes on where it stood; one that it has not is said to be unknown, so
that it is begun anew behind what was asked already.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest

from sandbox.exchange import Exchange
from sandbox.findings import Finding
from sandbox.testbench import stepping
from sandbox.testbench.script import Given, Request, Script, Test, get
from sandbox.testbench.stepping import (
    MOST_KEPT,
    Here,
    InWorkers,
    advance,
    begin,
    go_on,
    load_scripts,
)
from sandbox.testbench.tracks import TRACKS, home_of
from sandbox.workers import pool_of

FIRST = get("metadata")
SECOND = get("Patient/a")


def two_questions(given: dict[str, str]) -> Script:
    yield FIRST
    yield SECOND


TEST = Test("fhir.basics.two_questions", "BAS-99", "clause", two_questions)


@pytest.fixture(autouse=True)
def kept(monkeypatch: pytest.MonkeyPatch) -> dict[str, tuple[int, Script]]:
    scripts: dict[str, tuple[int, Script]] = {}
    monkeypatch.setattr(stepping, "_scripts", scripts)
    monkeypatch.setattr(stepping, "_test_of", lambda home, id: TEST)
    return scripts


def answer(asked: Request) -> Exchange:
    return Exchange("GET", f"http://system.test/{asked.url}", (), b"", 200, (), b"{}")


def begun(key: str = "run", *exchanges: Exchange) -> stepping.Step:
    return begin(key, ("", TEST.id), {}, exchanges)


def test_a_script_goes_on_behind_each_answer_to_its_end() -> None:
    assert begun().asked == FIRST
    second = go_on("run", TEST.id, 1, answer(FIRST))
    assert second is not None
    assert second.asked == SECOND
    end = go_on("run", TEST.id, 2, answer(SECOND))
    assert end is not None
    assert (end.asked, end.is_broken) == (None, False)
    assert go_on("run", TEST.id, 3, answer(SECOND)) is None


@pytest.mark.parametrize(("key", "number"), [("another", 1), ("run", 2), ("run", 0)])
def test_what_a_worker_does_not_have_is_not_gone_on_with(key: str, number: int) -> None:
    begun()
    assert go_on(key, TEST.id, number, answer(FIRST)) is None


def test_a_script_is_begun_behind_what_was_asked_already() -> None:
    assert begun("run", answer(FIRST)).asked == SECOND
    end = go_on("run", TEST.id, 2, answer(SECOND))
    assert end is not None
    assert end.asked is None


def test_the_oldest_of_too_many_scripts_goes(kept: dict[str, tuple[int, Script]]) -> None:
    for number in range(MOST_KEPT + 1):
        begun(str(number))
    assert len(kept) == MOST_KEPT
    assert go_on("0", TEST.id, 1, answer(FIRST)) is None
    assert go_on(str(MOST_KEPT), TEST.id, 1, answer(FIRST)) is not None


def test_a_test_is_found_by_its_module_and_id(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    load_scripts()
    declared = TRACKS["fhir.basics"].tests[0]
    step = begin("run", (home_of(declared), declared.id), {}, ())
    assert isinstance(step.asked, Request)
    assert step.asked.url == "metadata"


def told(name: str) -> Finding:
    return Finding(f"testbench.{name}", "information", f"testbench.{name}")


def a_telling_script(given: Given) -> Script:
    yield told("first")
    yield told("second")
    answer = yield FIRST
    yield told("third")
    if answer.status != 200:
        raise KeyError("a slip of ours")
    return {"stored": "Patient/1"}


def test_a_step_has_what_was_told_until_it_asks_ends_or_breaks() -> None:
    script = a_telling_script({})
    step = advance("a", script, None)
    assert [finding.key for finding in step.findings] == ["testbench.first", "testbench.second"]
    assert (step.asked, step.produced, step.is_broken) == (FIRST, {}, False)
    end = advance("a", script, answer(FIRST))
    assert [finding.key for finding in end.findings] == ["testbench.third"]
    assert (end.asked, end.produced, end.is_broken) == (None, {"stored": "Patient/1"}, False)

    breaking = a_telling_script({})
    advance("a", breaking, None)
    refused = Exchange("GET", "http://system.test/metadata", (), b"", 500, (), b"")
    broken = advance("a", breaking, refused)
    assert [finding.key for finding in broken.findings] == ["testbench.third"]
    assert (broken.asked, broken.produced, broken.is_broken) == (None, {}, True)


def test_a_script_that_gives_nothing_has_produced_nothing() -> None:
    script = two_questions({})
    for asked in (None, FIRST, SECOND):
        step = advance("a", script, asked and answer(asked))
    assert (step.asked, step.produced) == (None, {})


def test_a_script_that_has_ended_or_broken_is_not_kept(
    kept: dict[str, tuple[int, Script]],
) -> None:
    begun()
    assert list(kept) == ["run"]
    go_on("run", TEST.id, 1, answer(FIRST))
    assert list(kept) == ["run"]
    go_on("run", TEST.id, 2, answer(SECOND))
    assert kept == {}


def test_without_an_answer_a_script_begins_anew() -> None:
    """As where a test is played again before it fails."""
    here = Here()

    async def play() -> list[object]:
        asked = []
        for exchanges in ([], [answer(FIRST)], [], [answer(FIRST)]):
            asked.append((await here(TEST, {}, exchanges)).asked)
        return asked

    assert asyncio.run(play()) == [FIRST, SECOND, FIRST, SECOND]


async def lets_others_go_on(step: Coroutine[Any, Any, stepping.Step]) -> None:
    """Holds that the loop is free while a worker works."""
    working = asyncio.ensure_future(step)
    await asyncio.sleep(0)
    assert not working.done()
    await working


@pytest.mark.parametrize("is_blocking", [True, False])
def test_the_steps_in_a_worker_are_those_in_this_process(
    is_blocking: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where the worker that had begun is gone, and where nothing may wait in the loop."""
    monkeypatch.undo()
    declared = TRACKS["fhir.basics"].tests[0]
    here = Here()
    workers = pool_of(1)
    away = InWorkers(workers, is_blocking=is_blocking)

    async def play() -> tuple[list[stepping.Step], list[stepping.Step]]:
        steps: tuple[list[stepping.Step], list[stepping.Step]] = ([], [])
        exchanges: list[Exchange] = []
        while True:
            steps[0].append(await here(declared, {}, exchanges))
            steps[1].append(await away(declared, {}, exchanges))
            asked = steps[0][-1].asked
            if asked is None:
                break
            assert isinstance(asked, Request)
            exchanges.append(answer(asked))
            for worker in workers._idle:
                worker.kill()
        return steps

    expected, found = asyncio.run(play())
    assert len(expected) > 1
    assert found == expected
    if is_blocking:
        waiting = away(declared, {}, [])
        with pytest.raises(StopIteration):
            waiting.send(None)
    else:
        asyncio.run(lets_others_go_on(away(declared, {}, [])))
    # another run of the same test is another script
    other = InWorkers(workers, is_blocking=is_blocking)
    assert asyncio.run(other(declared, {}, [])) == expected[0]
