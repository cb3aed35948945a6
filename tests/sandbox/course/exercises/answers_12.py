"""What a learner of lesson 12 has at hand: what the event answered, in short."""

from __future__ import annotations

from starlette.testclient import TestClient

from sandbox.course.exercises.lesson_12 import DECISIONS as DECISIONS
from sandbox.course.exercises.lesson_12 import QUEUE as QUEUE
from sandbox.course.exercises.lesson_12 import READ as READ

WORDS = (
    "SRC-13: attachment.hash no es el SHA-1 de los bytes enviados. "
    "Calcúlenlo sobre el Binary, envíen de nuevo y entreguen otra vez."
)


def plant(_: TestClient) -> None:
    """Nothing is needed of the server: what the event said stands in the answers."""
