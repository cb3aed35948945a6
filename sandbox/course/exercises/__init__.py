"""The exercises by lesson; a new lesson is one line here, one file beside this one and one
catalogue per language.
"""

from __future__ import annotations

from importlib import import_module

from sandbox.course.exercise import ExerciseSet

# the module that knows all exercises of a lesson: where the open task stands apart, its own
LESSONS = {
    "00_welcome": "lesson_00",
    "01_fhir": "lesson_01_open",
    "02_ips": "lesson_02",
    "03_mhd": "lesson_03_open",
    "04_terminology": "lesson_04_open",
    "05_certificates": "lesson_05",
    "06_trust": "lesson_06",
    "07_links": "lesson_07",
    "08_workshop": "lesson_08",
    "09_rehearsal": "lesson_09",
    "10_event_systems": "lesson_10",
}


def exercises_of(lesson: str) -> ExerciseSet:
    """Returns the exercises of a lesson.

    Raises:
        LookupError: There is no such lesson; the message names those there are.
    """
    if lesson not in LESSONS:
        raise LookupError(f"{lesson}? {', '.join(LESSONS)}")
    # one lesson imports one file: those on certificates and the judge are slow to import
    exercises: ExerciseSet = import_module(f"sandbox.course.exercises.{LESSONS[lesson]}").EXERCISES
    return exercises
