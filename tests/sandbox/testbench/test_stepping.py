"""A script that a worker keeps goes on where it stood; one that it has not is said to be unknown, so
that it is begun anew behind what was asked already.
"""

from __future__ import annotations

import pytest

from sandbox.exchange import Exchange
from sandbox.testbench import stepping
from sandbox.testbench.script import Request, Script, Test, get
from sandbox.testbench.stepping import MOST_KEPT, begin, go_on, load_scripts
from sandbox.testbench.tracks import TRACKS, home_of

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
