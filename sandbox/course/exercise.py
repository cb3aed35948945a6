"""The exercise: what a lesson asks, how an answer is judged, and the judging itself.

The order is the same for all: the type of the answer, what the judge finds in it, then what the
exercise asks for.  The judging is a pure function of the answer and of what the server was asked
for; notebooks, the grader and the check of a team's own system run the same one.  No exercise knows
who calls it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from sandbox.course.blank import has_blank
from sandbox.course.comparing import wrong
from sandbox.course.refusals import errors_in, graver
from sandbox.errors import BadRequest, SandboxError
from sandbox.exchange import Exchange
from sandbox.findings import Finding

Outcome = Literal["passed", "failed", "not_attempted", "error"]
Evidence = Mapping[str, Exchange]
Fetch = Callable[[str], Exchange]
Judge = Callable[[Any, Evidence], Finding | None]
Needs = Callable[[Any], dict[str, str]]
Reader = Callable[[Any], Any]
Refusable = Callable[[Any, Evidence], Any]
HINTS = 3
"""Of each exercise, from a nudge to nearly all."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What an exercise asks for.

    Attributes:
        read: Returns the answer as it is judged, or a finding where it is of another type.
        needs: What the server is asked for, from an answer to named GET requests below its base.
        resource: What the judge looks at: the answer, what it names, or None where the exercise is
            about something else than whether that is valid.
        profile: The short name of the profile that the judge takes; R4 alone where it is empty.
    """

    read: Reader = lambda answer: answer
    needs: Needs = lambda answer: {}
    resource: Refusable = lambda answer, evidence: None
    profile: str = ""


@dataclass(frozen=True, slots=True)
class Exercise:
    """What is asked once in a lesson.

    Attributes:
        id: Such as `1.3`.
        room: Its catalogue.
        points: Those of a right answer.
        clause: What it rests on.
        asked: What kind of answer it takes.
        judge: Judges the answer.
        answer_of: The answer that is judged: its own, or that of the open task of which it is a
            part.
        hidden: Whether it is judged only when the facilitator grades.
    """

    id: str
    room: str
    points: int
    clause: str
    asked: Asked
    judge: Judge
    answer_of: str
    hidden: bool

    @property
    def name(self) -> str:
        """The catalogue name: exercise 1.3 is `ex_1_3`."""
        return "ex_" + self.id.replace(".", "_")


@dataclass(frozen=True, slots=True)
class Result:
    """How one answer to one exercise was judged.

    Attributes:
        exercise: Which.
        outcome: How.
        finding: Why it did not pass.
        more: How many more errors the judge finds in it.
    """

    exercise: Exercise
    outcome: Outcome
    finding: Finding | None = None
    more: int = 0

    @property
    def points(self) -> int:
        return self.exercise.points if self.outcome == "passed" else 0


class ExerciseSet:
    """The exercises of one lesson, in order.

    Args:
        room: Its catalogue.
        open_tasks: How many hidden checks judge each open task whose checks stand elsewhere.
    """

    def __init__(self, room: str, *, open_tasks: Mapping[str, int] | None = None) -> None:
        self.room = room
        self.exercises: dict[str, Exercise] = {}
        self.open_tasks = dict(open_tasks or {})

    def exercise(
        self,
        id: str,
        *,
        clause: str,
        points: int = 1,
        asked: Asked | None = None,
        hidden_part_of: str = "",
    ) -> Callable[[Judge], Judge]:
        """Registers the decorated judge.

        Args:
            id: Such as `1.3`.
            clause: What the exercise rests on.
            points: Those of a right answer.
            asked: What kind of answer it takes; any value of JSON where there is none.
            hidden_part_of: The open task whose answer is judged; its parts are judged only when the
                facilitator grades.
        """

        def register(judge: Judge) -> Judge:
            self.exercises[id] = Exercise(
                id=id,
                room=self.room,
                points=points,
                clause=clause,
                asked=asked or Asked(),
                judge=judge,
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

    def count_of_checks(self, id: str) -> int:
        """Returns how many exercises an answer with this id serves, here or where it is graded."""
        return len(self.of_answer(id)) or self.open_tasks.get(id, 0)

    def hint_key(self, id: str, number: int) -> str:
        """Returns the sentence that is a hint, counted from 1, of the exercise or open task."""
        return f"{self.room}.ex_{id.replace('.', '_')}.hint_{number}"

    def joined(self, others: ExerciseSet) -> ExerciseSet:
        """Returns a set with the exercises of another behind its own; raises ValueError where both
        have one of an id.
        """
        both = self.exercises.keys() & others.exercises.keys()
        if both:
            raise ValueError(f"judged twice: {', '.join(sorted(both))}")
        whole = ExerciseSet(self.room, open_tasks=self.open_tasks)
        whole.exercises = {**self.exercises, **others.exercises}
        return whole


def judge_answer(exercise: Exercise, answer: Any, fetch: Fetch) -> Result:
    """Judges an answer.

    Args:
        exercise: What was asked.
        answer: As plain JSON; a blank, None, or names with None alone behind them are not
            attempted, and ask the server for nothing: so answers a function without a body.
        fetch: Carries out the GET requests that the exercise needs.

    Returns:
        The outcome. A fault of ours or an unreachable server is `error`, never a wrong answer.
    """
    # a blank asks the server for nothing, so that a notebook of blanks runs without one
    if _is_empty(answer) or has_blank(answer):
        return Result(exercise, "not_attempted")
    try:
        return _judged(exercise, answer, fetch)
    except SandboxError as error:
        reason = Finding("unreachable", "error", error.key, dict(error.params))
        return Result(exercise, "error", reason)
    # a judge must never fail on any answer: that is our fault, and is said so
    except Exception as error:
        params = {"reason": f"{type(error).__name__}: {error}"}
        return Result(
            exercise, "error", Finding("check_failed", "fatal", "course.check_failed", params)
        )


def _is_empty(answer: Any) -> bool:
    if isinstance(answer, dict) and answer:
        return all(value is None for value in answer.values())
    return answer is None


def _judged(exercise: Exercise, answer: Any, fetch: Fetch) -> Result:
    asked = exercise.asked
    read = asked.read(answer)
    if isinstance(read, Finding):
        return Result(exercise, "failed", read)
    try:
        evidence = {name: fetch(path) for name, path in asked.needs(read).items()}
    except BadRequest as error:  # an address that is not below the server's
        return Result(exercise, "failed", wrong("other_server", found=error.params.get("path", "")))
    resource = asked.resource(read, evidence)
    errors = errors_in(resource, profile=asked.profile) if resource else []
    finding = graver(exercise.judge(read, evidence), errors)
    more = len(errors) - 1 if finding in errors else 0
    return Result(exercise, "failed" if finding else "passed", finding, more)
