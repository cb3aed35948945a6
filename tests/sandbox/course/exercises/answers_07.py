"""What a learner of lesson 07 has at hand; links are written here."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from starlette.testclient import TestClient

from sandbox.certificates.links import Link, written
from sandbox.course.exercises.lesson_07 import ANSWERS as ANSWERS
from sandbox.course.exercises.lesson_07 import LEAKS as LEAKS
from sandbox.course.exercises.lesson_07 import PARTS as PARTS
from sandbox.course.exercises.lesson_07 import WHICH as WHICH
from sandbox.fhir.json import Json

ROSA = {
    "resourceType": "Patient",
    "name": [{"family": "Fuenzalida Painemal", "given": ["Rosa"]}],
    "identifier": [{"system": "urn:oid:2.16.152", "value": "48215377-1"}],
    "birthDate": "1958-03-21",
}
SUMMARY: Json = {"resourceType": "Bundle", "type": "document", "entry": [{"resource": ROSA}]}
OTHER: Json = {"resourceType": "Bundle", "type": "document", "entry": []}
ID = "A" * 43


def end(days: float = 2) -> datetime:
    return datetime.now(UTC) + timedelta(days=days)


def wish(**changed: Any) -> Json:
    held = {
        "content": SUMMARY,
        "passcode": "copihue-82",
        "expires": end().isoformat(),
        "label": "IPS",
    }
    return {**held, **changed}


def link(*, id: str = ID, days: float | None = 2, flag: str = "P", label: str = "IPS") -> str:
    expires = None if days is None else int(end(days).timestamp())
    return written(Link(f"https://salud.example/shl/{id}", bytes(32), expires, flag, label))


def plant(_: TestClient) -> None:
    """Nothing is needed of the server."""
