"""How far somebody is: what was passed counts once, and the course goes on where it was left."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sandbox.course.exercises import LESSONS, exercises_of
from sandbox.course.overview import all_lessons
from sandbox.course.progress import progress_in
from sandbox.course.record import Record
from sandbox.i18n import LANGUAGES, Language, say
from tests.conftest import a_sandbox

NOW = datetime(2026, 11, 30, tzinfo=UTC)
DATA = "sandbox"  # where a sandbox of tests keeps its data


def passed(folder: Path, lesson: str, *ids: str, team: str = "team", at: int = 1) -> None:
    record = Record(folder, team=team, lesson=lesson)
    for id in ids:
        record.add(id, "check", NOW, outcome="passed")
    os.utime(record.file, (at, at))


def test_who_has_begun_nothing_has_no_progress(tmp_path: Path) -> None:
    assert progress_in(tmp_path) == {}


def test_what_was_passed_counts_once_whoever_passed_it(tmp_path: Path) -> None:
    record = Record(tmp_path, team="team", lesson="00_welcome")
    record.add("0.2", "check", NOW, outcome="failed")
    record.add("0.1", "hint", NOW)
    passed(tmp_path, "00_welcome", "0.1", "0.1", "9.9")
    passed(tmp_path, "00_welcome", "0.1", "0.3", team="Perú")
    progress = progress_in(tmp_path)
    assert set(progress) == set(LESSONS)
    assert (progress["00_welcome"].passed, progress["00_welcome"].count) == (2, 3)
    assert [name for name, each in progress.items() if each.is_next] == ["00_welcome"]


def test_it_goes_on_in_the_newest_lesson_or_behind_it(tmp_path: Path) -> None:
    passed(tmp_path, "04_terminology", "4.1", at=9)
    passed(tmp_path, "00_welcome", "0.1", at=5)
    assert progress_in(tmp_path)["04_terminology"].is_next
    whole = [each.id for each in exercises_of("10_event_systems").exercises.values()]
    passed(tmp_path, "10_event_systems", *whole, at=20)
    assert progress_in(tmp_path)["11_wallet"].is_next


def test_a_course_that_is_done_goes_on_nowhere(tmp_path: Path) -> None:
    for name in LESSONS:
        passed(tmp_path, name, *(each.id for each in exercises_of(name).exercises.values()))
    assert [name for name, each in progress_in(tmp_path).items() if each.is_next] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_lessons_say_how_long_they_take(language: Language) -> None:
    minutes = {lesson.name: lesson.minutes for lesson in all_lessons(language)}
    assert minutes["13_identity"] == 50
    assert [name for name, count in minutes.items() if not count] == []


def test_the_page_of_lessons_says_where_to_go_on(tmp_path: Path) -> None:
    passed(tmp_path / DATA, "03_mhd", "3.1", "3.2")
    with a_sandbox(tmp_path) as served:
        page = served.get("/practice?lang=es").text
    row = page.partition('id="lesson-03"')[2].partition("</li>")[0]
    assert say("floor.lessons.next", "es") in row
    assert (
        say(
            "floor.lessons.done", "es", passed=2, count=progress_in(tmp_path / DATA)["03_mhd"].count
        )
        in row
    )
    assert page.count(say("floor.lessons.next", "es")) == 1


def test_where_several_come_in_nobody_sees_the_progress_of_the_machine(tmp_path: Path) -> None:
    passed(tmp_path / DATA, "03_mhd", "3.1")
    with a_sandbox(tmp_path) as served:
        made = served.post("/api/people", json={"name": "Inés", "role": "facilitator"}).json()
        code = made["enter"].rpartition("/")[2]
        session = served.post("/api/enter", json={"code": code}).json()["session"]
        headers = {"Authorization": f"Bearer {session}"}
        page = served.get("/practice?lang=es", headers=headers).text
    assert "lesson-03" in page
    assert say("floor.lessons.next", "es") not in page
