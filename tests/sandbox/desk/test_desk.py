import json
import logging
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.course.grading.isolation import Isolation, best_isolation
from sandbox.course.grading.restore import UnreadableNotebook
from sandbox.desk import holding
from sandbox.desk.assignments import Assignment
from sandbox.desk.desk import GIVEN_UP, Desk, HandIn, Mark, Sender
from sandbox.errors import BadRequest, Conflict, NotFound
from sandbox.event.identity import named_team
from sandbox.event.people import ANYONE
from sandbox.limits import GRADING_STARTS, HAND_INS_OF_A_TEAM
from sandbox.store.desk import LEFT_BEHIND, DeskStore, HandInRow
from sandbox.store.jobs import LOGGER
from sandbox.store.partitions import Partitions
from tests.bench.cluster import until
from tests.sandbox.desk.made import LESSON, Clock, a_desk, a_notebook, handed_in, leave


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def partitions(tmp_path: Path) -> Iterator[Partitions]:
    opened = Partitions(tmp_path / "data")
    yield opened
    opened.close()


@pytest.fixture
def desk(partitions: Partitions, tmp_path: Path, clock: Clock) -> Desk:
    return a_desk(partitions, tmp_path / "desk", clock)


def test_the_first_hand_in_of_a_lesson_makes_its_assignment(desk: Desk) -> None:
    hand_in = handed_in(desk, "Perú")
    assert (hand_in.assignment, hand_in.team, hand_in.state) == (LESSON, "Perú", "queued")
    assert hand_in.whose.team == named_team("Perú")
    (asked,) = desk.assignments().values()
    assert asked == Assignment(LESSON, LESSON, data=asked.data)
    desk.assign(Assignment(LESSON, LESSON, weight=2))
    # what is graded later is graded on the same data
    assert desk.assignment(LESSON).data == asked.data != ""
    assert desk.hand_ins(LESSON) == [hand_in]
    assert desk.hand_ins("other") == []


def test_what_is_refused_leaves_nothing(desk: Desk, tmp_path: Path, clock: Clock) -> None:
    sender = Sender("Chile", named_team("Chile"), ANYONE, "page")
    with pytest.raises(UnreadableNotebook) as caught:
        desk.hand_in(b"{}", "tarea.ipynb", sender)
    assert caught.value.params["file"] == "tarea.ipynb"
    due = int(clock.now.timestamp() * 1000)
    desk.assign(Assignment(LESSON, LESSON, due=due, late="refuse"))
    clock.pass_by(seconds=1)
    with pytest.raises(Conflict):
        handed_in(desk)
    desk.assign(Assignment("next", "01_fhir"))
    with pytest.raises(Conflict) as conflict:
        desk.hand_in(a_notebook(), "x.ipynb", sender, assignment="next")
    assert conflict.value.key == "desk.other_lesson"
    with pytest.raises(NotFound):
        desk.hand_in(a_notebook(), "x.ipynb", sender, assignment="nothing")
    assert desk.hand_ins() == []
    assert list((tmp_path / "desk").iterdir()) == []


def test_a_lesson_that_only_the_file_name_tells_stays_known(desk: Desk) -> None:
    cells = [{"cell_type": "code", "source": "L.check('0.1', 'x')"}]
    content = json.dumps({"nbformat": 4, "nbformat_minor": 0, "cells": cells}).encode()
    sender = Sender("Chile", named_team("Chile"), ANYONE, "page")
    hand_in = desk.hand_in(content, "00_welcome.ipynb", sender)
    assert hand_in.lesson == LESSON


def test_a_team_hands_in_so_many_times_and_others_still_may(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sandbox.desk.desk.HAND_INS_OF_A_TEAM", 2)
    assert HAND_INS_OF_A_TEAM > 2
    handed_in(desk)
    handed_in(desk)
    with pytest.raises(Conflict) as caught:
        handed_in(desk)
    assert caught.value.key == "desk.too_many"
    handed_in(desk, "Perú")


def take(store: DeskStore, now: int) -> HandInRow | None:
    return store.take(now=now, seconds=600, most=GRADING_STARTS, given_up=GIVEN_UP)


def run_out(partitions: Partitions) -> None:
    """Lets the time be over for which gradings are held."""
    with partitions.main.writing() as connection:
        connection.execute("UPDATE hand_in SET held = 1 WHERE held > 0")


def test_what_waits_is_taken_once_and_again_when_its_grader_is_gone(
    desk: Desk, partitions: Partitions
) -> None:
    store = DeskStore(partitions.main)
    first = handed_in(desk)
    second = handed_in(desk, "Perú")
    taken = [take(store, 1000) for _ in range(3)]
    assert [row.id if row else "" for row in taken] == [first.id, second.id, ""]
    assert desk.waiting() == 2
    store.hold({first.id: 1000, second.id: 999}, seconds=600)
    assert (take(store, 1001), store.free(now=1001)) == (None, frozenset())
    run_out(partitions)
    # whoever took the second is another by now, and renews nothing
    store.hold({first.id: 1000, second.id: 999}, seconds=600)
    other = take(store, 1001)
    assert other is not None
    assert other.id == second.id
    run_out(partitions)
    assert store.free(now=1002) == {first.id, second.id}
    left = take(store, 1002)
    assert left is not None
    assert left.id == first.id
    # the grader that was thought to be gone wakes: what it says is no longer wanted
    late = store.finish(first.id, "graded", {"score": 1}, at=2000, taken=1000)
    assert (late, desk.read(first.id).state) == (False, "grading")
    assert store.finish(first.id, "graded", {"score": 3}, at=2000, taken=left.taken)
    assert desk.read(first.id).result == {"score": 3}


def test_what_a_version_took_that_says_nothing_more_of_it_is_left_behind_later(
    desk: Desk, partitions: Partitions
) -> None:
    store = DeskStore(partitions.main)
    hand_in = handed_in(desk)
    assert take(store, 1000)
    with partitions.main.writing() as connection:
        connection.execute("UPDATE hand_in SET held = 0")
    assert not store.free(now=999 + LEFT_BEHIND)
    later = take(store, 1000 + LEFT_BEHIND)
    assert later is not None
    assert later.id == hand_in.id


def test_what_a_process_is_at_stays_its_own(
    desk: Desk, partitions: Partitions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(holding, "RENEW_SECONDS", 0.01)
    store = DeskStore(partitions.main)
    handed_in(desk)
    row = take(store, 1000)
    assert row is not None
    held = holding.Holding(store)
    with held.renewed():
        with held.of(row):
            run_out(partitions)
            until(lambda: not store.free(now=1001))
        # of what it is no longer at it says nothing
        run_out(partitions)
        time.sleep(0.1)
        assert store.free(now=1001)


def test_a_grading_that_ends_its_process_each_time_is_given_up(
    desk: Desk, partitions: Partitions
) -> None:
    store = DeskStore(partitions.main)
    deadly = handed_in(desk)
    other = handed_in(desk, "Perú")
    begun = []
    for number in range(7):
        begun.append(take(store, 1 + number))
        run_out(partitions)
    # each gets its starts, and what is given up holds up nobody
    ids = [row.id for row in begun if row]
    assert {id: ids.count(id) for id in ids} == {deadly.id: GRADING_STARTS, other.id: 3}
    assert desk.waiting() == 0
    after = desk.read(deadly.id)
    assert (after.state, after.result["key"]) == ("failed", "desk.given_up")
    # whoever has mended it lets all be graded again, and it counts anew
    assert desk.grade_again(LESSON) == 2
    again = take(store, 9)
    assert again is not None
    assert again.id == deadly.id


def test_what_came_by_page_is_never_executed_without_walls(desk: Desk) -> None:
    hand_in = handed_in(desk)
    assert desk.grade_waiting(Isolation.process) == 1
    after = desk.read(hand_in.id)
    assert (after.state, after.result["key"]) == ("failed", "desk.no_walls")


@pytest.mark.slow
def test_it_is_judged_again_without_execution_and_marked_by_hand(
    desk: Desk, tmp_path: Path
) -> None:
    hand_in = handed_in(desk)
    leave(tmp_path / "desk", hand_in, ex_0_1="5.0.0", ex_0_3="1")
    with pytest.raises(Conflict):
        desk.graded(hand_in)
    assert desk.judge_again(LESSON) == 1
    graded = desk.graded(desk.read(hand_in.id))
    assert [result.outcome for result in graded.results] == ["failed", "not_attempted", "passed"]
    assert (graded.score, graded.isolation) == (1, Isolation.bubblewrap)
    (finding, *_) = [result.finding for result in graded.results]
    assert finding is not None
    assert "5.0.0" in finding.found
    desk.mark(hand_in.id, "0.1", Mark(0.5, "casi", "Inés"))
    assert desk.marks() == {hand_in.id: {"0.1": Mark(0.5, "casi", "Inés")}}
    for exercise, mark, error in (
        ("0.1", Mark(1.5, "", ""), BadRequest),
        ("0.1", Mark(float("nan"), "", ""), BadRequest),
        ("0.1", Mark(None, "x" * 2001, ""), BadRequest),
        ("9.9", Mark(1, "", ""), NotFound),
    ):
        with pytest.raises(error):
            desk.mark(hand_in.id, exercise, mark)


def test_results_are_released_and_taken_back(desk: Desk) -> None:
    handed_in(desk)
    assert desk.released() == set()
    desk.release(LESSON, is_released=True)
    assert desk.released() == {LESSON}
    # a change of the rules does not take them back
    desk.assign(Assignment(LESSON, LESSON, weight=3))
    assert desk.released() == {LESSON}
    desk.release(LESSON, is_released=False)
    assert desk.released() == set()


def test_without_walls_what_came_by_a_page_is_told_so_and_the_rest_waits(desk: Desk) -> None:
    by_page = handed_in(desk)
    facilitator = Sender("Perú", named_team("Perú"), ANYONE, "command")
    collected = desk.hand_in(a_notebook(), f"{LESSON}.ipynb", facilitator)
    desk.turn_away()
    assert desk.read(by_page.id).state == "failed"
    assert desk.read(by_page.id).result["key"] == "desk.no_walls"
    assert desk.read(collected.id).state == "queued"


@pytest.mark.slow
@pytest.mark.needs("bubblewrap")
def test_a_hand_in_is_graded_and_graded_again(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    hand_in = handed_in(desk)
    told: list[HandIn] = []
    with caplog.at_level(logging.INFO, LOGGER):
        assert desk.grade_waiting(best_isolation(), tell=told.append) == 1
    lines = [record for record in caplog.records if record.name == LOGGER]
    assert [line.getMessage() for line in lines] == ["a grading was taken", "a grading: graded"]
    assert {vars(line)["job"] for line in lines} == {hand_in.id}
    assert [(done.id, done.state, done.result["score"]) for done in told] == [
        (hand_in.id, "graded", 3)
    ]
    assert desk.judge_again(LESSON) == 1
    assert desk.read(hand_in.id).result["score"] == 3
    assert desk.grade_again(LESSON) == desk.waiting() == 1
