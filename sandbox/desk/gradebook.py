"""The gradebook: what each team has of each assignment, with nbgrader's columns.  Pure."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sandbox.clock import fhir_instant
from sandbox.course.grading.report import COLUMNS
from sandbox.desk.assignments import FULL, Assignment
from sandbox.desk.desk import HandIn, Mark
from sandbox.fhir.dates import moment_of

# a spreadsheet takes a text that begins so for a formula
FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class Entry:
    """What a team has of an assignment.

    Attributes:
        assignment: Which.
        hand_in: The one that counts: the last that was graded.
        raw: Points by checks and people.
        penalty: What being late costs.
        most: The points that there are.
        points: Those of each exercise, by id.
    """

    assignment: Assignment
    hand_in: HandIn
    raw: float
    penalty: float
    most: float
    points: Mapping[str, float]

    @property
    def score(self) -> float:
        return round(self.raw - self.penalty, 2)


@dataclass(frozen=True, slots=True)
class Difficulty:
    """How an exercise went over all teams: by outcome, and the most frequent wrong answers."""

    exercise: str
    outcomes: Mapping[str, int]
    wrong: Sequence[tuple[str, int]]


def entries_of(
    hand_ins: Iterable[HandIn],
    assignments: Mapping[str, Assignment],
    marks: Mapping[str, Mapping[str, Mark]],
) -> dict[str, dict[str, Entry]]:
    """Returns what each team has, by team and assignment.

    Args:
        hand_ins: The oldest first: of several the last that was graded counts.
        assignments: By id.
        marks: What people wrote, by hand-in and exercise.
    """
    book: dict[str, dict[str, Entry]] = {}
    for hand_in in hand_ins:
        assignment = assignments.get(hand_in.assignment)
        if hand_in.state == "graded" and assignment:
            entry = _entry(hand_in, assignment, marks.get(hand_in.id, {}))
            book.setdefault(hand_in.team, {})[assignment.id] = entry
    return {team: book[team] for team in sorted(book)}


def total_of(entries: Mapping[str, Entry], assignments: Mapping[str, Assignment]) -> float:
    """Returns the part of all that was asked for that a team has, in percent by weight."""
    weights = sum(assignment.weight for assignment in assignments.values())
    if not weights:
        return 0
    parts = (
        entry.assignment.weight * entry.score / entry.most
        for entry in entries.values()
        if entry.most
    )
    return round(FULL * sum(parts) / weights, 1)


def gradebook_csv(book: Mapping[str, Mapping[str, Entry]]) -> str:
    """Returns a row for each team and assignment; the team stands for the student."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, COLUMNS, restval="", lineterminator="\n")
    writer.writeheader()
    for team, entries in book.items():
        for id, entry in sorted(entries.items()):
            writer.writerow(
                {
                    "assignment": id,
                    "duedate": _moment(entry.assignment.due),
                    "timestamp": _moment(entry.hand_in.at),
                    "student_id": f"'{team}" if team.startswith(FORMULA) else team,
                    "raw_score": f"{entry.raw:g}",
                    "late_submission_penalty": f"{entry.penalty:g}",
                    "score": f"{entry.score:g}",
                    "max_score": f"{entry.most:g}",
                }
            )
    return text.getvalue()


def difficulties(entries: Iterable[Entry]) -> list[Difficulty]:
    """Returns how each exercise went, in the order of the lesson."""
    outcomes: dict[str, Counter[str]] = {}
    reasons: dict[str, Counter[str]] = {}
    for entry in entries:
        for row in entry.hand_in.result["exercises"]:
            outcomes.setdefault(row["id"], Counter())[row["outcome"]] += 1
            found = (row["finding"] or {}).get("found", "")
            if row["outcome"] == "failed" and found:
                reasons.setdefault(row["id"], Counter())[found] += 1
    return [
        Difficulty(id, counts, reasons.get(id, Counter()).most_common(3))
        for id, counts in outcomes.items()
    ]


def _entry(hand_in: HandIn, assignment: Assignment, marks: Mapping[str, Mark]) -> Entry:
    points: dict[str, float] = {}
    for row in hand_in.result["exercises"]:
        mark = marks.get(row["id"])
        given = mark.points if mark else None
        points[row["id"]] = row["points"] if given is None else given
    raw = sum(points.values())
    return Entry(
        assignment,
        hand_in,
        raw,
        assignment.penalty(raw, hand_in.at),
        hand_in.result["max_score"],
        points,
    )


def _moment(at: int) -> str:
    return fhir_instant(moment_of(at)) if at else ""
