"""The exercises by lesson; a new lesson is one line here, one file beside this one and one
catalogue per language.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

from sandbox.course.exercise import ExerciseSet
from sandbox.packs import CHECKS, HIDDEN, in_pack, pack_folder, pack_lessons

# the module that knows all exercises of a lesson: where the open task stands apart, its own
LESSONS = {
    "00_welcome": "lesson_00",
    "01_fhir": "lesson_01_open",
    "02_ips": "lesson_02_region",
    "03_mhd": "lesson_03_open",
    "04_terminology": "lesson_04_open",
    "05_certificates": "lesson_05_revoked",
    "06_trust": "lesson_06_uploads",
    "07_links": "lesson_07",
    "08_workshop": "lesson_08",
    "09_rehearsal": "lesson_09",
    "10_event_systems": "lesson_10",
    "11_wallet": "lesson_11_wallet",
    "12_monitor": "lesson_12",
    "13_identity": "lesson_13",
    "14_certificates": "lesson_14",
}


def exercises_of(lesson: str) -> ExerciseSet:
    """Returns the exercises of a lesson, with the hidden checks that a pack has for it.

    Raises:
        LookupError: There is no such lesson; the message names those there are.
        ValueError: A pack judges under an id that the lesson has already.
    """
    known = known_lessons()
    if lesson not in known:
        raise LookupError(f"{lesson}? {', '.join(known)}")
    return _exercises_of(lesson, pack_folder())


def known_lessons() -> list[str]:
    """Returns the names of all lessons: the project's, then those of the pack that is in use."""
    return [*LESSONS, *(name for name in pack_lessons() if name not in LESSONS)]


@cache
def _exercises_of(lesson: str, _pack: Path | None) -> ExerciseSet:
    if lesson in LESSONS:
        # one lesson imports one file: those on certificates and the judge are slow to import
        module = import_module(f"sandbox.course.exercises.{LESSONS[lesson]}")
        exercises: ExerciseSet = module.EXERCISES
    else:
        exercises = _set_in(in_pack(CHECKS, f"{lesson}.py")) or ExerciseSet(lesson)
    hidden = _set_in(in_pack(HIDDEN, f"{lesson}.py"))
    return exercises.joined(hidden) if hidden else exercises


def _set_in(file: Path | None) -> ExerciseSet | None:
    """Returns the set that a pack's file makes; None where there is no file."""
    spec = spec_from_file_location(f"pack_{file.parent.name}_{file.stem}", file) if file else None
    if spec is None or spec.loader is None:
        return None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    exercises: ExerciseSet = module.EXERCISES
    return exercises
