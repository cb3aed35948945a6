"""What is asked for: a lesson within a time, what being late costs, how much it weighs, and from
where on it is passed.  Pure.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any, Literal, get_args

from sandbox.course.exercises import known_lessons
from sandbox.errors import BadRequest, Conflict
from sandbox.fhir.dates import milliseconds_of
from sandbox.ids import WORD

Late = Literal["accept", "refuse", "percent"]
LATE: tuple[Late, ...] = get_args(Late)
ID = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
DAY = 86_400_000  # milliseconds
FULL = 100
PASS = 60  # percent, as most courses of the region have it
LAST = 253_402_300_799_999  # the last moment that a calendar of four digits has


@dataclass(frozen=True, slots=True)
class Assignment:
    """What teams hand in.

    Attributes:
        id: Such as `01_fhir`.
        lesson: Which lesson.
        opens: From when on, in milliseconds since 1970; 0 for at once.
        due: Until when; 0 for no end.
        late: What happens behind that: all counts, nothing is taken, or each day begun costs.
        percent: How much of the points a day costs.
        weight: How much it counts in the whole.
        pass_percent: From how much of the points on it is passed.
        data: The word that draws the data on which hand-ins are executed, the same for all teams;
            no team is told.
    """

    id: str
    lesson: str
    opens: int = 0
    due: int = 0
    late: Late = "accept"
    percent: int = 0
    weight: int = 1
    pass_percent: int = PASS
    data: str = ""

    def refuse_outside(self, at: int) -> None:
        """Refuses what comes before the opening, or behind the deadline where that is the rule.

        Raises:
            Conflict: It is too early or too late.
        """
        if at < self.opens:
            raise Conflict("desk.not_open", where="at", assignment=self.id)
        if self.due and at > self.due and self.late == "refuse":
            raise Conflict("desk.too_late", where="at", assignment=self.id)

    def days_late(self, at: int) -> int:
        """Returns how many days behind the deadline have begun."""
        if not self.due or at <= self.due:
            return 0
        return -((self.due - at) // DAY)

    def penalty(self, points: float, at: int) -> float:
        """Returns the points that being late costs."""
        if self.late != "percent":
            return 0
        return round(points * min(self.percent * self.days_late(at), FULL) / FULL, 2)


def read_assignment(body: Mapping[str, Any]) -> Assignment:
    """Reads an assignment as it is sent.

    Args:
        body: Its members; the id is that of the lesson where it is absent, moments are milliseconds
            or a date with time (ISO 8601; UTC where it names no zone).

    Raises:
        BadRequest: A member cannot be what it is.
    """
    lesson = body.get("lesson")
    known = known_lessons()
    if not isinstance(lesson, str) or lesson not in known:
        raise BadRequest(
            "desk.unknown_lesson", where="lesson", found=str(lesson), known=", ".join(known)
        )
    return kept_assignment(body, lesson)


def kept_assignment(body: Mapping[str, Any], lesson: str) -> Assignment:
    """Reads an assignment as it is kept: the pack that has its lesson may not be in use now.

    Args:
        body: Its members.
        lesson: Which lesson it is for.

    Raises:
        BadRequest: A member cannot be what it is.
    """
    id = body.get("id") or lesson
    late = body.get("late") or "accept"
    data = body.get("data") or ""
    if not isinstance(id, str) or not ID.fullmatch(id):
        raise BadRequest("desk.bad_member", where="id", name="id")
    if not isinstance(data, str) or (data and not WORD.fullmatch(data)):
        raise BadRequest("desk.bad_member", where="data", name="data")
    if late not in LATE:
        raise BadRequest("desk.bad_member", where="late", name="late")
    return Assignment(
        id=id,
        lesson=lesson,
        opens=_moment(body, "opens"),
        due=_moment(body, "due"),
        late=late,
        percent=_number(body, "percent", default=0, most=FULL),
        weight=_number(body, "weight", default=1, most=FULL),
        pass_percent=_number(body, "pass_percent", default=PASS, most=FULL),
        data=data,
    )


def written_assignment(assignment: Assignment) -> dict[str, Any]:
    """Returns an assignment as plain values."""
    return asdict(assignment)


def _moment(body: Mapping[str, Any], name: str) -> int:
    value = body.get(name) or 0
    moment = 0
    if isinstance(value, str):
        try:
            read = datetime.fromisoformat(value)
            moment = milliseconds_of(read if read.tzinfo else read.replace(tzinfo=UTC))
        except (ValueError, OverflowError):
            moment = -1
    elif isinstance(value, int) and not isinstance(value, bool):
        moment = value
    else:
        moment = -1
    if not 0 <= moment <= LAST:
        raise BadRequest("desk.bad_member", where=name, name=name)
    return moment


def _number(body: Mapping[str, Any], name: str, *, default: int, most: int) -> int:
    value = body.get(name, default)
    text = str(default if value in (None, "") else value)
    if isinstance(value, bool) or not text.isdecimal() or int(text[:9]) > most:
        raise BadRequest("desk.bad_member", where=name, name=name)
    return int(text)
