"""Suggests what to learn next, from runs, tests and lessons as the API reports them.  Pure."""

from __future__ import annotations

from typing import Any

from bot.cards import Card, Table
from bot.words import Language, say

FAILED = ("fail", "error")


def next_lesson(lessons: list[Any], tracks: list[Any], runs: list[Any]) -> tuple[Any, str] | None:
    """Returns the lesson that helps a team most now.

    It is the lesson of the first test that fails in the newest run, else the first one whose tests
    no passed run has covered.

    Args:
        lessons: As `/api/lessons` gives them.
        tracks: As `/api/tracks` gives them.
        runs: As `/api/runs` gives them, the newest first.

    Returns:
        The lesson, and the number of the test that says so (empty where none does); None where all
        is passed.
    """
    known = {lesson["number"]: lesson for lesson in lessons}
    done = [run for run in runs if run["verdict"]]
    for test in done[0]["tests"] if done else []:
        if test["verdict"] in FAILED and test["lesson"] in known:
            return known[test["lesson"]], str(test["number"])
    passed = {run["track"] for run in done if run["verdict"] in ("pass", "warn")}
    taught = {test["lesson"] for track in tracks for test in track["tests"]}
    learnt = {
        test["lesson"] for track in tracks if track["id"] in passed for test in track["tests"]
    }
    return next(((lesson, "") for lesson in lessons if lesson["number"] in taught - learnt), None)


def next_card(next_test: tuple[Any, str] | None, language: Language) -> Card:
    """Returns the advice of what to learn next; `found` is what `next_lesson` returned."""
    if next_test is None:
        return Card(say("said.all_passed", language), "good")
    lesson, test = next_test
    why = (say("said.because", language, test=test),) if test else ()
    title = say("said.next_lesson", language, number=lesson["number"], title=lesson["title"])
    return Card(title, lines=(*why, say("said.open_lesson", language, notebook=lesson["notebook"])))


def lesson_card(lesson: Any, tracks: list[Any], language: Language) -> Card:
    """Returns a lesson with the tests that it teaches."""
    lines = [say("said.open_lesson", language, notebook=lesson["notebook"])]
    for track in tracks:
        numbers = [test["number"] for test in track["tests"] if test["lesson"] == lesson["number"]]
        if numbers:
            lines.append(
                f"`{track['id']}` {numbers[0]}–{numbers[-1]}" if len(numbers) > 1 else numbers[0]
            )
    return Card(f"{lesson['number']} · {lesson['title']}", lines=tuple(lines))


def grades_table(grades: list[Any], language: Language) -> Table:
    """Returns points by team and lesson."""
    headings = tuple(say(f"fact.{name}", language) for name in ("team", "lesson", "points"))
    rows = tuple(
        (grade["team"], grade["lesson"], f"{grade['score']} / {grade['max_score']}")
        for grade in grades
    )
    return Table(say("said.grades", language), headings, rows)
