"""How far somebody is in the course, as the records of a machine say.

They are the learner's own and prove nothing: what counts, the grader judges again.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sandbox.course.exercises import LESSONS, exercises_of
from sandbox.course.record import Record

FOLDER = "progress"


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a lesson is.

    Attributes:
        passed: How many of its exercises were answered rightly.
        count: How many it has, without those that only a facilitator judges.
        is_next: Whether it is the one to go on with.
    """

    passed: int
    count: int
    is_next: bool = False


def progress_in(folder: Path) -> dict[str, Progress]:
    """Returns the progress of each lesson of the project.

    Args:
        folder: The data folder of the machine; whoever works on it counts as one.

    Returns:
        By the name of the lesson; nothing where nobody has begun.
    """
    teams = sorted(path.name for path in (folder / FOLDER).glob("*") if path.is_dir())
    records = {name: [Record(folder, team=team, lesson=name) for team in teams] for name in LESSONS}
    begun = {name: _latest(of_lesson) for name, of_lesson in records.items() if _latest(of_lesson)}
    if not begun:
        return {}
    found = {name: _progress(name, of_lesson) for name, of_lesson in records.items()}
    following = _next(found, max(begun, key=lambda name: begun[name]))
    return {
        name: Progress(one.passed, one.count, is_next=name == following)
        for name, one in found.items()
    }


def _latest(records: list[Record]) -> int:
    return max((one.file.stat().st_mtime_ns for one in records if one.file.exists()), default=0)


def _progress(name: str, records: list[Record]) -> Progress:
    asked = {each.id for each in exercises_of(name).exercises.values() if not each.hidden}
    passed = {
        event["exercise"]
        for record in records
        for event in record.events()
        if event["event"] == "check" and event.get("outcome") == "passed"
    }
    return Progress(len(passed & asked), len(asked))


def _next(found: dict[str, Progress], latest: str) -> str:
    """Returns the lesson that was worked at last, or the first behind it that is not done."""
    names = list(found)
    place = names.index(latest)
    for name in [*names[place:], *names[:place]]:
        if found[name].passed < found[name].count:
            return name
    return ""
