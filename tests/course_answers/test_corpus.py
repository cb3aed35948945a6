"""The corpus: every right answer passes, every wrong one gets the sentence of its mistake."""

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from sandbox.course.cards import check_card
from sandbox.course.exercise import Result
from sandbox.course.exercises import LESSONS, exercises_of
from sandbox.i18n import LANGUAGES, languages_of
from tests.conftest import CASES
from tests.course_answers.corpus import GENERIC, RIGHT, SETS, Desks, Row, rows_of, said

IDS = [id for lesson in LESSONS for id in exercises_of(lesson).exercises]
MOST_GENERIC = 0.15


@pytest.fixture(scope="module")
def desks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desks]:
    with ExitStack() as opened:
        yield Desks(tmp_path_factory.mktemp("desks"), opened)


@pytest.mark.parametrize("set", SETS)
@pytest.mark.parametrize("lesson", LESSONS)
def test_every_answer_gets_its_sentence_in_every_language(
    desks: Desks, set: str, lesson: str
) -> None:
    misses = []
    for row in rows_of(set):
        if row.lesson == lesson:
            result = desks.judged(row)
            if said(result) != row.key:
                misses.append(f"{row}: must be {row.key}, is {said(result)}")
            misses += [f"{row}: {fault}" for fault in faults_of(result)]
    assert misses == []


def faults_of(result: Result) -> Iterator[str]:
    """Yields what is wrong with the card of a result: a language without the sentence, a bare brace."""
    exercise = result.exercise
    finding = result.finding
    if finding and "." not in finding.key:
        keys = (f"{exercise.room}.{exercise.name}.{finding.key}", f"answers.{finding.key}")
        spoken = next((languages_of(key) for key in keys if languages_of(key)), [])
        if sorted(spoken) != sorted(LANGUAGES):
            yield f"{finding.key} is said in {spoken}"
    for language in LANGUAGES:
        text = repr(check_card(result, language))
        if "{missing}" in text or "{word}" in text or "{given}" in text:
            yield text


@pytest.mark.parametrize("set", SETS)
def test_few_sentences_are_generic(set: str) -> None:
    wrong = [row for row in rows_of(set) if row.key != RIGHT]
    assert sum(row.key in GENERIC for row in wrong) <= MOST_GENERIC * len(wrong)


def test_the_corpus_is_large_enough_and_leaves_no_exercise_out() -> None:
    rows = rows_of("made")
    wrong = Counter(row.exercise for row in rows if row.key != RIGHT)
    right = Counter(row.exercise for row in rows if row.key == RIGHT)
    assert wrong.total() >= 600
    assert right.total() >= 100
    assert [id for id in IDS if wrong[id] < 8 or right[id] < 2] == []
    assert len(rows_of("seen")) >= 344


@pytest.mark.needs("cases")
def test_what_was_seen_is_typed_anew_row_by_row() -> None:
    seen = json.loads((CASES / "course" / "wrong-answers-seen.json").read_text(encoding="utf-8"))
    # what the old checks took for a blank was no answer, and is a card of the cell's failure now
    listed = Counter(row[0] for row in seen if row[2] != "not_attempted")
    typed = Counter(row.exercise for row in rows_of("seen"))
    assert {id: count for id, count in listed.items() if typed[id] < count} == {}


@pytest.mark.needs("cases")
def test_the_answers_of_the_cases_are_judged_by_their_cards(desks: Desks) -> None:
    cards = json.loads((CASES / "course" / "lesson-answers.json").read_text(encoding="utf-8"))
    # an answer that is told in prose stands in the corpus
    typed = [card for card in cards if is_typed(card["answer"])]
    assert len(typed) >= 6
    outcomes = [
        (card["exercise"], desks.judged(row_of(card)).outcome, card["expected"]) for card in typed
    ]
    assert [
        each for each in outcomes if each[1] != ("passed" if "passes" in each[2][:9] else "failed")
    ] == []


def is_typed(answer: object) -> bool:
    return isinstance(answer, dict) or (isinstance(answer, str) and "?" in answer)


def row_of(card: dict[str, Any]) -> Row:
    lesson = next(
        lesson for lesson in LESSONS if card["exercise"] in exercises_of(lesson).exercises
    )
    return Row("made", lesson, card["exercise"], "", repr(card["answer"]), 0)
