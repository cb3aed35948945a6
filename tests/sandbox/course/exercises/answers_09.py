"""What a learner of lesson 09 has at hand: what the event's API answers, in short."""

from __future__ import annotations

from typing import Any

from starlette.testclient import TestClient

from sandbox.course.exercises.lesson_09 import FAILURE as FAILURE
from sandbox.course.exercises.lesson_09 import MAY as MAY
from sandbox.course.exercises.lesson_09 import NIGHT as NIGHT
from sandbox.course.exercises.lesson_09 import PARTNER as PARTNER
from sandbox.course.exercises.lesson_09 import PUBLISHED as PUBLISHED
from sandbox.course.exercises.lesson_09 import REQUIRED as REQUIRED
from sandbox.course.exercises.lesson_09 import STEPS as STEPS
from sandbox.course.exercises.lesson_09 import WALL as WALL

SYSTEM: dict[str, Any] = {
    "name": "salud-py",
    "base": "http://127.0.0.1:8400/fhir",
    "team": "Equipo Paraguay",
    "country": "PY",
    "actors": ["document-source"],
}
TASK = {"role": "source", "test": {"id": "1.4", "is_required": True}}


def wall(**steps: str) -> dict[str, list[str]]:
    """Returns the list for the wall of somebody who takes other steps."""
    made: dict[str, list[str]] = {}
    for verdict, step in {**STEPS, **steps}.items():
        made.setdefault(step, []).extend(NIGHT[verdict])
    return made


def may(**others: bool) -> dict[str, bool]:
    """Returns who may verify by somebody's function, which is wrong about those named."""
    return {name: word == "yes" for name, word in MAY.items()} | others


def plant(_: TestClient) -> None:
    """Nothing is needed of the server: what its API said stands in the answers."""
