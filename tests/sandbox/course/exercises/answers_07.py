"""What a learner of lesson 07 has at hand; links are written here."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from starlette.testclient import TestClient

from sandbox.certificates.links import Link, read_link, written
from sandbox.course.exercises.lesson_07 import ANSWERS as ANSWERS
from sandbox.course.exercises.lesson_07 import LEAKS as LEAKS
from sandbox.fhir.json import Json
from tests.sandbox.certificates.making import signed

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


OPENS = bytes(range(128, 160))
LINK = written(Link(f"https://salud.example/shl/{ID}", OPENS, int(end().timestamp()), "P", "IPS"))
SAID: Any = read_link(LINK)[0].content
PARTS: Json = {
    "where": SAID["url"], "opens": SAID["key"], "passcode": True, "until": datetime.fromtimestamp(SAID["exp"], UTC),
}  # fmt: skip


def parts(**said: Any) -> Json:
    """The answer to 7.1, with something else said."""
    return {"link": LINK, "parts": {**PARTS, **said}}


def signed_link(content: Any) -> str:
    """A signed link in the form of an event."""
    return signed(content, 5)


SCANNED = {
    "bare": LINK,
    "viewer": f"https://viewer.example/#{LINK}",
    "signed": signed_link([{"u": LINK}]),
}


def links(**taken: Any) -> Json:
    """The answer to 7.6, with something else taken out of some of the scanned."""
    return {"scanned": SCANNED, "links": {**dict.fromkeys(SCANNED, LINK), **taken}}


def plant(_: TestClient) -> None:
    """Nothing is needed of the server."""
