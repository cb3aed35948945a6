"""The exercise: what a lesson asks, how an answer is judged, and the judging itself.

The judge is a pure function of the answer and of what the server was asked for (`needs`);
notebooks, the grader and the check of a team's own system run the same one.  No exercise knows who
calls it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from sandbox.course.blank import has_blank
from sandbox.errors import SandboxError
from sandbox.exchange import Exchange
from sandbox.findings import Finding

Outcome = Literal["passed", "failed", "not_attempted", "error"]
Evidence = Mapping[str, Exchange]
Fetch = Callable[[str], Exchange]
Judge = Callable[[Any, Evidence], Finding | None]
Needs = Callable[[Any], dict[str, str]]


@dataclass(frozen=True, slots=True)
class Exercise:
    """What is asked once in a lesson.

    Attributes:
        id: Such as `1.3`.
        room: Its catalogue.
        points: Those of a right answer.
        clause: What it rests on.
        judge: Judges the answer.
        needs: What the server is asked for, from an answer to named GET requests below its base.
        answer_of: The answer that is judged: its own, or that of the open task of which it is a
            part.
        hidden: Whether it is judged only when the facilitator grades.
    """

    id: str
    room: str
    points: int
    clause: str
    judge: Judge
    needs: Needs
    answer_of: str
    hidden: bool

    @property
    def name(self) -> str:
        """The catalogue name: exercise 1.3 is `ex_1_3`."""
        return "ex_" + self.id.replace(".", "_")


@dataclass(frozen=True, slots=True)
class Result:
    """How one answer to one exercise was judged; `finding` says why it did not pass."""

    exercise: Exercise
    outcome: Outcome
    finding: Finding | None = None

    @property
    def points(self) -> int:
        return self.exercise.points if self.outcome == "passed" else 0


class ExerciseSet:
    """The exercises of one lesson, in order."""

    def __init__(self, room: str) -> None:
        self.room = room
        self.exercises: dict[str, Exercise] = {}

    def exercise(
        self,
        id: str,
        *,
        clause: str,
        points: int = 1,
        needs: Needs | None = None,
        hidden_part_of: str = "",
    ) -> Callable[[Judge], Judge]:
        """Registers the decorated judge.

        Args:
            id: Such as `1.3`.
            clause: What the exercise rests on.
            points: Those of a right answer.
            needs: Maps an answer to named GET requests below the server's base.
            hidden_part_of: The open task whose answer is judged; its parts are judged only when the
                facilitator grades.
        """

        def register(judge: Judge) -> Judge:
            self.exercises[id] = Exercise(
                id=id,
                room=self.room,
                points=points,
                clause=clause,
                judge=judge,
                needs=needs or (lambda _: {}),
                # several hidden parts judge the one answer of an open task
                answer_of=hidden_part_of or id,
                hidden=bool(hidden_part_of),
            )
            return judge

        return register

    def of_answer(self, id: str) -> list[Exercise]:
        """Returns the exercises that an answer with this id serves: one, or the hidden parts of an
        open task.
        """
        return [exercise for exercise in self.exercises.values() if exercise.answer_of == id]


def wrong(
    name: str, *, where: str = "", expected: object = "", found: object = "", **params: object
) -> Finding:
    """Returns what a judge says about a wrong answer.

    Args:
        name: The sentence, below its exercise in the catalogue.
        where: The element that is wrong.
        expected: What should stand there; cut where it is long.
        found: What stands there; cut where it is long.
        params: What fills the sentence.
    """
    return Finding(
        id=name,
        severity="error",
        key=name,
        params=params,
        where=where,
        expected=_short(expected),
        found=_short(found),
    )


def judge_answer(exercise: Exercise, answer: Any, fetch: Fetch) -> Result:
    """Judges an answer.

    Args:
        exercise: What was asked.
        answer: As plain JSON; a blank or None is not attempted, and asks the server for nothing.
        fetch: Carries out the GET requests that the exercise needs.

    Returns:
        The outcome. A fault of ours or an unreachable server is `error`, never a wrong answer.
    """
    # a blank asks the server for nothing, so that a notebook of blanks runs without one
    if answer is None or has_blank(answer):
        return Result(exercise, "not_attempted")
    try:
        evidence = {name: fetch(path) for name, path in exercise.needs(answer).items()}
    except SandboxError as error:
        return Result(
            exercise, "error", Finding("unreachable", "error", error.key, dict(error.params))
        )
    try:
        finding = exercise.judge(answer, evidence)
    # a judge must never fail on any answer: that is our fault, and is said so
    except Exception as error:
        params = {"reason": f"{type(error).__name__}: {error}"}
        return Result(
            exercise, "error", Finding("check_failed", "fatal", "course.check_failed", params)
        )
    return Result(exercise, "failed" if finding else "passed", finding)


def _short(value: object) -> str:
    # half a surrogate could not be written anywhere
    text = str(value).encode("utf-8", "backslashreplace").decode()
    return text if len(text) <= 160 else text[:157] + "…"
