import csv
import io

from sandbox.desk.assignments import DAY, Assignment
from sandbox.desk.desk import HandIn, Mark
from sandbox.desk.gradebook import difficulties, entries_of, gradebook_csv, total_of
from sandbox.event.rights import NOBODYS

WEEK = Assignment("week-1", "00_welcome", due=1000, late="percent", percent=10, weight=3)
OTHER = Assignment("week-2", "01_fhir")
BOTH = {WEEK.id: WEEK, OTHER.id: OTHER}


def a_hand_in(
    id: str, team: str, *points: int, at: int = 500, assignment: str = "week-1"
) -> HandIn:
    exercises = [
        {
            "id": f"0.{number}",
            "outcome": "passed" if given else "failed",
            "points": given,
            "max_points": 2,
            "finding": None if given else {"found": "5.0.0"},
        }
        for number, given in enumerate(points, 1)
    ]
    result = {"exercises": exercises, "max_score": 2 * len(points)}
    return HandIn(
        id, assignment, team, NOBODYS, at, "x.ipynb", "00_welcome", "page", "graded", result
    )


def test_the_last_graded_hand_in_counts() -> None:
    waiting = HandIn("c", "week-1", "A", NOBODYS, 3, "", "00_welcome", "page", "queued", {})
    book = entries_of([a_hand_in("a", "A", 2, 2), a_hand_in("b", "A", 2, 0), waiting], BOTH, {})
    assert book["A"]["week-1"].hand_in.id == "b"
    assert book["A"]["week-1"].score == 2


def test_what_a_person_gave_counts_before_the_checks_and_a_comment_changes_nothing() -> None:
    marks = {"a": {"0.1": Mark(1.5, "", ""), "0.2": Mark(None, "bien", "")}}
    entry = entries_of([a_hand_in("a", "A", 2, 2)], BOTH, marks)["A"]["week-1"]
    assert entry.points == {"0.1": 1.5, "0.2": 2}
    assert entry.score == 3.5


def test_being_late_costs_of_what_was_reached_and_weights_make_the_total() -> None:
    late = a_hand_in("a", "A", 2, 2, at=1001 + DAY)
    entries = entries_of([late, a_hand_in("b", "A", 2, assignment="week-2")], BOTH, {})["A"]
    assert (entries["week-1"].penalty, entries["week-1"].score) == (0.8, 3.2)
    assert total_of(entries, BOTH) == 85.0  # (3 × 80 % + 1 × 100 %) / 4
    assert total_of({}, BOTH) == 0


def test_the_csv_has_the_columns_of_nbgrader_and_no_formula() -> None:
    hand_ins = [a_hand_in("a", "=cmd()", 2, 0, at=1001), a_hand_in("b", "Ñandú, 2", 2, 2)]
    rows = list(csv.DictReader(io.StringIO(gradebook_csv(entries_of(hand_ins, BOTH, {})))))
    assert list(rows[0]) == [
        "assignment", "duedate", "timestamp", "student_id", "last_name", "first_name", "email",
        "raw_score", "late_submission_penalty", "score", "max_score",
    ]  # fmt: skip
    first, second = rows
    assert (first["student_id"], second["student_id"]) == ("'=cmd()", "Ñandú, 2")
    assert first["duedate"] == "1970-01-01T00:00:01.000Z"
    assert first["timestamp"] == "1970-01-01T00:00:01.001Z"
    assert (first["raw_score"], first["late_submission_penalty"], first["score"]) == (
        "2",
        "0.2",
        "1.8",
    )
    assert (second["score"], second["max_score"]) == ("4", "4")


def test_where_people_fail_is_counted_with_what_they_answered() -> None:
    hand_ins = [
        a_hand_in(team, team, 2, given) for team, given in zip("ABC", (0, 0, 2), strict=True)
    ]
    entries = [entries["week-1"] for entries in entries_of(hand_ins, BOTH, {}).values()]
    easy, hard = difficulties(entries)
    assert (easy.exercise, easy.outcomes, easy.wrong) == ("0.1", {"passed": 3}, [])
    assert hard.outcomes == {"failed": 2, "passed": 1}
    assert hard.wrong == [("5.0.0", 2)]
