"""Who gets a certificate of the course, and what stands on it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from sandbox.desk.completing import completion_pdf, completions
from sandbox.desk.gradebook import entries_of
from tests.sandbox.desk.test_gradebook import BOTH, OTHER, WEEK, a_hand_in
from tests.sandbox.event.test_event_sheets import text_of

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)


def test_each_assignment_that_counts_has_to_be_passed() -> None:
    book = entries_of(
        [
            a_hand_in("a", "Chile", 2, 1),
            a_hand_in("b", "Chile", 2, assignment="week-2"),
            a_hand_in("c", "Perú", 2, 2),  # half of the course
            a_hand_in("d", "Panamá", 2, 0),  # 50 percent of the first
            a_hand_in("e", "Panamá", 2, assignment="week-2"),
        ],
        BOTH,
        {},
    )
    assert [completion.team for completion in completions(book, BOTH)] == ["Chile"]
    (chile,) = completions(book, BOTH)
    assert chile.percents == {"00_welcome": 75.0, "01_fhir": 100.0}
    assert chile.total == 81.2

    lenient = {**BOTH, WEEK.id: replace(WEEK, pass_percent=50)}
    again = entries_of(
        [entry.hand_in for row in book.values() for entry in row.values()], lenient, {}
    )
    assert [row.team for row in completions(again, lenient)] == ["Chile", "Panamá"]


def test_what_weighs_nothing_need_not_be_passed_and_a_course_of_nothing_has_no_certificates() -> (
    None
):
    optional = {**BOTH, OTHER.id: replace(OTHER, weight=0)}
    book = entries_of([a_hand_in("c", "Perú", 2, 2)], optional, {})
    assert [row.team for row in completions(book, optional)] == ["Perú"]
    nothing = {id: replace(assignment, weight=0) for id, assignment in BOTH.items()}
    assert completions(book, nothing) == []


def test_the_sheet_says_it_in_spanish() -> None:
    book = entries_of([a_hand_in("c", "Perú", 2, 2)], {WEEK.id: WEEK}, {})
    completed = completions(book, {WEEK.id: WEEK})
    text = text_of(completion_pdf(completed, {"00_welcome": "Bienvenida"}, "es", at=NOW))
    for said in ("Certificado de finalización", "Perú", "Bienvenida: 100 %", "2026-11-29"):
        assert said in text
