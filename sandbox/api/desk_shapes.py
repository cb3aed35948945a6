"""What the API takes and answers about the desk; the fields are those of the JSON."""

from __future__ import annotations

from typing import NotRequired

from typing_extensions import TypedDict  # typing's own cannot be described before Python 3.12

from sandbox.desk.assignments import Late
from sandbox.store.desk import State


class AssignmentView(TypedDict):
    """What is asked for; moments are milliseconds since 1970, 0 for none."""

    id: str
    lesson: str
    opens: int
    due: int
    late: Late
    percent: int
    weight: int
    pass_percent: int
    is_released: bool


class AssignmentBody(TypedDict):
    """What is to be asked for; moments may be ISO 8601 as well."""

    lesson: str
    id: NotRequired[str]
    opens: NotRequired[int | str]
    due: NotRequired[int | str]
    late: NotRequired[Late]
    percent: NotRequired[int]
    weight: NotRequired[int]
    pass_percent: NotRequired[int]


class DoneView(TypedDict):
    """How many hand-ins something was done to."""

    count: int


class ExerciseView(TypedDict):
    """What an exercise came to, in the asker's language."""

    id: str
    title: str
    outcome: str
    reason: str
    expected: str
    found: str
    clause: str
    points: float
    max_points: float
    comment: str


class GradingView(TypedDict):
    """A hand-in and, where one may see it, what it came to."""

    id: str
    assignment: str
    team: str
    team_id: str
    by_id: str
    is_released: bool
    at: int
    name: str
    state: State
    isolation: str
    score: float | None
    max_score: float | None
    text: str
    exercises: list[ExerciseView]


class MarkBody(TypedDict):
    """What a person gives for an exercise, and says about it."""

    exercise: str
    points: NotRequired[float | None]
    comment: NotRequired[str]
